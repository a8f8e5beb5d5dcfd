"""The secret that opens what is not for everybody: `Authorization: Bearer CRON_SECRET`."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from flask import Response, jsonify, request

from lib.settings import Secret, Settings


def refusal(settings: Settings) -> Response | None:
    """What whoever has not the secret gets; None for those who have it."""
    if is_authorized(request.headers.get("Authorization"), settings.cron_secret):
        return None
    response = jsonify(error="wrong or missing bearer token")
    response.status_code = HTTPStatus.UNAUTHORIZED
    return response


def is_authorized(header: str | None, secret: Secret | None) -> bool:
    """Whether the Authorization header bears the secret; never, if no secret is set."""
    if header is None or secret is None:
        return False
    expected = f"Bearer {secret.reveal()}"
    # Bytes, for compare_digest takes no text outside ASCII; no header may make it fail.
    return hmac.compare_digest(header.encode(errors="surrogatepass"), expected.encode())
