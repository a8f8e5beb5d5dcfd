"""What the OpenAI SDK raises, told as a `ChatModelError`.

By its codes alone (see model_failures): a message may quote the prompt or the key.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from lib.ports import ChatModelError, ChatModelFailure, Usage
from lib.services.model_failures import (
    TRUSTED_FROM_ANYBODY,
    as_mapping,
    no_answer,
    unreachable,
    words_of_shape,
)

if TYPE_CHECKING:
    from openai import APIStatusError

# https://platform.openai.com/docs/guides/error-codes
_BY_STATUS: Final = {
    401: ChatModelFailure.BAD_KEY,
    402: ChatModelFailure.RATE_LIMITED,  # no credit is left: OpenRouter, DeepSeek
    403: ChatModelFailure.BAD_KEY,
    404: ChatModelFailure.UNKNOWN_MODEL,
    408: ChatModelFailure.TIMED_OUT,
    429: ChatModelFailure.RATE_LIMITED,
    504: ChatModelFailure.TIMED_OUT,
}
# These say more than the status that they come with, or come in the stream without any.
_BY_CODE: Final = {
    "invalid_api_key": ChatModelFailure.BAD_KEY,
    "model_not_found": ChatModelFailure.UNKNOWN_MODEL,
    "content_filter": ChatModelFailure.BLOCKED,
    "content_policy_violation": ChatModelFailure.BLOCKED,
    "context_length_exceeded": ChatModelFailure.REFUSED_REQUEST,
    "unsupported_country_region_territory": ChatModelFailure.REFUSED_REQUEST,
    "insufficient_quota": ChatModelFailure.RATE_LIMITED,
    "rate_limit_exceeded": ChatModelFailure.RATE_LIMITED,
    "rate_limit_error": ChatModelFailure.RATE_LIMITED,
}
_PARAMETERS: Final = ("stream_options", "max_completion_tokens", "max_tokens")

# What codes look like: no sentence has these shapes, and no key that is worth the name.
_CODE: Final = re.compile(r"[a-z]{2,20}(?:_[a-z]{1,20}){1,5}")
_FIELD: Final = re.compile(r"messages(?:\.?\[\d{1,4}\](?:\.[a-z_]{1,20})?){0,3}")
_LONGEST_ADVICE_SECONDS: Final = 7 * 24 * 3600


def translate(
    exc: Exception, *, usage: Usage | None, now: datetime
) -> tuple[ChatModelError, BaseException | None]:
    """What `exc`, raised by the SDK, by what is below it or by an odd answer, means to the caller.

    Returns the error to raise, and the cause that may stand behind it in a traceback, if any.
    `usage` is what the call had cost by then, if that is known; `now` is what a date in
    Retry-After counts from.
    """
    import openai

    match exc:
        case ChatModelError():
            return exc, None
        case openai.APIStatusError():
            return _refusal(exc, usage=usage, now=now), None
        case openai.APIConnectionError():
            return no_answer(exc.__cause__, usage=usage)
        case openai.APIError():
            return _broken_off(as_mapping(exc.body), usage=usage), None
        case _:
            return no_answer(exc, usage=usage)


def refused_parameters(refusal: APIStatusError) -> frozenset[str]:
    """Those of our parameters that a refusal names anywhere, as every server has words of its own
    for one that it does not know.
    """
    words = set(re.findall(r"[a-z_]+", refusal.response.text))
    return frozenset(words.intersection(_PARAMETERS))


def _refusal(exc: APIStatusError, *, usage: Usage | None, now: datetime) -> ChatModelError:
    """An HTTP status other than 200."""
    status = exc.status_code
    error = _told(exc.response.text)
    is_api = error is not None and status >= HTTPStatus.BAD_REQUEST
    if not is_api and status not in TRUSTED_FROM_ANYBODY:
        return unreachable(f"HTTP {status} from something that is no such API", usage=usage)
    codes = _codes(error or {})
    return ChatModelError(
        _by_code(codes) or _by_status(status),
        " ".join([f"HTTP {status}", *codes, *words_of_shape([(error or {}).get("param")], _FIELD)]),
        retry_after_seconds=_retry_after(exc.response.headers.get, now=now),
        usage=usage,
    )


def _broken_off(error: Mapping[str, object], *, usage: Usage | None) -> ChatModelError:
    """An error that came as a piece of the stream, with a status in it or not."""
    codes = _codes(error)
    status = next((v for v in (error.get("code"), error.get("status")) if _is_status(v)), None)
    failure = _by_code(codes)
    if failure is None and status is not None:
        failure = _by_status(int(str(status)))
    if failure is None and "invalid_request_error" in codes:
        failure = ChatModelFailure.REFUSED_REQUEST
    words = [f"HTTP {status}"] if status is not None else []
    return ChatModelError(
        # The server had begun to answer, so the fault is its own unless it says otherwise.
        failure or ChatModelFailure.OVERLOADED,
        " ".join(["error in the stream", *words, *codes]),
        usage=usage,
    )


def _told(text: str) -> Mapping[str, object] | None:
    """What a body says of the error; None: no API wrote it.

    Most have it under "error", as an object or a sentence; some put it at the top (Mistral), or
    into a list of one (Google).
    """
    try:
        body = json.loads(text)
    except ValueError:
        return None
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        return None
    return as_mapping(body.get("error", body))


def _codes(error: Mapping[str, object]) -> list[str]:
    """Its codes, each once."""
    found = words_of_shape([error.get("type"), error.get("code")], _CODE)
    return list(dict.fromkeys(found))


def _by_code(codes: list[str]) -> ChatModelFailure | None:
    # The last is the most precise: a type is a family of codes.
    return next((_BY_CODE[code] for code in reversed(codes) if code in _BY_CODE), None)


def _by_status(status: int) -> ChatModelFailure:
    server_side = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    otherwise = ChatModelFailure.OVERLOADED if server_side else ChatModelFailure.REFUSED_REQUEST
    return _BY_STATUS.get(status, otherwise)


def _is_status(value: object) -> bool:
    return re.fullmatch(r"[45]\d\d", str(value)) is not None


def _retry_after(header: Callable[[str], str | None], *, now: datetime) -> float | None:
    """The wait that the headers advise, in seconds; None for advice that is none.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, and OpenAI's own in milliseconds.
    """
    if (milliseconds := header("retry-after-ms")) is not None:
        found = _number(milliseconds)
        seconds = None if found is None else found / 1000
    elif (told := header("retry-after")) is not None:
        seconds = _number(told)
        seconds = _seconds_until(told, now) if seconds is None else seconds
    else:
        return None
    if seconds is None or not 0 <= seconds <= _LONGEST_ADVICE_SECONDS:
        return None
    return seconds


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
