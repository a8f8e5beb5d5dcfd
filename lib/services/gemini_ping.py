"""How far Gemini is: one question about the model, which costs nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from lib.monitor import monitor
from lib.ports import ChatModelError, ChatModelFailure, Clock
from lib.services.model_ping import ask_for_nothing

GOOGLE: Final = "https://generativelanguage.googleapis.com"
_FAILURES: Final = {
    HTTPStatus.BAD_REQUEST: ChatModelFailure.BAD_KEY,  # Google's word for a key that is none
    HTTPStatus.UNAUTHORIZED: ChatModelFailure.BAD_KEY,
    HTTPStatus.FORBIDDEN: ChatModelFailure.BAD_KEY,
    HTTPStatus.NOT_FOUND: ChatModelFailure.UNKNOWN_MODEL,
    HTTPStatus.TOO_MANY_REQUESTS: ChatModelFailure.RATE_LIMITED,
}


def measure_ping_ms(base_url: str | None, *, api_key: str, model: str, clock: Clock) -> int:
    """The round trip in ms. Raises ChatModelError. Source: https://ai.google.dev/api/models"""
    name = model if "/" in model else f"models/{model}"
    url = f"{(base_url or GOOGLE).rstrip('/')}/v1beta/{name}"
    with monitor("gemini.ping", clock):
        status, elapsed_ms = ask_for_nothing(url, headers={"x-goog-api-key": api_key}, clock=clock)
    if status != HTTPStatus.OK:
        failure = next((f for code, f in _FAILURES.items() if code == status), None)
        raise ChatModelError(failure or ChatModelFailure.OVERLOADED, f"HTTP {status}")
    return elapsed_ms
