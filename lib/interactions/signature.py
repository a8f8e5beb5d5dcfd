"""Proof that a request came from Discord: Ed25519 over the timestamp and the raw body.

Source: https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint
"""

from __future__ import annotations

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from lib.interactions.errors import SignatureError

SIGNATURE_BYTES = 64
LONGEST_TIMESTAMP = 20
OLDEST_SECONDS = 300
"""How far a timestamp may be from now, either way: an older request may be a replay."""


class SignatureVerifier:
    """Checks requests against one application's public key (32 raw bytes)."""

    def __init__(self, public_key: bytes) -> None:
        self._key = VerifyKey(public_key)

    def verify(
        self, body: bytes, *, signature: str | None, timestamp: str | None, now: float
    ) -> None:
        """Return if Discord signed `body` at `timestamp`, within five minutes of `now`.

        `now` is in Unix seconds. Raises SignatureError for everything else: headers that are
        missing, short, long, not hexadecimal or not ASCII, and signatures that do not fit.
        """
        if not signature or not timestamp:
            raise SignatureError("a signature header is missing")
        if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > LONGEST_TIMESTAMP:
            raise SignatureError("the timestamp is not a number of seconds")
        if abs(now - int(timestamp)) > OLDEST_SECONDS:
            raise SignatureError("the timestamp is more than five minutes off")
        if len(signature) != 2 * SIGNATURE_BYTES or not signature.isascii():
            raise SignatureError("the signature has the wrong length")
        try:
            # fromhex skips white space; a signature with any comes out short, and PyNaCl raises
            # ValueError, not BadSignatureError, for a wrong length.
            self._key.verify(timestamp.encode() + body, bytes.fromhex(signature))
        except (BadSignatureError, ValueError) as error:
            raise SignatureError("the signature does not fit") from error
