"""The local stack's keys and passwords: made once, kept in `.halley/keys.json` for the owner alone.

They protect nothing but this machine's own servers, and look like the hosted ones so that the
same code takes both.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path

JsonObject = dict[str, object]


class Role(StrEnum):
    """The database roles that a key can stand for, named as Supabase names them."""

    ANON = "anon"
    SERVICE = "service_role"


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _snowflake() -> str:
    return str(10**17 + secrets.randbelow(9 * 10**17))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalKeys:
    """Every local secret. A field that an older file lacks is made and added to it."""

    database_password: str = field(default_factory=_secret)
    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    publishable_key: str = field(default_factory=lambda: f"sb_publishable_{_secret()}")
    secret_key: str = field(default_factory=lambda: f"sb_secret_{_secret()}")
    cron_secret: str = field(default_factory=_secret)
    application_id: str = field(default_factory=_snowflake)
    bot_token: str = field(default_factory=lambda: f"local.{_secret()}")
    signing_key: str = field(default_factory=lambda: secrets.token_hex(32))  # an Ed25519 seed

    @classmethod
    def load_or_make(cls, path: Path) -> LocalKeys:
        """The keys that `path` holds; what is missing is made and written down."""
        names = {item.name for item in fields(cls)}
        try:
            kept = json.loads(path.read_text())
        except FileNotFoundError:
            kept = {}
        keys = cls(**{name: value for name, value in kept.items() if name in names})
        if asdict(keys) != kept:
            _write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
        return keys

    def role_token(self, role: Role) -> str:
        """The JWT by which PostgREST takes a request as `role`; also Supabase's legacy key."""
        return sign_jwt({"iss": "halley", "role": role.value}, secret=self.jwt_secret)


def sign_jwt(claims: JsonObject, *, secret: str) -> str:
    """`claims` as a JWT signed with HS256."""
    header = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _encode(json.dumps(claims, separators=(",", ":")).encode())
    return f"{header}.{body}.{_signature(f'{header}.{body}', secret)}"


def is_signed_with(token: str, *, secret: str) -> bool:
    """Whether `token` is a JWT that carries our signature."""
    signed, _, signature = token.rpartition(".")
    return signed.count(".") == 1 and hmac.compare_digest(
        signature.encode(), _signature(signed, secret).encode()
    )


def claims_of(token: str, *, secret: str, now: float) -> JsonObject | None:
    """What a JWT with our signature claims; None for any other, or one that is over at `now`.

    `now` is in seconds since 1970.
    """
    if not is_signed_with(token, secret=secret):
        return None
    body = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        ends = float(claims.get("exp", now + 1))
    except (ValueError, TypeError, AttributeError):
        return None
    return claims if ends > now else None


def _signature(signed: str, secret: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
