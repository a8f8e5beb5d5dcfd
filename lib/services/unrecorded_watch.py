"""The Watch where no database is set: nothing is kept, and there is nothing to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from lib.ports import (
    Clock,
    CommandCount,
    HealthReading,
    LoggedInteraction,
    MeanReading,
    Record,
    Recorded,
    Window,
    WindowAt,
)

NOTHING = Window(
    executed=0,
    errors=0,
    error_rate=0.0,
    mean_ms=None,
    p50_ms=None,
    p95_ms=None,
    p99_ms=None,
    acknowledged_p50_ms=None,
    acknowledged_p95_ms=None,
    acknowledged_p99_ms=None,
    cold_starts=0,
    is_slow=False,
)


class UnrecordedWatch:
    """A Watch (see lib.ports) that keeps nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def record(self, record: Record) -> Recorded:
        return Recorded(enqueued=0)

    def read_health(self, *, deployment: str) -> HealthReading:
        return HealthReading(
            now=self._clock.now(),
            deployed_at=None,
            queue_depth=0,
            oldest_seconds=None,
            schedules=(),
            heartbeats=(),
            findings=(),
            window=NOTHING,
        )

    def read_window(self, *, last: int | None = None, within: timedelta | None = None) -> Window:
        return NOTHING

    def read_windows(self, *, within: timedelta, width: timedelta) -> list[WindowAt]:
        return []

    def read_stats(self, *, within: timedelta, width: timedelta) -> list[MeanReading]:
        return []

    def read_counts(self) -> list[CommandCount]:
        return []

    def read_slowest(self, *, limit: int, within: timedelta) -> list[LoggedInteraction]:
        return []

    def read_errors(self, *, limit: int) -> list[LoggedInteraction]:
        return []

    def set_log_level(self, *, level: str | None, seconds: int) -> None:
        """There is nobody to tell."""

    def roll_up_stats(self) -> int:
        return 0

    def delete_old_rows(self, *, limit: int) -> Mapping[str, int]:
        return {}
