"""Calls of SQL functions over PostgREST, with the standard library alone.

A deferred answer's first step must not wait for an SDK to load (0.25 s, 0.9 s without bytecode),
so the queue's functions are called by this, and only the tables by the official client.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from lib.monitor import monitor
from lib.ports import Clock, StoreError
from lib.services.clock import SYSTEM_CLOCK
from lib.services.timed_connection import Deadline, TooLargeError, connection_to, read_body
from lib.settings import Secret

TIMEOUT_SECONDS: Final = 5.0
# U+0000 and lone surrogates, beside what only looks like one: escaped backslashes, and pairs.
_ESCAPES: Final = re.compile(r"(?P<kept>\\\\|\\ud[89ab]..\\ud[c-f]..)|\\u0000|\\ud[89a-f]..")


class PostgrestRpc:
    """`POST /rest/v1/rpc/<function>` on one project. Safe to use from several threads.

    `timeout_seconds` is what a call may take in all, however slowly its answer comes.
    """

    def __init__(
        self,
        url: str,
        key: Secret,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        parts = urlsplit(url)
        self._is_secure = parts.scheme == "https"
        self._host = parts.netloc
        self._path = parts.path.rstrip("/") + "/rest/v1/rpc/"
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._clock = clock

    def call(self, function: str, arguments: Mapping[str, object]) -> object:
        """What `function` returns, as JSON. Raises StoreError, never anything else."""
        try:
            with monitor(f"supabase.{function}", self._clock):
                status, body = self._post(function, _encoded(arguments))
        except TimeoutError as error:
            raise StoreError(function, "timed_out", "no answer in time") from error
        except TooLargeError as error:
            raise StoreError(function, "answer", "the answer is too large") from error
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(function, "unreachable", type(error).__name__) from error
        except (ValueError, RecursionError) as error:  # no host's name, or nothing that JSON knows
            raise StoreError(function, "client", type(error).__name__) from error
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise StoreError(function, str(status), "the answer is not JSON") from error
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(function, status, value)
        return value

    def _post(self, function: str, body: bytes) -> tuple[int, bytes]:
        deadline = Deadline(self._clock, self._timeout_seconds)
        context = self._context if self._is_secure else None
        with connection_to(self._host, context=context, deadline=deadline) as connection:
            connection.request("POST", self._path + function, body, self._headers())
            response = connection.getresponse()
            return response.status, read_body(response)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _headers(self) -> dict[str, str]:
        key = self._key.reveal()
        headers = {"apikey": key, "Content-Type": "application/json"}
        if not key.startswith("sb_"):  # the older keys are JWTs, and PostgREST wants to see them
            headers["Authorization"] = f"Bearer {key}"
        return headers


def _encoded(arguments: Mapping[str, object]) -> bytes:
    """The arguments as JSON, with U+FFFD for the characters that Postgres does not store."""
    return _ESCAPES.sub(
        lambda match: match["kept"] or r"\ufffd", json.dumps(arguments, default=str)
    ).encode()


def _refusal(function: str, status: int, value: object) -> StoreError:
    """Postgres' or PostgREST's own code and message; `details` may hold a row's values."""
    if isinstance(value, dict):
        return StoreError(
            function, str(value.get("code") or status), str(value.get("message") or "refused")
        )
    return StoreError(function, str(status), "refused")
