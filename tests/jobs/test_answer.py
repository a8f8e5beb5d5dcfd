"""Deferred handlers of every kind, live and run again."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from datetime import timedelta

import pytest

from lib.interactions.command import (
    Progress,
    Reply,
    WorkContext,
)
from lib.interactions.dispatch import UNKNOWN_COMMAND
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Message
from lib.jobs.answer import DEADLINE_SECONDS, TOKEN_LIFE
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.locales import Text
from lib.logs import configure_logs
from lib.ports import (
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    Lease,
    StoreError,
)
from tests.captured_log import CapturedLog
from tests.fakes.discord import CallKind, discord_error
from tests.fakes.store import MemoryStore
from tests.jobs.answering import Run, World, say
from tests.payloads import ASKER, press, slash


def test_a_handler_may_return_one_message_or_several_or_yield_them_as_they_grow() -> None:
    def grow(_context: WorkContext) -> Generator[Reply]:
        yield Message(content="One")
        yield [Message(content="One"), Message(content="Two")]

    runs: list[Run] = [lambda _context: Message(content="One"), say("One", "Two"), grow]
    for run, seen in zip(runs, (["One"], ["One", "Two"], ["One", "Two"]), strict=True):
        world = World(run)
        row = world.ask()
        assert world.discord.seen() == seen
        assert row is not None
        assert row.status is CommandStatus.COMPLETED


def test_a_handler_knows_its_user_and_how_long_it_may_take() -> None:
    contexts: list[WorkContext] = []

    def look(context: WorkContext) -> Reply:
        contexts.append(context)
        return Message(content="x")

    world = World(look)
    world.clock.advance(100)
    world.ask()
    assert contexts[0].interaction.user.id == ASKER
    assert contexts[0].deadline_seconds == DEADLINE_SECONDS
    assert (contexts[0].begun_at, contexts[0].ends_at) == (100, 100 + DEADLINE_SECONDS)
    assert DEADLINE_SECONDS < LEASE_SECONDS < TOKEN_LIFE.total_seconds()


def test_the_row_lives_no_longer_than_discords_token() -> None:
    world = World(say("x"))
    taken_at = world.clock.now()
    world.clock.advance(2)
    row = world.ask(slash("x").at(taken_at))
    assert row is not None
    assert row.expires_at == taken_at + timedelta(minutes=15)


def test_a_component_is_recorded_by_what_it_does_without_the_state_that_it_carries() -> None:
    row = World(say("x")).ask(press("x:do:state"))
    assert row is not None
    assert row.payload["command"] == "x:do"


def test_a_handler_that_yields_nothing_is_a_fault_that_the_user_is_told() -> None:
    def yield_nothing(_context: WorkContext) -> Generator[Reply]:
        yield from ()

    for run in (yield_nothing, say()):
        world = World(run)
        row = world.ask()
        assert "`1234abcd`" in world.discord.seen()[0]
        assert row is not None
        assert row.status is CommandStatus.FAILED


def test_an_error_takes_the_place_of_what_was_shown_and_its_follow_ups() -> None:
    def break_off(_context: WorkContext) -> Generator[Reply]:
        yield [Message(content="One"), Message(content="Two")]
        raise UserFacingError(Text(en="Sorry.", ja="すみません。"))

    world = World(break_off)
    row = world.ask()
    assert world.discord.seen() == ["Sorry."]
    assert row is not None
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "Sorry.")


def test_what_a_row_says_of_an_unexpected_fault_is_its_kind_and_not_its_words() -> None:
    def fall(_context: WorkContext) -> Reply:
        raise ZeroDivisionError("with the question in it")

    row = World(fall).ask()
    assert row is not None
    assert row.last_error == "ZeroDivisionError"


def test_a_user_who_cannot_be_told_is_noted() -> None:
    def fall(_context: WorkContext) -> Reply:
        raise ZeroDivisionError

    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    world = World(fall)
    world.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(404, 10015))
    row = world.ask()
    assert "user_not_told" in stream.getvalue()
    assert row is not None
    assert row.status is CommandStatus.FAILED


def test_without_a_row_the_answer_comes_and_nothing_is_ended() -> None:
    world = World(say("One", "Two"))
    world.store.refuse("begin_command", StoreError("begin_command", "23505", "duplicate"))
    assert world.ask() is None
    assert world.discord.seen() == ["One", "Two"]
    assert world.store.calls == ["begin_command"]


@pytest.mark.parametrize("custom_id", ["x:now", "x:gone", "gone:do"])
def test_a_user_whose_command_has_gone_since_is_told_so_by_the_repeat(custom_id: str) -> None:
    world = World(say("x"))
    world.store.insert("answer")
    (row,) = world.store.rows.values()
    row.token, row.interaction = "a-token", press(custom_id).build()
    (claimed,) = world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60)
    assert world.answers.answer_again(claimed) is False
    assert world.discord.seen() == [UNKNOWN_COMMAND.en]
    assert row.status is CommandStatus.FAILED


class CommitsAndLosesItsWord(MemoryStore):
    """A database whose answer to `begin_command` never arrives, though the row is written."""

    def begin_command(self, command: DeferredCommand) -> Lease | CoolingDown:
        super().begin_command(command)
        raise StoreError("begin_command", "timed_out", "no answer in time")


def test_a_row_that_was_written_unheard_is_ended_and_never_answered_again() -> None:
    world = World(say("Once"))
    world.use(CommitsAndLosesItsWord(world.clock))
    row = world.ask()
    assert row is not None
    assert row.status is CommandStatus.COMPLETED
    world.clock.advance(LEASE_SECONDS + 1)
    assert world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60) == []


def test_an_answer_that_was_given_is_recorded_as_such_even_at_the_third_try() -> None:
    world = World(say("Once"))
    lost = StoreError("complete_command", "timed_out", "no answer in time")
    world.store.refuse("complete_command", lost, lost)
    row = world.ask()
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


def test_a_database_that_stays_away_is_asked_three_times_and_no_more() -> None:
    world = World(say("Once"))
    lost = StoreError("complete_command", "unreachable", "refused")
    world.store.refuse("complete_command", lost, lost, lost)
    world.ask()
    assert world.store.calls.count("complete_command") == 3
    assert world.discord.seen() == ["Once"]


def test_a_database_that_comes_back_hears_of_the_answers_that_were_given_meanwhile() -> None:
    world = World(say("Once"))
    lost = StoreError("complete_command", "unreachable", "refused")
    world.store.refuse("complete_command", lost, lost, lost, lost)
    row = world.ask()
    assert row is not None
    seen = []
    for _ in ("it is still away", "it is back", "all is told"):
        world.answers.end_kept()
        seen.append(row.status)
    assert seen == ["processing", "completed", "completed"]
    assert world.store.calls.count("complete_command") == 5


# --- which command, and which messages ----------------------------------------------------------


def test_a_command_has_the_id_of_its_row_in_every_run() -> None:
    ids: list[object] = []

    def note(context: WorkContext) -> Reply:
        ids.append(context.command_id)
        return Message(content="x")

    world = World(note)
    row = world.ask()
    assert row is not None
    row.status, row.token, row.interaction = CommandStatus.PENDING, "t", slash("x").build()
    (claimed,) = world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60)
    world.answers.answer_again(claimed)
    assert ids == [row.id, row.id]


def test_without_rows_each_command_has_an_id_of_its_own() -> None:
    ids: list[object] = []

    def note(context: WorkContext) -> Reply:
        ids.append(context.command_id)
        return Message(content="x")

    world = World(note)
    for number in (1, 2):
        world.store.refuse("begin_command", StoreError("begin_command", "23505", "duplicate"))
        world.ask(slash("x").numbered(number))
    assert len(set(ids)) == 2


def test_the_messages_of_an_answer_are_known_as_soon_as_they_are_there() -> None:
    seen: list[tuple[str, ...]] = []

    def grow(context: WorkContext) -> Generator[Reply]:
        context.background.submit(lambda: seen.append(context.message_ids()))
        seen.append(context.message_ids())
        yield [Message(content="One")]
        seen.append(context.message_ids())
        yield [Message(content="One"), Message(content="Two")]

    world = World(grow)
    world.ask()
    original = world.discord.original_id(slash("x").token)
    follow_up = world.discord.calls[-1].message_id
    assert seen == [(), (original,), (original, follow_up)]


def test_a_component_that_replaces_knows_its_message_from_the_start() -> None:
    seen: list[tuple[str, ...]] = []

    def look(context: WorkContext) -> Reply:
        seen.append(context.message_ids())
        return Message(content="x")

    World(look, replaces=True).ask(press("x:do"))
    World(look).ask(press("x:do"))
    assert seen == [("1180000000000000500",), ()]


# --- a reply that is made when it is shown, or none at all --------------------------------------


def test_a_reply_that_nobody_would_see_is_not_made() -> None:
    made: list[int] = []

    def make(number: int) -> Callable[[], Reply]:
        def reply() -> Reply:
            made.append(number)
            return Message(content=f"{number}")

        return reply

    def stream(_context: WorkContext) -> Generator[Callable[[], Reply]]:
        for number in range(5):
            yield make(number)

    world = World(stream)
    world.ask()
    assert world.discord.seen() == ["4"]
    assert made == [0, 4]


def test_a_handler_that_took_its_message_away_ends_well_with_nothing_shown() -> None:
    def stream(_context: WorkContext) -> Generator[Progress | None]:
        yield None

    for run in (lambda _context: None, stream):
        world = World(run)
        row = world.ask()
        assert world.discord.calls == []
        assert row is not None
        assert row.status is CommandStatus.COMPLETED


def test_a_stream_that_ends_in_nothing_shows_nothing_further() -> None:
    def stream(_context: WorkContext) -> Generator[Progress | None]:
        yield Message(content="For now")
        yield None

    world = World(stream)
    row = world.ask()
    assert world.discord.seen() == ["For now"]
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


# --- the end of a stream ------------------------------------------------------------------------


def test_a_stream_that_nobody_can_see_any_more_is_closed_before_its_row_fails() -> None:
    order: list[str] = []

    def stream(_context: WorkContext) -> Generator[Reply]:
        try:
            yield Message(content="One")
            yield Message(content="Two")
        finally:
            order.extend(["closed", *world.store.calls])

    world = World(stream)
    world.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(404, 10015))
    world.ask()
    assert order == ["closed", "begin_command"]


@pytest.mark.parametrize("progress", [{}, {"follow_ups": None}, {"follow_ups": "x"}, {"other": 1}])
def test_a_repeat_with_odd_progress_starts_over(progress: dict[str, object]) -> None:
    world = World(say("One", "Two"))
    world.store.insert("answer")
    (row,) = world.store.rows.values()
    row.token, row.interaction, row.progress = "a-token", slash("x").build(), progress
    (claimed,) = world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60)
    world.answers.answer_again(claimed)
    assert world.discord.seen() == ["One", "Two"]
    assert row.status is CommandStatus.COMPLETED


# --- a row that somebody took away --------------------------------------------------------------


def test_an_answer_whose_row_was_taken_away_meanwhile_is_told_in_the_log(log: CapturedLog) -> None:
    def be_cancelled(_context: WorkContext) -> Reply:
        for row in world.store.rows.values():
            row.lease_id = None
        return Message(content="x")

    world = World(be_cancelled)
    row = world.ask()
    assert row is not None
    assert [(line["command"], line["id"]) for line in log.of("lease_lost")] == [
        ("answer", str(row.id))
    ]


def test_but_not_where_only_the_databases_word_was_lost(log: CapturedLog) -> None:
    class Forgetful(MemoryStore):
        """Completes the row, and does not say so the first time."""

        def complete_command(self, lease: Lease) -> bool:
            done = super().complete_command(lease)
            if done:
                raise StoreError("complete_command", "timed_out", "no answer in time")
            return done

    world = World(say("x"))
    world.use(Forgetful(world.clock))
    row = world.ask()
    assert row is not None
    assert row.status is CommandStatus.COMPLETED
    assert log.of("lease_lost") == []
