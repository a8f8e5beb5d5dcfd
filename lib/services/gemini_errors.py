"""What the Gemini SDK raises, told as a `ChatModelError`.

By its codes alone (see model_failures): a message may quote the prompt, and the one for a
suspended key names the key ("Consumer 'api_key:...' has been suspended").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from lib.ports import ChatModelError, ChatModelFailure, Usage
from lib.services.model_failures import (
    TRUSTED_FROM_ANYBODY,
    as_mapping,
    no_answer,
    unreachable,
    words_of_shape,
)

# https://ai.google.dev/gemini-api/docs/troubleshooting
_BY_STATUS: Final = {
    401: ChatModelFailure.BAD_KEY,
    403: ChatModelFailure.BAD_KEY,
    404: ChatModelFailure.UNKNOWN_MODEL,
    408: ChatModelFailure.TIMED_OUT,
    429: ChatModelFailure.RATE_LIMITED,
    500: ChatModelFailure.OVERLOADED,
    503: ChatModelFailure.OVERLOADED,
    504: ChatModelFailure.TIMED_OUT,
}

# What codes look like. No sentence has these shapes and no API key, old (AIza...) or new (AQ....).
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_QUOTA: Final = re.compile(r"(?:[A-Z][a-z]{1,20}){1,12}(?:-(?:[A-Z][a-z]{1,20}){1,4})?")
_FIELD: Final = re.compile(r"[a-z][A-Za-z0-9_.\[\]]{0,99}")
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def translate(
    exc: Exception, *, usage: Usage | None
) -> tuple[ChatModelError, BaseException | None]:
    """What `exc`, raised by the SDK or by the HTTP client below it, means to the caller.

    Returns the error to raise, and the cause that may stand behind it in a traceback, if any.
    `usage` is what the call had cost by then, if that is known.
    """
    from google.genai import errors

    if isinstance(exc, errors.APIError):
        return _refusal(exc.code, exc.details, usage=usage), None
    return no_answer(exc, usage=usage)


def _refusal(code: object, details: object, *, usage: Usage | None) -> ChatModelError:
    """An HTTP status other than 200, or an error that came as a piece of the stream."""
    error = as_mapping(as_mapping(details).get("error"))
    infos = [as_mapping(info) for info in _list(error.get("details"))]
    if not error and code not in TRUSTED_FROM_ANYBODY:
        return unreachable(f"HTTP {code} from something that is not Gemini", usage=usage)
    reasons = [str(info.get("reason", "")) for info in infos]
    failure = _BY_STATUS.get(code) if isinstance(code, int) else None
    if code == HTTPStatus.BAD_REQUEST and any(reason.startswith("API_KEY_") for reason in reasons):
        failure = ChatModelFailure.BAD_KEY
    if failure is None:
        server_side = isinstance(code, int) and code >= HTTPStatus.INTERNAL_SERVER_ERROR
        failure = ChatModelFailure.OVERLOADED if server_side else ChatModelFailure.REFUSED_REQUEST
    words = [f"HTTP {code}", *words_of_shape([error.get("status"), *reasons], _CONSTANT)]
    words += words_of_shape(_violated(infos, "quotaId"), _QUOTA)
    words += words_of_shape(_violated(infos, "field"), _FIELD)
    return ChatModelError(
        failure, " ".join(words), retry_after_seconds=_retry_delay(infos), usage=usage
    )


def _retry_delay(infos: Iterable[Mapping[str, object]]) -> float | None:
    """`RetryInfo.retryDelay` in seconds: a protobuf duration in JSON, such as `"34.5s"`."""
    for info in infos:
        if str(info.get("@type", "")).endswith("google.rpc.RetryInfo"):
            duration = _DURATION.fullmatch(str(info.get("retryDelay", "")))
            if duration:
                return float(duration[1])
    return None


def _violated(infos: Iterable[Mapping[str, object]], key: str) -> list[object]:
    """That key of each violation in QuotaFailure and BadRequest."""
    return [
        as_mapping(violation).get(key)
        for info in infos
        for name in ("violations", "fieldViolations")
        for violation in _list(info.get(name))
    ]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
