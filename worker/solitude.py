"""How long nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Solitude:
    """Calls `on_end` once nobody has listened for so many seconds on end."""

    def __init__(self, seconds: float, on_end: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_end = on_end
        self._timer: asyncio.TimerHandle | None = None

    def note(self, *, is_alone: bool) -> None:
        """Somebody came or went, or it is of no matter any more."""
        if self._timer is not None and not is_alone:
            self._timer.cancel()
            self._timer = None
        elif self._timer is None and is_alone:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._on_end)
