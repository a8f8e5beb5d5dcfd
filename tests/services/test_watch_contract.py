"""What every Watch keeps to: the twin in memory, and the real one on PostgREST and Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lib.ports import (
    BotEvent,
    CommandCount,
    DeferredCommand,
    InteractionEntry,
    InteractionKind,
    Outcome,
    Record,
    Slot,
    Tick,
)
from lib.services.clock import SYSTEM_CLOCK
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase import SupabaseStore
from lib.services.supabase_watch import SupabaseWatch
from lib.services.unrecorded_watch import NOTHING
from lib.settings import Secret
from tests.services.watch_worlds import MemoryWatchWorld, SupabaseWatchWorld, WatchWorld

DEPLOYMENT = "a-deployment"
USER = "1180000000000000300"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", pytest.param("supabase", marks=pytest.mark.stack)])
def world(request: pytest.FixtureRequest) -> Iterator[WatchWorld]:
    if request.param == "memory":
        yield MemoryWatchWorld()
        return
    url, key = (
        request.getfixturevalue("supabase_url"),
        Secret(request.getfixturevalue("secret_key")),
    )
    database: psycopg.Connection[Any] = request.getfixturevalue("database")
    rpc = PostgrestRpc(url, key)
    store = SupabaseStore(url, key)
    yield SupabaseWatchWorld(SupabaseWatch(rpc, rpc, SYSTEM_CLOCK), store, database)
    store.close()


def entry(number: int = 1, **changes: object) -> InteractionEntry:
    fields: dict[str, Any] = {
        "interaction_id": str(1180000000000000000 + number),
        "command": "ask",
        "kind": InteractionKind.COMMAND,
        "guild_id": "1180000000000000100",
        "user_id": USER,
        "deferred": True,
        "acknowledged_ms": 12.5,
        "margin_ms": 2800,
        "finished_ms": 1234.5,
        "outcome": Outcome.ANSWERED,
        "error": None,
        "cold_start": False,
    }
    return InteractionEntry(**{**fields, **changes})


def record(world: WatchWorld, *entries: InteractionEntry, every_seconds: float = 0) -> None:
    for each in entries:
        world.watch.record(Record(deployment=DEPLOYMENT, interactions=[each]))
        world.let_pass(every_seconds)


def slot(name: str = "roll_up_stats", hours: int = 0) -> Slot:
    run_at = MOMENT + timedelta(hours=hours)
    return Slot(name, f"{name}:{run_at:%Y-%m-%dT%H:%MZ}", run_at, None)


def tick(*slots: Slot, **declared: timedelta) -> Record:
    return Record(deployment=DEPLOYMENT, tick=Tick("cron_queue", slots, declared))


# --- what is recorded ---------------------------------------------------------------------------


def test_an_interaction_is_recorded_once(world: WatchWorld) -> None:
    record(world, entry(), entry(outcome=Outcome.FAILED), entry())
    assert world.watch.read_counts() == [CommandCount("ask", Outcome.ANSWERED, 1)]


def test_a_record_may_bring_several_interactions_and_some_of_them_again(world: WatchWorld) -> None:
    kept = [entry(number) for number in range(3)]
    world.watch.record(Record(deployment=DEPLOYMENT, interactions=kept[:2]))
    world.watch.record(Record(deployment=DEPLOYMENT, interactions=[*kept, kept[2]]))
    assert world.watch.read_counts() == [CommandCount("ask", Outcome.ANSWERED, 3)]


def test_an_answer_of_another_invocation_has_no_time_of_a_response(world: WatchWorld) -> None:
    again = entry(2, acknowledged_ms=None, margin_ms=None, user_id=None, created_at=MOMENT)
    record(world, entry(1), again)
    window = world.watch.read_window(last=10)
    assert (window.executed, window.acknowledged_p50_ms) == (2, 12.5)


def test_events_are_rows_of_bot_logs_in_their_order(world: WatchWorld) -> None:
    events = [BotEvent("warning", f"event {number} 彗星 \0'\"", MOMENT) for number in range(3)]
    world.watch.record(Record(deployment=DEPLOYMENT, events=events))
    logged = world.logged()
    assert [level for level, _ in logged] == ["warning"] * 3
    assert [message[:10] for _, message in logged] == [f"event {n} 彗星" for n in range(3)]


def test_a_record_may_be_empty(world: WatchWorld) -> None:
    recorded = world.watch.record(Record(deployment=DEPLOYMENT))
    assert (recorded.enqueued, recorded.log_level) == (0, None)
    assert world.logged() == []


def test_a_tick_enqueues_each_slot_once(world: WatchWorld) -> None:
    both = tick(slot(), slot("delete_old_rows"), roll_up_stats=HOUR, delete_old_rows=DAY)
    assert world.watch.record(both).enqueued == 2
    assert world.watch.record(both).enqueued == 0
    assert world.watch.record(tick(slot(hours=-1))).enqueued == 1
    claimed = world.store.claim_commands(
        kinds=["roll_up_stats", "delete_old_rows"], limit=10, lease_seconds=60
    )
    assert sorted(command.command for command in claimed) == [
        "delete_old_rows",
        "roll_up_stats",
        "roll_up_stats",
    ]


def test_a_tick_says_that_it_came_and_what_is_declared(world: WatchWorld) -> None:
    before = {each.name: each for each in world.watch.read_health(deployment="x").schedules}
    assert before["cron_queue"].last_run_at is None
    world.watch.record(tick(roll_up_stats=HOUR, delete_old_rows=DAY))
    world.watch.record(Record(deployment=DEPLOYMENT, tick=Tick("cron_stats")))
    schedules = {each.name: each for each in world.watch.read_health(deployment="x").schedules}
    assert schedules["cron_queue"].last_run_at is not None
    assert schedules["cron_stats"].last_run_at is not None
    assert schedules["roll_up_stats"].every_seconds == 3600
    assert schedules["delete_old_rows"].every_seconds == 86400


def test_work_that_nobody_declared_for_days_is_forgotten(world: WatchWorld) -> None:
    def known() -> set[str]:
        schedules = world.watch.read_health(deployment="x").schedules
        return {each.name for each in schedules} & {"roll_up_stats", "delete_old_rows"}

    world.watch.record(tick(roll_up_stats=HOUR, delete_old_rows=DAY))
    world.let_pass(2 * 86_400)
    world.watch.record(tick(delete_old_rows=DAY))  # by another version
    assert known() == {"roll_up_stats", "delete_old_rows"}
    world.let_pass(2 * 86_400)
    world.watch.record(tick(delete_old_rows=DAY))
    assert known() == {"delete_old_rows"}


# --- how the bot is -----------------------------------------------------------------------------


def test_the_health_of_a_new_bot_is_read(world: WatchWorld) -> None:
    reading = world.watch.read_health(deployment="nobody-knows-it")
    assert reading.deployed_at is None
    assert (reading.queue_depth, reading.oldest_seconds) == (0, None)
    assert (list(reading.heartbeats), list(reading.findings)) == ([], [])
    assert reading.window == NOTHING
    assert [each.name for each in reading.schedules] == ["cron_queue", "cron_stats"]
    assert reading.now.tzinfo is not None


def test_a_deployment_is_as_old_as_its_first_record(world: WatchWorld) -> None:
    record(world, entry())
    world.let_pass(3600)
    record(world, entry(2))
    reading = world.watch.read_health(deployment=DEPLOYMENT)
    assert reading.deployed_at is not None
    assert 3600 <= (reading.now - reading.deployed_at).total_seconds() < 3700


def test_the_queue_is_read_with_its_oldest_row(world: WatchWorld) -> None:
    world.watch.record(tick(slot(), slot("delete_old_rows")))
    reading = world.watch.read_health(deployment="x")
    assert reading.queue_depth == 2
    assert reading.oldest_seconds is not None
    assert reading.oldest_seconds >= 0
    world.store.claim_commands(kinds=["roll_up_stats"], limit=1, lease_seconds=60)
    assert world.watch.read_health(deployment="x").queue_depth == 1
    world.let_pass(61)
    assert world.watch.read_health(deployment="x").queue_depth == 2


def test_what_nobody_handles_is_not_waited_for(world: WatchWorld) -> None:
    world.watch.record(tick(slot("self_destruct"), slot()))
    assert world.watch.read_health(deployment="x").queue_depth == 1


def lose_an_answer(world: WatchWorld) -> None:
    """Begin one, and have its process die and its time pass."""
    interaction = {"id": entry().interaction_id, "type": 2, "token": "a-token"}
    command = DeferredCommand(
        id=uuid4(),
        lease_id=uuid4(),
        command="answer",
        payload={"command": "ask"},
        token="a-token",
        interaction=interaction,
        expires_at=world.watch.read_health(deployment="x").now + timedelta(minutes=15),
        lease_seconds=60,
        user_id=USER,
        cooldown_key="ask",
        cooldown_seconds=0,
    )
    world.store.begin_command(command)
    world.let_pass(16 * 60)
    assert world.store.claim_commands(kinds=["answer"], limit=10, lease_seconds=60) == []


def test_an_answer_whose_process_died_is_a_failure_that_nobody_timed(world: WatchWorld) -> None:
    lose_an_answer(world)
    (lost,) = world.watch.read_errors(limit=5)
    assert (lost.command, lost.error, lost.finished_ms) == ("ask", "expired", None)
    record(world, entry(2, finished_ms=10.0))
    window = world.watch.read_window()
    assert (window.executed, window.errors, window.mean_ms) == (2, 1, 10)
    slowest = world.watch.read_slowest(limit=5, within=HOUR)
    assert [each.finished_ms for each in slowest] == [10, None]


def test_an_answer_that_was_recorded_before_it_was_lost_stands_as_it_was(world: WatchWorld) -> None:
    record(world, entry(outcome=Outcome.ANSWERED))
    lose_an_answer(world)
    assert world.watch.read_counts() == [CommandCount("ask", Outcome.ANSWERED, 1)]


# --- the figures --------------------------------------------------------------------------------


def test_a_window_has_true_percentiles(world: WatchWorld) -> None:
    times = [100.0, 200.0, 300.0, 400.0, 10_000.0]
    outcomes = [Outcome.ANSWERED, Outcome.REFUSED, Outcome.FAILED, Outcome.ANSWERED, Outcome.FAILED]
    record(
        world,
        *[
            entry(
                number,
                finished_ms=ms,
                acknowledged_ms=ms / 10,
                outcome=outcome,
                cold_start=ms > 300,
            )
            for number, (ms, outcome) in enumerate(zip(times, outcomes, strict=True))
        ],
    )
    window = world.watch.read_window()
    assert (window.executed, window.errors, window.error_rate) == (5, 2, 0.4)
    assert window.mean_ms == 2200
    assert (window.p50_ms, window.p95_ms, window.p99_ms) == (300, 8080, 9616)
    assert window.acknowledged_p50_ms == 30
    assert window.acknowledged_p95_ms == 808
    assert window.acknowledged_p99_ms == 961.6
    assert (window.cold_starts, window.is_slow) == (2, False)


def test_a_window_of_nothing_has_no_times(world: WatchWorld) -> None:
    assert world.watch.read_window() == NOTHING
    assert world.watch.read_window(last=100, within=HOUR) == NOTHING


def test_commands_are_slow_when_discord_is_answered_late(world: WatchWorld) -> None:
    record(world, *[entry(number, acknowledged_ms=1100.0) for number in range(3)])
    assert world.watch.read_window().is_slow


def test_a_window_is_of_the_last_so_many_or_of_a_time_or_both(world: WatchWorld) -> None:
    entries = [entry(number, finished_ms=float(number)) for number in range(6)]
    record(world, *entries, every_seconds=600)
    assert world.watch.read_window(last=2).mean_ms == 4.5
    assert world.watch.read_window(within=timedelta(minutes=35)).mean_ms == 4
    assert world.watch.read_window(last=1, within=timedelta(minutes=35)).mean_ms == 5
    assert world.watch.read_window(last=0) == NOTHING


def test_proposals_count_nowhere(world: WatchWorld) -> None:
    record(world, entry(kind=InteractionKind.AUTOCOMPLETE))
    assert world.watch.read_window() == NOTHING
    assert world.watch.read_counts() == []
    assert world.watch.read_windows(within=HOUR, width=HOUR) == []
    assert world.watch.read_slowest(limit=5, within=HOUR) == []


def test_windows_by_time_come_oldest_first_without_the_empty_ones(world: WatchWorld) -> None:
    record(world, entry(1))
    world.let_pass(5 * 3600)
    record(world, entry(2), entry(3))
    stretches = world.watch.read_windows(within=DAY, width=HOUR)
    assert [each.window.executed for each in stretches] == [1, 2]
    assert stretches[1].starts_at - stretches[0].starts_at == 5 * HOUR
    assert all(each.starts_at.minute == 0 for each in stretches)
    assert world.watch.read_windows(within=HOUR, width=HOUR)[0].window.executed == 2


def test_counts_are_by_command_and_outcome(world: WatchWorld) -> None:
    record(
        world,
        entry(1),
        entry(2),
        entry(3, outcome=Outcome.FAILED),
        entry(4, command="about"),
    )
    assert world.watch.read_counts() == [
        CommandCount("about", Outcome.ANSWERED, 1),
        CommandCount("ask", Outcome.ANSWERED, 2),
        CommandCount("ask", Outcome.FAILED, 1),
    ]


def test_the_slowest_are_told_first_without_who_it_was(world: WatchWorld) -> None:
    record(world, entry(0, finished_ms=99_999.0))
    world.let_pass(2 * 3600)
    record(world, *[entry(number, finished_ms=float(number)) for number in (3, 9, 5)])
    slowest = world.watch.read_slowest(limit=2, within=HOUR)
    assert [each.finished_ms for each in slowest] == [9, 5]
    assert USER not in repr(slowest)


def test_the_failed_are_told_the_newest_first(world: WatchWorld) -> None:
    failed = [entry(number, outcome=Outcome.FAILED, error=f"fault {number}") for number in range(3)]
    record(world, *failed, entry(9), every_seconds=1)
    errors = world.watch.read_errors(limit=2)
    assert [each.error for each in errors] == ["fault 2", "fault 1"]
    assert {each.outcome for each in errors} == {Outcome.FAILED}
    assert world.watch.read_errors(limit=0) == []


# --- what somebody set, and upkeep --------------------------------------------------------------


def test_a_log_level_holds_for_its_time(world: WatchWorld) -> None:
    world.watch.set_log_level(level="DEBUG", seconds=60)
    level = world.watch.record(Record(deployment=DEPLOYMENT)).log_level
    assert level is not None
    assert level.level == "DEBUG"
    assert level.until.tzinfo is not None
    world.let_pass(61)
    assert world.watch.record(Record(deployment=DEPLOYMENT)).log_level is None


def test_a_log_level_can_be_taken_back(world: WatchWorld) -> None:
    world.watch.set_log_level(level="DEBUG", seconds=60)
    world.watch.set_log_level(level=None, seconds=0)
    assert world.watch.record(Record(deployment=DEPLOYMENT)).log_level is None


def test_upkeep_of_empty_tables_does_nothing(world: WatchWorld) -> None:
    assert world.watch.roll_up_stats() == 0
    assert set(world.watch.delete_old_rows(limit=10).values()) == {0}
