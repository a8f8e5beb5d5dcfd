"""A session of the local admin's, had without a page."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import requests

from dev.auth import AUTH_PREFIX
from tests.dashboard.served import Dashboard

PATIENCE_SECONDS = 60


def storage_key(dashboard: Dashboard) -> str:
    """Under which supabase-js keeps the session in localStorage."""
    host = urlsplit(dashboard.supabase.url).hostname or ""
    return f"sb-{host.partition('.')[0]}-auth-token"


def new_session(dashboard: Dashboard) -> str:
    """A session of its own each time, as supabase-js keeps it: JSON, good for an hour.

    It comes the way the page's does, by an authorization and the exchange of its code. Raises
    AssertionError where the sign-in refuses.
    """
    auth = f"{dashboard.supabase.url}{AUTH_PREFIX}"
    verifier = secrets.token_urlsafe(48)
    proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    led = requests.get(
        f"{auth}/authorize",
        params={
            "provider": "discord",
            "redirect_to": dashboard.url,
            "code_challenge": proof.decode(),
            "code_challenge_method": "s256",
        },
        allow_redirects=False,
        timeout=PATIENCE_SECONDS,
    )
    assert led.is_redirect, led.text
    (code,) = parse_qs(urlsplit(led.headers["Location"]).query)["code"]
    given = requests.post(
        f"{auth}/token",
        params={"grant_type": "pkce"},
        headers={"apikey": dashboard.supabase.keys.publishable_key},
        json={"auth_code": code, "code_verifier": verifier},
        timeout=PATIENCE_SECONDS,
    )
    assert given.ok, given.text
    return given.text
