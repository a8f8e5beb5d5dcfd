"""Time, and work that may wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # `/ask` loads this module before Discord is answered
    from datetime import datetime


class Clock(Protocol):
    """Time, passed in so that tests own it."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Wait that long; nothing happens for zero or less."""


class Background(Protocol):
    """A place for work that must not delay the answer."""

    def submit(self, work: Callable[[], None]) -> None:
        """Have `work` done after the response has left (or at once, in the inline twin)."""
