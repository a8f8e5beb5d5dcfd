"""Upkeep of the tables: rolled up, and deleted batch by batch until nothing old is left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import pytest

from lib.jobs.upkeep import BATCH, BUDGET_SECONDS, Upkeep
from lib.ports import ClaimedCommand, CommandStatus, StoreError
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.fakes.clock import ManualClock
from tests.fakes.services import services_of
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
COMMAND = ClaimedCommand(UUID(int=1), "x", {}, 1, UUID(int=2), MOMENT, None, {}, None)


class FullWatch(MemoryWatch):
    """A watch whose tables hold so many old rows; each deletion takes some seconds."""

    def __init__(self, clock: ManualClock, *, seconds: float = 0.0, **old_rows: int) -> None:
        super().__init__(MemoryStore(clock), clock)
        self._clock_of_test = clock
        self._seconds = seconds
        self.old_rows = old_rows
        self.batches = 0

    def delete_old_rows(self, *, limit: int) -> Mapping[str, int]:
        self.batches += 1
        self._clock_of_test.advance(self._seconds)
        gone = {table: min(limit, count) for table, count in self.old_rows.items()}
        self.old_rows = {table: count - gone[table] for table, count in self.old_rows.items()}
        return gone


def upkeep_of(watch: FullWatch, clock: ManualClock) -> Upkeep:
    return Upkeep(services_of(clock, watch=watch))


def test_old_rows_go_until_none_is_left(log: CapturedLog) -> None:
    clock = ManualClock()
    watch = FullWatch(clock, bot_logs=3 * BATCH + 7, alerts=2, cooldowns=0)
    assert upkeep_of(watch, clock).delete_old_rows(COMMAND)
    assert set(watch.old_rows.values()) == {0}
    assert watch.batches == 4
    (line,) = log.of("old_rows_deleted")
    assert (line["bot_logs"], line["alerts"]) == (3 * BATCH + 7, 2)
    assert "cooldowns" not in line


def test_where_there_is_nothing_old_one_look_is_enough() -> None:
    clock = ManualClock()
    watch = FullWatch(clock, bot_logs=0)
    assert upkeep_of(watch, clock).delete_old_rows(COMMAND)
    assert watch.batches == 1


def test_a_watch_that_keeps_no_tables_has_nothing_to_delete() -> None:
    clock = ManualClock()
    assert upkeep_of(FullWatch(clock), clock).delete_old_rows(COMMAND)


def test_what_is_left_when_the_budget_ends_goes_at_the_next_time() -> None:
    clock = ManualClock()
    watch = FullWatch(clock, seconds=BUDGET_SECONDS / 3, bot_logs=10 * BATCH)
    upkeep = upkeep_of(watch, clock)
    assert upkeep.delete_old_rows(COMMAND)
    assert watch.old_rows == {"bot_logs": 7 * BATCH}
    assert upkeep.delete_old_rows(COMMAND)
    assert watch.old_rows == {"bot_logs": 4 * BATCH}


def test_a_roll_up_says_how_much_it_wrote(log: CapturedLog) -> None:
    bot = Bot(output=log.output)
    bot.store.insert("snapshot")
    bot.tick()
    bot.store.insert("roll_up_stats")
    bot.tick()
    assert log.of("stats_rolled_up")[-1]["lines"] == 1
    assert bot.watch.events[-1].message == "stats_rolled_up  lines=1"


@pytest.mark.parametrize("work", ["roll_up_stats", "delete_old_rows"])
def test_a_fault_of_the_database_puts_the_work_back(work: str) -> None:
    bot = Bot()
    bot.store.refuse(work, StoreError(work, "57014", "canceling statement"))
    bot.tick()
    (row,) = [row for row in bot.store.rows.values() if row.command == work]
    assert row.last_error is not None
    assert row.run_at > bot.clock.now()
    bot.clock.advance(60)
    bot.tick()
    assert row.status is CommandStatus.COMPLETED
