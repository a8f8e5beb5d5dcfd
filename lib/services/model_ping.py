"""How far a provider is: one question that costs nothing.

By the standard library, since loading an SDK alone would take longer than whoever asks can wait.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from lib.ports import ChatModelError, ChatModelFailure, Clock
from lib.services.timed_connection import Deadline, connection_to

TIMEOUT_SECONDS: Final = 1.5


def ask_for_nothing(url: str, *, headers: Mapping[str, str], clock: Clock) -> tuple[int, int]:
    """The status that a GET of `url` gets, and the round trip in ms. Raises ChatModelError."""
    begun = clock.monotonic()
    try:
        parts = urlsplit(url)
        context = ssl.create_default_context() if parts.scheme == "https" else None
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        with connection_to(
            parts.netloc, context=context, deadline=Deadline(clock, TIMEOUT_SECONDS)
        ) as connection:
            connection.request("GET", path, headers=dict(headers))
            status = connection.getresponse().status
    except TimeoutError:
        raise ChatModelError(ChatModelFailure.TIMED_OUT, "no answer in time") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ChatModelError(ChatModelFailure.UNREACHABLE, type(error).__name__) from None
    return status, round((clock.monotonic() - begun) * 1000)
