"""Voice packets on the wire: RTP headers, transport encryption, and IP discovery."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

SAMPLES_PER_SECOND: Final = 48_000
SAMPLES_PER_PACKET: Final = 960
PACKET_SECONDS: Final = SAMPLES_PER_PACKET / SAMPLES_PER_SECOND
_HEADER_BYTES: Final = 12
_NONCE_BYTES: Final = 4
_TAG_BYTES: Final = 16
_RTP_VERSION: Final = 2
_OPUS_PAYLOAD: Final = 0x78
_RECEIVER_REPORT: Final = 201
_EXTENSION: Final = 0x10
_DISCOVERY: Final = struct.Struct(">HHI64sH")
_DISCOVERY_REQUEST: Final = 1
_DISCOVERY_RESPONSE: Final = 2
_DISCOVERY_LENGTH: Final = 70


class Mode(StrEnum):
    """The ways of transport encryption that Discord still offers."""

    AES_GCM = "aead_aes256_gcm_rtpsize"
    XCHACHA = "aead_xchacha20_poly1305_rtpsize"


class PacketError(ValueError):
    """A datagram that is no voice packet of ours, or cannot be decrypted."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an RTP packet says in the clear. `size` counts its bytes that are authenticated."""

    sequence: int
    timestamp: int
    ssrc: int
    size: int
    has_extension: bool

    @classmethod
    def of(cls, datagram: bytes) -> Header:
        if len(datagram) < _HEADER_BYTES + _TAG_BYTES + _NONCE_BYTES:
            raise PacketError("too short")
        first, payload, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", datagram)
        if first >> 6 != _RTP_VERSION or payload & 0x7F != _OPUS_PAYLOAD:
            raise PacketError("no RTP packet of Opus")
        has_extension = bool(first & _EXTENSION)
        size = _HEADER_BYTES + 4 * (first & 0x0F) + (4 if has_extension else 0)
        return cls(sequence, timestamp, ssrc, size, has_extension)


def decrypt(datagram: bytes, header: Header, *, key: bytes, mode: Mode) -> bytes:
    """The payload of a packet, with whatever end-to-end encryption is still on it."""
    clear, sealed = datagram[: header.size], datagram[header.size : -_NONCE_BYTES]
    nonce = datagram[-_NONCE_BYTES:]
    try:
        if mode is Mode.AES_GCM:
            payload = AESGCM(key).decrypt(nonce.ljust(12, b"\0"), sealed, clear)
        else:
            payload = crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed, clear, nonce.ljust(24, b"\0"), key
            )
    except (CryptoError, InvalidTag, ValueError) as error:
        raise PacketError("cannot be decrypted") from error
    if header.has_extension:  # its head is in the clear, its words are not
        words = struct.unpack_from(">H", clear, header.size - 2)[0]
        return payload[4 * words :]
    return payload


def receiver_report(header: Header, number: int, *, key: bytes, mode: Mode) -> bytes:
    """What the server tells a sender now and then: RTCP's report that its packets arrive.

    Of use to a client beyond its content: without anything to receive, discord.py's reader goes on
    waiting at the socket of a connection that is over, and hears nothing on the next one.
    """
    words = 7  # the report's length without its first word
    clear = struct.pack(">BBHI", _RTP_VERSION << 6 | 1, _RECEIVER_REPORT, words, 0)
    block = struct.pack(">IIIIII", header.ssrc, 0, header.sequence, 0, 0, 0)
    nonce = struct.pack(">I", number)
    if mode is Mode.AES_GCM:
        sealed = AESGCM(key).encrypt(nonce.ljust(12, b"\0"), block, clear)
    else:
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(
            block, clear, nonce.ljust(24, b"\0"), key
        )
    return clear + sealed + nonce


def is_discovery(datagram: bytes) -> bool:
    """Whether a client asks by which address it is seen."""
    if len(datagram) != _DISCOVERY.size:
        return False
    kind, length = struct.unpack_from(">HH", datagram)
    return bool(kind == _DISCOVERY_REQUEST and length == _DISCOVERY_LENGTH)


def discovered(datagram: bytes, address: tuple[str, int]) -> bytes:
    """The answer to IP discovery."""
    _, _, ssrc, _, _ = _DISCOVERY.unpack(datagram)
    host, port = address
    return _DISCOVERY.pack(_DISCOVERY_RESPONSE, _DISCOVERY_LENGTH, ssrc, host.encode("ascii"), port)
