"""When things happen: by day more than by night, at weekends more than on working days."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
BY_HOUR = (
    0.55, 0.35, 0.22, 0.15, 0.13, 0.16, 0.28, 0.50, 0.62, 0.60, 0.62, 0.70,
    0.95, 0.90, 0.72, 0.74, 0.85, 1.00, 1.15, 1.35, 1.55, 1.65, 1.50, 1.00,
)  # fmt: skip
"""How busy each hour of the owner's day is."""
BY_WEEKDAY = (0.90, 0.88, 0.92, 0.95, 1.10, 1.30, 1.25)
OUTAGE_LASTS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is told of. `outage` is when nothing was reached, and nothing recorded."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def outage(self) -> tuple[datetime, datetime]:
        """Two hours of an afternoon, about two thirds through."""
        day = (self.since + (self.until - self.since) * 0.66).astimezone(self.zone).date()
        begin = datetime.combine(day, time(14, 10), self.zone)
        begin = min(max(begin, self.since), self.until - 2 * OUTAGE_LASTS)
        return begin, begin + OUTAGE_LASTS

    @property
    def rush(self) -> tuple[datetime, datetime]:
        """An evening hour in which the provider of a model was overloaded."""
        day = (self.since + (self.until - self.since) * 0.87).astimezone(self.zone).date()
        begin = datetime.combine(day, time(21, 0), self.zone)
        begin = min(begin, self.until - 3 * HOUR)
        return begin, begin + HOUR

    def is_out(self, moment: datetime) -> bool:
        """Whether that is within the outage."""
        begin, end = self.outage
        return begin <= moment < end

    def is_rush(self, moment: datetime) -> bool:
        """Whether that is within the rush."""
        begin, end = self.rush
        return begin <= moment < end

    def every(self, step: timedelta) -> Iterator[datetime]:
        """The times that far apart, but for the outage."""
        moment = self.since
        while moment < self.until:
            if not self.is_out(moment):
                yield moment
            moment += step

    def moments(self, count: int, chance: Random) -> list[datetime]:
        """That many moments in the rhythm of days and weeks, in order; none is in the outage."""
        hours = [self.since + n * HOUR for n in range(-(-(self.until - self.since) // HOUR))]
        ends = list(accumulate(self._busy(hour) for hour in hours))
        found: list[datetime] = []
        while len(found) < count:
            hour = hours[bisect(ends, chance.random() * ends[-1], hi=len(hours) - 1)]
            moment = hour + chance.random() * HOUR
            if moment < self.until and not self.is_out(moment):
                found.append(moment)
        return sorted(found)

    def _busy(self, hour: datetime) -> float:
        local = hour.astimezone(self.zone)
        grown = 0.8 + 0.4 * ((hour - self.since) / (self.until - self.since))
        return BY_HOUR[local.hour] * BY_WEEKDAY[local.weekday()] * grown


def weighted(chance: Random, choices: Sequence[tuple[str, float]], count: int) -> list[str]:
    """That many of the choices, each as often as its weight says."""
    names, weights = zip(*choices, strict=True)
    return chance.choices(names, weights, k=count)


def happens(chance: Random, share: float) -> bool:
    """Whether what happens in that share of cases does in this one."""
    return chance.random() < share
