"""What the chat models' adapters say alike: of time, of the network, and of what may be told.

No text of a provider goes into a `ChatModelError`, only its codes: a message may quote the request,
and with it the prompt or the key. For the same reason no SDK's exception is chained, for its text
is that message, or the raw answer. Only what the socket said is chained, for it knows neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from lib.ports import ChatModelError, ChatModelFailure, Usage

# These mean the same whoever says them; any other page that is not the provider's own JSON comes
# from something in between, and what that thinks of the key or the model tells nothing about them.
TRUSTED_FROM_ANYBODY: Final = frozenset({429, 503, 504})
_HEADER_VALUE: Final = re.compile(r"[!-~]+")


def timed_out(what: str, *, usage: Usage | None) -> ChatModelError:
    """The deadline ended the call."""
    return ChatModelError(ChatModelFailure.TIMED_OUT, f"out of time ({what})", usage=usage)


def unreachable(detail: str, *, usage: Usage | None) -> ChatModelError:
    """What answered was not the provider, or nothing did."""
    return ChatModelError(ChatModelFailure.UNREACHABLE, detail, usage=usage)


def no_answer(
    exc: BaseException | None, *, usage: Usage | None
) -> tuple[ChatModelError, BaseException | None]:
    """What `exc` of httpx2 or of plain Python means: the error to raise, and the cause that may
    stand behind it in a traceback, if any.
    """
    import httpx2

    match exc:
        case httpx2.TimeoutException():
            return timed_out(type(exc).__name__, usage=usage), None
        case httpx2.NetworkError():
            return unreachable(f"{type(exc).__name__}: {exc}", usage=usage), exc
        case _:
            # Not the provider: HTML, broken JSON, a broken stream, JSON in another shape.
            return unreachable(f"no readable answer ({type(exc).__name__})", usage=usage), None


def require_header_value(api_key: str) -> None:
    """Refuse what can never be a key, and what the HTTP client would quote in its error."""
    if not _HEADER_VALUE.fullmatch(api_key):
        raise ChatModelError(ChatModelFailure.BAD_KEY, "the key is empty or no header can carry it")


def well_formed(text: str) -> str:
    """`text` with half a surrogate pair, which JSON allows and UTF-8 does not, shown as "?"."""
    return text.encode(errors="replace").decode()


def words_of_shape(candidates: Iterable[object], shape: re.Pattern[str]) -> list[str]:
    """Those of the provider's words that are codes and can be no sentence and no key."""
    return [word for word in candidates if isinstance(word, str) and shape.fullmatch(word)]


def as_mapping(value: object) -> Mapping[str, object]:
    """`value`, or an empty mapping if it is none."""
    return value if isinstance(value, dict) else {}
