"""Scheduled work: what there is, when it runs, and what is due at a moment.

Ticks come late, twice or not at all. So nothing here counts on one: what is due is a function of
the time alone, each slot has a key that is the same whoever computes it, and the database makes
one row of it however often it is asked to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from lib.ports import Slot, Tick

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
LOOK_BACK: Final = timedelta(days=7)
"""How far back missed slots are caught up: less than finished rows are kept, whose keys tell that
a slot was done."""


class Missed(StrEnum):
    """What becomes of slots that no tick came for: none, the last of them, or all."""

    SKIPPED = "skipped"
    LAST = "last"
    ALL = "all"


class When(Protocol):
    """Times that come again and again."""

    @property
    def interval(self) -> timedelta:
        """How far apart they are, as a rule."""

    def slots_until(self, now: datetime, zone: ZoneInfo, /) -> Iterator[datetime]:
        """The times up to `now`, the newest first, without end."""


@dataclass(frozen=True, slots=True)
class Every:
    """Each whole `interval`, counted in UTC, and `past` it."""

    interval: timedelta
    past: timedelta = timedelta()

    def slots_until(self, now: datetime, _zone: ZoneInfo) -> Iterator[datetime]:
        slot = (now - (now - self.past - EPOCH) % self.interval).astimezone(UTC)
        while True:
            yield slot
            slot -= self.interval


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day, at a time of the owner's own zone."""

    at: time
    interval: timedelta = timedelta(days=1)

    def slots_until(self, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        day = now.astimezone(zone).date()
        while True:
            slot = datetime.combine(day, self.at, zone).astimezone(UTC)
            if slot <= now:
                yield slot
            day -= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScheduledWork:
    """A line of the table. `name` is the command it is queued as.

    `grace` is how late a slot may still be enqueued where missed ones are skipped.
    """

    name: str
    when: When
    missed: Missed
    grace: timedelta = timedelta(minutes=10)


SCHEDULED: Final = (
    ScheduledWork("roll_up_stats", Every(timedelta(hours=1), timedelta(minutes=5)), Missed.LAST),
    ScheduledWork("delete_old_rows", Daily(time(4, 30)), Missed.LAST),
)
"""All of it. A migration lists the same names in `command_kinds`, bootstrap their handlers."""


def due_slots(
    now: datetime, zone: ZoneInfo, scheduled: Sequence[ScheduledWork] = SCHEDULED
) -> list[Slot]:
    """The slots that should have been enqueued by `now`, the oldest of each work first."""
    return [slot for work in scheduled for slot in _due(work, now, zone)]


def queue_tick(
    now: datetime, zone: ZoneInfo, scheduled: Sequence[ScheduledWork] = SCHEDULED
) -> Tick:
    """The tick that enqueues what is due."""
    return Tick(
        "cron_queue",
        due_slots(now, zone, scheduled),
        {work.name: work.when.interval for work in scheduled},
    )


def _due(work: ScheduledWork, now: datetime, zone: ZoneInfo) -> list[Slot]:
    reaches_back = work.grace if work.missed is Missed.SKIPPED else LOOK_BACK
    newest_first = work.when.slots_until(now, zone)
    recent = takewhile(lambda slot: slot > now - reaches_back, newest_first)
    times = list(recent if work.missed is Missed.ALL else islice(recent, 1))
    return [_slot(work, slot) for slot in reversed(times)]


def _slot(work: ScheduledWork, run_at: datetime) -> Slot:
    # What is skipped when it is late is not carried out late either.
    expires_at = run_at + work.grace if work.missed is Missed.SKIPPED else None
    return Slot(work.name, f"{work.name}:{run_at:%Y-%m-%dT%H:%MZ}", run_at, expires_at)
