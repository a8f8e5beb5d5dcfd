"""Timing: what takes longer than it should is a warning with its name, anything else a detail.

with monitor("discord.edit_original", clock):
    ...
"""

from __future__ import annotations

import math
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Final

from lib.logs import get_logger

if TYPE_CHECKING:  # a cold function has no use for the ports before Discord is answered
    from lib.ports.clock import Clock

log = get_logger(__name__)

SLOW_SECONDS: Final = 1.0
SLOW_MODEL_SECONDS: Final = 10.0
"""Until a model's first words: it thinks before them, and a second or two is what it always takes.
"""
SLOW_ANSWER_SECONDS: Final = 30.0
"""For an answer that Discord was told to wait for, which may be a model's, written word by word.
What it waits for beside that is timed by itself."""
AWAITED_UNTIL: Final[ContextVar[float]] = ContextVar("awaited_until", default=math.inf)
"""From which time of the clock on nobody waits for what this thread does: how long that takes is
news to nobody, and a thread that was frozen with its function may take hours."""


class monitor:  # noqa: N801 - reads as the statement it is: `with monitor("...", clock):`
    """Times what stands inside, whether it ends well or not."""

    __slots__ = ("_begun", "_clock", "_slow_seconds", "_what")

    def __init__(self, what: str, clock: Clock, *, slow_seconds: float = SLOW_SECONDS) -> None:
        self._what = what
        self._clock = clock
        self._slow_seconds = slow_seconds

    def __enter__(self) -> None:
        self._begun = self._clock.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        now = self._clock.monotonic()
        tell_time(
            self._what,
            now - self._begun,
            slow_seconds=self._slow_seconds,
            is_awaited=now <= AWAITED_UNTIL.get(),
        )


def tell_time(
    what: str, seconds: float, *, slow_seconds: float = SLOW_SECONDS, is_awaited: bool = True
) -> None:
    """A warning, if `what` took longer than `slow_seconds` and somebody waited for it."""
    ms = round(seconds * 1000)
    if is_awaited and seconds > slow_seconds:
        log.warning("slow", what=what, ms=ms)
    else:
        log.debug("timed", what=what, ms=ms)
