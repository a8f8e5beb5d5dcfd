"""How far Gemini is: one question about the model, which costs nothing.

By the standard library, since loading the SDK alone would take longer than whoever asks can wait.
"""

from __future__ import annotations

import http.client
import ssl
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from lib.monitor import monitor
from lib.ports import ChatModelError, ChatModelFailure, Clock
from lib.services.timed_connection import Deadline, connection_to

GOOGLE: Final = "https://generativelanguage.googleapis.com"
TIMEOUT_SECONDS: Final = 1.5
_FAILURES: Final = {
    HTTPStatus.BAD_REQUEST: ChatModelFailure.BAD_KEY,  # Google's word for a key that is none
    HTTPStatus.UNAUTHORIZED: ChatModelFailure.BAD_KEY,
    HTTPStatus.FORBIDDEN: ChatModelFailure.BAD_KEY,
    HTTPStatus.NOT_FOUND: ChatModelFailure.UNKNOWN_MODEL,
    HTTPStatus.TOO_MANY_REQUESTS: ChatModelFailure.RATE_LIMITED,
}


def measure_ping_ms(base_url: str | None, *, api_key: str, model: str, clock: Clock) -> int:
    """The round trip in ms. Raises ChatModelError. Source: https://ai.google.dev/api/models"""
    parts = urlsplit(base_url or GOOGLE)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    name = model if "/" in model else f"models/{model}"
    begun = clock.monotonic()
    try:
        path = f"{parts.path.rstrip('/')}/v1beta/{name}"
        with (
            monitor("gemini.ping", clock),
            connection_to(
                parts.netloc, context=context, deadline=Deadline(clock, TIMEOUT_SECONDS)
            ) as connection,
        ):
            connection.request("GET", path, headers={"x-goog-api-key": api_key})
            status = connection.getresponse().status
    except TimeoutError:
        raise ChatModelError(ChatModelFailure.TIMED_OUT, "no answer in time") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ChatModelError(ChatModelFailure.UNREACHABLE, type(error).__name__) from None
    if status != HTTPStatus.OK:
        failure = next((f for code, f in _FAILURES.items() if code == status), None)
        raise ChatModelError(failure or ChatModelFailure.OVERLOADED, f"HTTP {status}")
    return round((clock.monotonic() - begun) * 1000)
