"""Snapshots of what the functions used, every five minutes, but for the outage."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from dev.seed.rhythm import BY_HOUR, Span, happens

EVERY = timedelta(minutes=5)
COLUMNS = (
    "cpu_usage", "ram_rss", "ram_heap", "ping_gateway", "ping_lavalink", "source", "created_at",
)  # fmt: skip
DEPLOYED_EVERY = timedelta(days=3, hours=5)


def readings(span: Span, chance: Random) -> Iterator[tuple[object, ...]]:
    """A row of system_stats each: memory grows until the next deployment, pings follow the day."""
    music_gone = span.until - timedelta(days=4, hours=7)
    for moment in span.every(EVERY):
        busy = BY_HOUR[moment.astimezone(span.zone).hour]
        age = (moment - span.since) % DEPLOYED_EVERY / DEPLOYED_EVERY
        rss = 92 + 26 * math.sqrt(age) + 3 * busy + chance.gauss(0, 1.2)
        cpu = min(100.0, 4 + 13 * busy + chance.lognormvariate(1.0, 0.7))
        is_jam = happens(chance, 0.004)
        gateway = round(chance.gauss(38 + 6 * busy, 5) + (chance.gauss(260, 70) if is_jam else 0))
        is_gone = music_gone <= moment < music_gone + timedelta(minutes=45)
        yield (
            round(cpu, 1), round(rss, 1), round(rss * 2.1 + 180 + chance.gauss(0, 2), 1),
            None if happens(chance, 0.002) else max(gateway, 12),
            None if is_gone else max(3, round(chance.gauss(11 + 5 * busy, 3))),
            "function", moment,
        )  # fmt: skip
