"""Timing: what takes longer than a second is a warning with its name.

with monitor("discord.edit_original", clock):
    ...
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Final

from lib.logs import get_logger

if TYPE_CHECKING:  # a cold function has no use for the ports before Discord is answered
    from lib.ports.clock import Clock

log = get_logger(__name__)

SLOW_SECONDS: Final = 1.0


class monitor:  # noqa: N801 - reads as the statement it is: `with monitor("...", clock):`
    """Times what stands inside, whether it ends well or not."""

    __slots__ = ("_begun", "_clock", "_what")

    def __init__(self, what: str, clock: Clock) -> None:
        self._what = what
        self._clock = clock

    def __enter__(self) -> None:
        self._begun = self._clock.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        warn_if_slow(self._what, self._clock.monotonic() - self._begun)


def warn_if_slow(what: str, seconds: float) -> None:
    """A warning, if `what` took longer than SLOW_SECONDS."""
    if seconds > SLOW_SECONDS:
        log.warning("slow", what=what, ms=round(seconds * 1000))
