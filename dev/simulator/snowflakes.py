"""Discord's ids: a time in milliseconds since 2015, 10 bits of worker, 12 bits of counter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def time_of(snowflake: str) -> datetime:
    """When an id was made, in UTC."""
    return EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


class SnowflakeSource:
    """Gives ids that grow with every call, carrying the injected clock's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> str:
        milliseconds = (self._clock() - EPOCH) // timedelta(milliseconds=1)
        self._last = max(self._last + 1, milliseconds << 22)
        return str(self._last)


def timestamp(moment: datetime) -> str:
    """A time as Discord writes it: ISO 8601 with microseconds and offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
