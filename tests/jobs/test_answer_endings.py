"""What an answer leaves to be done: when, how often, and what becomes of its row."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

from lib.interactions.command import (
    Progress,
    Reply,
    WorkContext,
)
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.ports import (
    CommandStatus,
    StoreError,
)
from tests.captured_log import CapturedLog
from tests.fakes.discord import discord_error
from tests.jobs.answering import LOST, NOT_NOW, Run, World, say
from tests.payloads import slash


def putting_off(*steps: Callable[[], None], then: Run | None = None) -> Run:
    """A handler that leaves `steps` to be done."""

    def run(context: WorkContext) -> Reply | Generator[Progress | None] | None:
        for step in steps:
            context.background.submit(step)
        return (then or say("Seen first"))(context)

    return run


def failing(*errors: Exception, done: list[str]) -> Callable[[], None]:
    """A step that meets one error after the other, and is done when there is none left."""
    left = list(errors)

    def step() -> None:
        done.append("tried")
        if left:
            raise left.pop(0)
        done.append("done")

    return step


def test_what_an_answer_leaves_is_done_when_it_is_seen_and_before_its_row_ends() -> None:
    events: list[object] = []
    world = World(putting_off(lambda: events.extend((world.discord.seen(), [*world.store.calls]))))
    row = world.ask()
    assert events == [["Seen first"], ["begin_command"]]
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


def test_what_it_puts_off_itself_is_done_before_the_row_ends_as_well() -> None:
    order: list[str] = []

    def answer(context: WorkContext) -> Reply:
        def first() -> None:
            order.append("first")
            context.background.submit(lambda: order.extend(["third", *world.store.calls]))

        context.background.submit(first)
        context.background.submit(lambda: order.append("second"))
        return Message(content="x")

    world = World(answer)
    world.ask()
    assert order == ["first", "second", "third", "begin_command"]


@pytest.mark.parametrize("error", [NOT_NOW, ZeroDivisionError("x"), discord_error(500)])
def test_it_is_done_before_the_row_ends_badly_too(error: Exception) -> None:
    def fall(_context: WorkContext) -> Reply:
        raise error

    calls: list[str] = []
    world = World(putting_off(lambda: calls.extend(world.store.calls), then=fall))
    world.ask()
    assert "fail_command" not in calls
    assert "fail_command" in world.store.calls


def test_what_the_database_did_not_take_is_tried_again_before_the_row_ends() -> None:
    done: list[str] = []
    world = World(putting_off(failing(LOST, LOST, done=done)))
    row = world.ask()
    assert done == ["tried", "tried", "tried", "done"]
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


def test_where_the_database_stays_away_all_of_it_waits_in_order_for_its_return() -> None:
    first: list[str] = []
    second: list[str] = []
    world = World(
        putting_off(failing(*[LOST] * 3, done=first), failing(done=second), then=say("Seen"))
    )
    row = world.ask()
    assert row is not None
    assert (first, second, row.status) == (["tried"] * 3, [], CommandStatus.PROCESSING)
    assert world.discord.seen() == ["Seen"]
    world.answers.end_kept()
    assert (first[3:], second) == (["tried", "done"], ["tried", "done"])
    assert row.status is CommandStatus.COMPLETED


def test_what_the_database_will_not_take_holds_up_neither_the_rest_nor_the_row() -> None:
    first: list[str] = []
    second: list[str] = []
    refused = StoreError("settle", "23514", "a check failed")
    world = World(putting_off(failing(*[refused] * 3, done=first), failing(done=second)))
    row = world.ask()
    assert (first, second) == (["tried"] * 3, ["tried", "done"])
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


@pytest.mark.parametrize("code", ["22003", "23514"])
def test_what_the_database_will_never_take_is_let_go_and_said_to_be(
    log: CapturedLog, code: str
) -> None:
    done: list[str] = []
    refused = StoreError("settle", code, "it will never fit")
    world = World(putting_off(failing(*[refused] * 3, done=done)))
    world.ask()
    world.answers.end_kept()
    assert done == ["tried"] * 3
    (line,) = log.of("let_go")
    assert (line["level"], line["operation"], line["code"]) == ("ERROR", "settle", code)


def test_it_holds_up_nothing_of_what_waits_behind_it_either() -> None:
    first: list[str] = []
    second: list[str] = []
    refused = StoreError("settle", "22003", "it will never fit")
    world = World(putting_off(failing(*[LOST] * 3, refused, done=first), failing(done=second)))
    row = world.ask()
    world.answers.end_kept()
    world.answers.end_kept()
    assert (first, second) == (["tried"] * 4, ["tried", "done"])
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


def test_any_other_failure_of_it_is_logged_once_and_the_rest_is_done(log: CapturedLog) -> None:
    first: list[str] = []
    second: list[str] = []
    world = World(putting_off(failing(ZeroDivisionError("x"), done=first), failing(done=second)))
    row = world.ask()
    assert (first, second) == (["tried"], ["tried", "done"])
    assert [line["level"] for line in log.of("work_put_off_failed")] == ["ERROR"]
    assert row is not None
    assert row.status is CommandStatus.COMPLETED


def test_what_is_to_be_done_after_an_answer_at_once_is_done_with_the_ports() -> None:
    world = World(say("x"))
    seen: list[object] = []

    def keep(context: WorkContext) -> None:
        seen.append(
            (context.interaction.command_name, context.services.discord, context.message_ids())
        )
        context.background.submit(lambda: seen.append("and more"))

    world.answers.follow(Interaction.from_payload(slash("x").build()), keep)
    assert seen == [("x", world.discord, ()), "and more"]


def test_what_fails_of_it_is_logged_and_told_to_nobody(log: CapturedLog) -> None:
    def fall(_context: WorkContext) -> None:
        raise LOST

    world = World(say("x"))
    world.answers.follow(Interaction.from_payload(slash("x").build()), fall)
    assert len(log.of("work_put_off_failed")) == 1
    assert world.discord.calls == []
