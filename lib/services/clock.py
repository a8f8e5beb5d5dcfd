"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final


class SystemClock:
    """Clock on the machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


SYSTEM_CLOCK: Final = SystemClock()
"""It has no state, so one serves all."""
