"""GET /config.json: what the dashboard's page needs to find its database. None of it is secret."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final

from flask import Blueprint, Response, jsonify

from lib.logs import get_logger
from lib.settings import Settings
from lib.version import VERSION

log = get_logger(__name__)

PUBLISHABLE_PREFIX: Final = "sb_publishable_"
ANON_ROLE: Final = "anon"


def create_config(settings: Settings) -> Blueprint:
    """The project's address and publishable key (null where they are not set), and the time zone.

    A key of another kind never leaves, whatever variable it stands in.
    """
    config = Blueprint("config", __name__)

    @config.get("/config.json")
    def show() -> Response:
        given = settings.supabase_publishable_key
        key = None if given is None else given.reveal()
        if key is not None and not is_publishable(key):
            log.warning(
                "publishable_key_withheld",
                hint="what SUPABASE_PUBLISHABLE_KEY (or SUPABASE_ANON_KEY) holds is no publishable"
                " key; the dashboard needs one (Supabase: Project Settings, API Keys)",
            )
            key = None
        response = jsonify(
            supabase_url=settings.supabase_url,
            publishable_key=key,
            timezone=settings.timezone,
            version=VERSION,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return config


def is_publishable(key: str) -> bool:
    """Whether anybody may know `key`: one of the new kind, or the older kind's JWT of `anon`."""
    return key.startswith(PUBLISHABLE_PREFIX) or _role_of(key) == ANON_ROLE


def _role_of(token: str) -> str | None:
    """The role that a JWT is for, unverified; None for anything else."""
    _, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None
    role = claims.get("role") if isinstance(claims, dict) and signature else None
    return role if isinstance(role, str) else None
