"""The one request that all are measured with: a signed `/ping`, as large as Discord sends them."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from nacl.signing import SigningKey

from bench.contender import Request

PAYLOAD: Final[dict[str, Any]] = {
    "app_permissions": "562949953601536",
    "application_id": "1100000000000000001",
    "attachment_size_limit": 10485760,
    "authorizing_integration_owners": {"0": "1100000000000000002"},
    "channel": {
        "flags": 0,
        "guild_id": "1100000000000000002",
        "id": "1100000000000000003",
        "last_message_id": "1100000000000000004",
        "name": "general",
        "nsfw": False,
        "parent_id": "1100000000000000005",
        "permissions": "2248473465835073",
        "position": 0,
        "rate_limit_per_user": 0,
        "topic": None,
        "type": 0,
    },
    "channel_id": "1100000000000000003",
    "context": 0,
    "data": {"id": "1100000000000000006", "name": "ping", "type": 1},
    "entitlement_sku_ids": [],
    "entitlements": [],
    "guild": {
        "features": ["COMMUNITY", "NEWS", "SOUNDBOARD", "INVITE_SPLASH"],
        "id": "1100000000000000002",
        "locale": "en-US",
    },
    "guild_id": "1100000000000000002",
    "guild_locale": "en-US",
    "id": "1400000000000000007",
    "locale": "en-US",
    "member": {
        "avatar": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": None,
        "deaf": False,
        "flags": 0,
        "joined_at": "2024-01-01T00:00:00.000000+00:00",
        "mute": False,
        "nick": None,
        "pending": False,
        "permissions": "2248473465835073",
        "premium_since": None,
        "roles": ["1100000000000000008"],
        "unusual_dm_activity_until": None,
        "user": {
            "avatar": "0123456789abcdef0123456789abcdef",
            "avatar_decoration_data": None,
            "clan": None,
            "collectibles": None,
            "discriminator": "0",
            "global_name": "Edmond",
            "id": "1100000000000000009",
            "primary_guild": None,
            "public_flags": 0,
            "username": "edmond",
        },
    },
    "token": "x" * 200,
    "type": 2,
    "version": 1,
}
BODY: Final = json.dumps(PAYLOAD, separators=(",", ":")).encode()


class Discord:
    """Signs the request anew whenever one is needed: an old one is refused, and rightly so."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()

    @property
    def public_key(self) -> str:
        """Hexadecimal, as DISCORD_PUBLIC_KEY holds it."""
        return self._key.verify_key.encode().hex()

    def request(self) -> Request:
        """The request, signed now."""
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + BODY).signature.hex()
        return Request(BODY, signature, timestamp)
