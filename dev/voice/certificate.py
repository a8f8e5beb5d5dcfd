"""The certificate of the local voice server: voice websockets are always wss."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST: Final = "127.0.0.1"
_VALID_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate made for this run.

    `bundle` is the file that SSL_CERT_FILE gives to clients: the machine's own authorities, and
    the certificate beside them.
    """

    context: ssl.SSLContext
    bundle: Path


def make_certificate(folder: Path) -> Certificate:
    """A self-signed certificate for 127.0.0.1, its files in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    served = folder / "voice-server.pem"
    served.touch(mode=0o600)
    served.write_bytes(private + public)
    bundle = folder / "authorities.pem"
    bundle.write_bytes(_authorities() + public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served)
    return Certificate(context, bundle)


def _authorities() -> bytes:
    known = ssl.get_default_verify_paths().cafile
    return Path(known).read_bytes() + b"\n" if known else b""
