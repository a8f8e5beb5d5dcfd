"""The queue is worked off: oldest first, ten at a time, within a budget, and every row ends."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from lib.interactions.errors import PayloadError
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.jobs.queue import BUDGET_SECONDS, MOST_AT_ONCE, Drained, QueueDrain
from lib.music.orders import PlayerCommand
from lib.ports import ClaimedCommand, CommandStatus, FailureReason, StoreError
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.fakes.clock import ManualClock
from tests.fakes.rows import Row
from tests.fakes.services import services_of
from tests.fakes.store import MemoryStore


class World:
    """A queue with one kind of command, and what its handler was given."""

    def __init__(self, handler: Callable[[ClaimedCommand], object] = lambda _command: None) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock, kinds=["work", "snapshot"])
        self.seen: list[ClaimedCommand] = []
        self._handler = handler
        services = services_of(self.clock, store=self.store)
        self.queue = QueueDrain(services, {"work": self._handle})

    def _handle(self, command: ClaimedCommand) -> bool:
        self.seen.append(command)
        self._handler(command)
        return True

    def insert(self, count: int) -> list[Row]:
        ids = [self.store.insert("work", {"number": number}) for number in range(count)]
        return [self.store.rows[command_id] for command_id in ids]

    @property
    def numbers(self) -> list[object]:
        return [command.payload["number"] for command in self.seen]


def fail(_command: ClaimedCommand) -> None:
    raise ZeroDivisionError("with a secret in its text")


def test_all_rows_are_done_oldest_first_and_ten_at_a_time() -> None:
    world = World()
    rows = world.insert(25)
    assert world.queue.drain() == Drained(claimed=25, failed=0)
    assert world.numbers == list(range(25))
    assert {row.status for row in rows} == {CommandStatus.COMPLETED}
    assert MOST_AT_ONCE == 10
    assert world.store.calls.count("claim_commands") == 4


def test_an_empty_queue_is_nothing_done() -> None:
    assert World().queue.drain() == Drained(claimed=0, failed=0)


def test_when_the_budget_ends_no_row_is_begun_and_those_held_are_given_back() -> None:
    world = World(lambda _command: world.clock.advance(BUDGET_SECONDS / 4))
    rows = world.insert(12)
    assert world.queue.drain() == Drained(claimed=4, failed=0)
    assert [row.status for row in rows] == ["completed"] * 4 + ["pending"] * 8
    assert {row.attempts for row in rows[4:]} == {0}
    assert world.queue.drain() == Drained(claimed=4, failed=0)
    assert world.numbers == list(range(8))


def test_a_row_that_waited_long_behind_others_is_asked_for_before_it_is_begun() -> None:
    world = World(lambda _command: world.clock.advance(LEASE_SECONDS / 3))
    rows = world.insert(3)
    assert world.queue.drain() == Drained(claimed=3, failed=0)
    assert world.store.calls.count("renew_command") == 1  # by then two thirds of the lease are over
    assert {row.status for row in rows} == {CommandStatus.COMPLETED}


def test_a_row_that_somebody_else_took_meanwhile_is_left_to_them() -> None:
    world = World()
    first, second = world.insert(2)

    def take_the_second(_command: ClaimedCommand) -> None:
        world.clock.advance(LEASE_SECONDS / 2)
        second.lease_id = None

    world._handler = take_the_second
    assert world.queue.drain() == Drained(claimed=1, failed=0)
    assert first.status is CommandStatus.COMPLETED
    assert second.status is CommandStatus.PROCESSING


def test_a_handlers_fault_is_its_rows_fault_and_the_rest_is_done() -> None:
    world = World(lambda command: fail(command) if command.payload["number"] == 1 else None)
    rows = world.insert(3)
    assert world.queue.drain() == Drained(claimed=3, failed=1)
    assert [row.status for row in rows] == ["completed", "pending", "completed"]
    assert rows[1].last_error == "ZeroDivisionError"
    assert rows[1].run_at > world.clock.now()


def test_a_row_that_keeps_failing_is_given_up_after_five_attempts() -> None:
    world = World(fail)
    (row,) = world.insert(1)
    for _ in range(10):
        world.queue.drain()
        world.clock.advance(600)
    assert len(world.seen) == 5
    assert (row.status, row.failure_reason) == (CommandStatus.FAILED, FailureReason.ATTEMPTS)


def test_a_row_that_can_never_succeed_fails_at_once_in_words() -> None:
    def refuse(_command: ClaimedCommand) -> None:
        raise PayloadError("the row holds no interaction")

    world = World(refuse)
    (row,) = world.insert(1)
    assert world.queue.drain() == Drained(claimed=1, failed=1)
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "the row holds no interaction")


def test_a_command_that_nobody_knows_fails_with_a_reason() -> None:
    world = World()
    row = world.store.rows[world.store.insert("self_destruct")]
    assert world.queue.drain() == Drained(claimed=0, failed=0)
    assert (row.status, row.failure_reason) == ("failed", "unknown_command")
    assert row.last_error == "No handler knows the command self_destruct."


def test_a_command_of_others_is_left_to_them() -> None:
    world = World()
    row = world.store.rows[world.store.insert("snapshot")]
    assert world.queue.drain() == Drained(claimed=0, failed=0)
    assert row.status is CommandStatus.PENDING


def test_a_database_that_is_down_is_told() -> None:
    world = World()
    world.store.is_down = True
    with pytest.raises(StoreError):
        world.queue.drain()


@pytest.mark.parametrize("operation", ["complete_command", "renew_command"])
def test_a_database_that_fails_in_between_stops_nothing(operation: str) -> None:
    world = World(lambda _command: world.clock.advance(LEASE_SECONDS / 3))
    rows = world.insert(3)
    world.store.refuse(operation, StoreError(operation, "unreachable", "gone"))
    world.queue.drain()
    assert [row.status for row in rows].count(CommandStatus.COMPLETED) == 2
    world.clock.advance(120)
    world.queue.drain()
    assert {row.status for row in rows} == {CommandStatus.COMPLETED}


def test_one_leftover_is_recovered_after_any_other_work() -> None:
    world = World()
    rows = world.insert(2)
    world.queue.recover_one()
    assert [row.status for row in rows] == ["completed", "pending"]


@pytest.mark.parametrize(
    ("code", "is_there"),
    [("unreachable", False), ("timed_out", False), ("42501", True), ("503", True)],
)
def test_a_leftover_that_cannot_be_looked_for_costs_nothing(code: str, *, is_there: bool) -> None:
    world = World()
    world.store.refuse("claim_commands", StoreError("claim_commands", code, "as scripted"))
    assert world.queue.recover_one() is is_there
    assert world.seen == []


def test_work_that_was_done_though_its_row_had_been_taken_away_is_told(log: CapturedLog) -> None:
    world = World()
    (row,) = world.insert(1)

    def be_cancelled(_command: ClaimedCommand) -> None:
        row.lease_id = None

    world._handler = be_cancelled
    world.queue.drain()
    (line,) = log.of("lease_lost")
    assert (line["level"], line["command"], line["id"]) == ("WARNING", "work", str(row.id))


def test_what_was_claimed_is_a_detail_of_the_log() -> None:
    log, world = CapturedLog(level="DEBUG"), World()
    world.insert(2)
    world.queue.drain()
    assert [line["commands"] for line in log.of("claimed")] == [["work", "work"], []]


# --- the two kinds there are --------------------------------------------------------------------


def test_a_snapshot_asked_for_by_a_dashboard_is_taken() -> None:
    bot = Bot()
    row = bot.store.rows[bot.store.insert("snapshot")]
    assert bot.tick() == 200
    assert row.status is CommandStatus.COMPLETED
    assert bot.store.tables.system_stats == [
        {
            "cpu_usage": 12.5,
            "ram_rss": 48.25,
            "ram_heap": 210.0,
            "ping_gateway": 42,
            "ping_lavalink": None,
            "source": "function",
        }
    ]


def test_an_answer_inserted_by_hand_has_nothing_to_answer_and_fails_at_once() -> None:
    bot = Bot()
    row = bot.store.rows[bot.store.insert("answer", {"command": "ask"})]
    assert bot.tick() == 200
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "the row holds no interaction")


@pytest.mark.parametrize(
    "interaction",
    [{}, {"type": 2}, {"type": 1, "token": "t"}, {"type": "x" * 100}],
    ids=lambda interaction: str(interaction)[:30],
)
def test_an_answer_whose_interaction_is_none_fails_at_once(interaction: dict[str, object]) -> None:
    bot = Bot()
    row = bot.store.rows[bot.store.insert("answer")]
    row.token, row.interaction = "a-token", interaction
    assert bot.tick() == 200
    assert row.status is CommandStatus.FAILED
    assert row.token is None


@pytest.mark.stack
def test_the_database_knows_exactly_the_commands_that_the_functions_handle(
    database_url: str,
) -> None:
    bot = Bot(ALERT_CHANNEL_ID="1180000000000000777", DISCORD_BOT_TOKEN="a.bot.token-for-tests")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select command from command_kinds where handled_by = 'functions'"
        ).fetchall()
    kinds = bot.assembly.queue.kinds
    assert {command for (command,) in rows} == kinds


@pytest.mark.stack
def test_the_database_knows_exactly_the_orders_that_a_player_carries_out(
    database_url: str,
) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select command from command_kinds where handled_by = 'worker'"
        ).fetchall()
    assert {command for (command,) in rows} == set(PlayerCommand)
