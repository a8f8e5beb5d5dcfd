"""What a worker leaves behind of itself: how its process does, and the warnings of its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from lib.logs import KeptEvent, LogOutput
from lib.ports import BotEvent, Reading, StoreError
from lib.ports.player import WorkerReading
from tests.worker.fakes.leaping import AtOnce, in_no_time
from worker.records import EVENTS_SECONDS, Records
from worker.threads import Threads

AWAY = StoreError("record_worker", "unreachable", "nobody answers")
WARNING = KeptEvent("warning", "voice_lost  guild_id=1", datetime(2026, 11, 21, 20, tzinfo=UTC))


class Meter:
    """A Meter whose Lavalink is 12 ms away."""

    def begin(self) -> Callable[[], Reading]:
        return lambda: Reading(cpu_percent=4.25, rss_mb=91.5, vms_mb=400.0)

    def ping_lavalink_ms(self) -> int | None:
        return 12


class Output:
    """A log whose events are a list."""

    def __init__(self, *events: KeptEvent) -> None:
        self.kept = list(events)

    def take_events(self) -> list[KeptEvent]:
        taken, self.kept = self.kept, []
        return taken

    def put_events_back(self, events: Sequence[KeptEvent]) -> None:
        self.kept = [*events, *self.kept]


class Tables:
    """A database that notes what it is told, and when."""

    def __init__(self, *errors: StoreError) -> None:
        self.errors = list(errors)
        self.events: list[BotEvent] = []
        self.readings: list[tuple[float, WorkerReading]] = []

    def record_worker(
        self, *, events: Sequence[BotEvent], reading: WorkerReading | None = None
    ) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.events += events
        if reading is not None:
            self.readings.append((asyncio.get_running_loop().time(), reading))


def kept(tables: Tables, output: Output, *, seconds: float) -> Records:
    """What a worker keeps in so long."""
    records = Records(
        tables,
        cast("Threads", AtOnce()),
        Meter(),
        cast("LogOutput", output),
        ping_ms=lambda: 41,
    )

    async def act() -> None:
        keeping = asyncio.create_task(records.keep_on())
        await asyncio.sleep(seconds)
        keeping.cancel()

    in_no_time(act())
    return records


def test_its_process_and_both_pings_are_kept_at_once_and_every_five_minutes() -> None:
    tables = Tables()
    records = kept(tables, Output(), seconds=15 * 60 + 1)
    assert [moment for moment, _ in tables.readings] == [0, 300, 600, 900]
    assert tables.readings[-1][1] == WorkerReading(
        cpu_usage=4.25, ram_rss=91.5, ram_heap=400.0, ping_gateway=41, ping_lavalink=12
    )
    assert records.newest == {"rss_mb": 91.5, "ping_lavalink": 12}  # what its heartbeat tells


def test_what_its_log_warned_of_is_kept_soon() -> None:
    tables = Tables()
    kept(tables, Output(WARNING), seconds=EVENTS_SECONDS)
    assert tables.events == [BotEvent("warning", "voice_lost  guild_id=1", WARNING.created_at)]


def test_while_the_database_is_away_the_log_waits_and_a_reading_does_not() -> None:
    tables, output = Tables(AWAY, AWAY), Output(WARNING)
    kept(tables, output, seconds=5 * EVENTS_SECONDS)
    assert [event.message for event in tables.events] == [WARNING.message]
    assert tables.readings == []
    assert output.kept == []
