"""Discord's signature over an interaction: Ed25519 over the timestamp and the raw body."""

from __future__ import annotations

from nacl.encoding import HexEncoder
from nacl.signing import SigningKey


class Signer:
    """Signs bodies with the local key; the key itself is never handed out."""

    def __init__(self, seed: str) -> None:
        self._key = SigningKey(seed.encode(), encoder=HexEncoder)

    @property
    def public_key(self) -> str:
        """The public key as the bot's settings want it: 64 hexadecimal digits."""
        return self._key.verify_key.encode(encoder=HexEncoder).decode()

    def headers(self, body: bytes, *, timestamp: int, wrongly: bool = False) -> dict[str, str]:
        """The signature headers for a body; with `wrongly`, for a body one byte longer."""
        signed = f"{timestamp}".encode() + body + (b" " if wrongly else b"")
        return {
            "X-Signature-Ed25519": self._key.sign(signed).signature.hex(),
            "X-Signature-Timestamp": f"{timestamp}",
        }
