"""Refusals that are nobody else's business, and answers that stay where nothing came of another."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from lib.interactions.command import (
    Progress,
    Reply,
    WorkContext,
)
from lib.interactions.dispatch import Dispatcher
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.jobs.answer import DeferredAnswers
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.locales import Text
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CommandStatus,
    FailureReason,
    InteractionWebhook,
)
from lib.settings import Settings
from tests.captured_log import CapturedLog
from tests.fakes.discord import CallKind, RecordingDiscord, discord_error
from tests.fakes.services import services_of
from tests.jobs.answering import LOST, NOT_NOW, Run, World, say
from tests.payloads import APPLICATION_ID, press, slash

EDIT, DELETE = CallKind.EDIT_ORIGINAL, CallKind.DELETE_ORIGINAL
CREATE = CallKind.CREATE_FOLLOW_UP


def refuse(_context: WorkContext) -> Reply:
    raise NOT_NOW


def flags(world: World) -> list[object]:
    return [body.get("flags", 0) for body in world.discord.bodies()]


def test_a_private_refusal_takes_the_place_of_the_answer_that_all_would_have_seen() -> None:
    world = World(refuse)
    row = world.ask()
    assert world.discord.kinds() == [DELETE, CREATE]
    assert (world.discord.seen(), flags(world)) == (["Not now."], [64])
    assert row is not None
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "Not now.")
    assert row.failure_reason is FailureReason.REFUSED


def fall(_context: WorkContext) -> Reply:
    raise ZeroDivisionError


def fail(_context: WorkContext) -> Reply:
    error = UserFacingError(NOT_NOW.text, private=True)
    raise error from ChatModelError(ChatModelFailure.OVERLOADED, "503")


@pytest.mark.parametrize("run", [fall, fail], ids=["ours", "a model's"])
def test_a_fault_looks_like_one_though_the_user_is_told_of_it(run: Run) -> None:
    row = World(run).ask()
    assert row is not None
    assert row.failure_reason is FailureReason.ERROR


def asked_again_at_once(world: World) -> list[str]:
    """What is seen of a second question, sent at the moment of the first."""
    world.ask()
    again = slash("x").numbered(2)
    world.ask(again)
    return world.discord.seen(again.token)


def test_who_was_refused_need_not_wait_for_the_next_try() -> None:
    assert asked_again_at_once(World(refuse, cooldown=30)) == ["Not now."]


def refuse_late(_context: WorkContext) -> Reply:
    error = UserFacingError(Text(en="No key.", ja="キーがありません。"), private=True)
    error.came_late = True
    raise error


def refuse_before_all(_context: WorkContext) -> Reply:
    raise UserFacingError(Text(en="No.", ja="できません。"))


@pytest.mark.parametrize("run", [refuse_late, refuse_before_all, fall, say("Yes.")])
def test_who_was_served_or_kept_others_busy_waits(run: Run) -> None:
    (told,) = asked_again_at_once(World(run, cooldown=30))
    assert "you can ask again in 30 s" in told


def test_who_asks_too_often_waits_as_long_as_before() -> None:
    world = World(say("x"), cooldown=30)
    world.ask()
    world.clock.advance(10)
    world.ask(slash("x").numbered(2))
    assert "end_cooldown" not in world.store.calls


def test_a_pause_that_cannot_be_given_back_costs_nothing_else(log: CapturedLog) -> None:
    world = World(refuse, cooldown=30)
    world.store.refuse("end_cooldown", LOST)
    row = world.ask()
    assert world.discord.seen() == ["Not now."]
    assert row is not None
    assert row.failure_reason is FailureReason.REFUSED
    assert len(log.of("not_recorded")) == 1


def test_who_asks_again_too_soon_is_told_apart() -> None:
    world = World(say("x"), cooldown=30)
    world.ask()
    world.discord = RecordingDiscord()
    services = services_of(world.clock, store=world.store, discord=world.discord)
    answers = DeferredAnswers(services, Dispatcher(world, Settings(), world.clock))
    payload = slash("x").numbered(2).build()
    told = answers.answer(Interaction.from_payload(payload), world.deferred, b"{}")
    assert isinstance(told, UserFacingError)
    assert world.discord.seen() == ["A moment, please: you can ask again in 30 s."]
    assert flags(world) == [64]


def test_where_only_the_asker_sees_the_answer_the_refusal_stands_in_its_place() -> None:
    world = World(refuse, ephemeral=True)
    world.ask()
    assert world.discord.kinds() == [EDIT]
    assert world.discord.seen() == ["Not now."]


def test_a_refusal_after_something_was_shown_takes_its_place() -> None:
    def break_off(context: WorkContext) -> Generator[Progress | None]:
        yield Message(content="On")
        refuse(context)

    world = World(break_off)
    world.ask()
    assert world.discord.kinds() == [EDIT, EDIT]
    assert world.discord.seen() == ["Not now."]


@pytest.mark.parametrize("error", [NOT_NOW, ZeroDivisionError("x")], ids=["refused", "a fault"])
def test_an_answer_that_should_have_been_replaced_stays_where_nothing_comes_of_it(
    error: Exception,
) -> None:
    def fall(_context: WorkContext) -> Reply:
        raise error

    world = World(fall, replaces=True)
    world.ask(press("x:do"))
    assert world.discord.kinds() == [CREATE]
    assert flags(world) == [64]


def test_a_response_that_cannot_be_taken_away_is_edited() -> None:
    world = World(refuse)
    world.discord.refuse(DELETE, discord_error(500))
    world.ask()
    assert world.discord.kinds() == [DELETE, EDIT]
    assert world.discord.seen() == ["Not now."]


def test_a_message_that_was_lost_on_its_way_is_sent_once_more() -> None:
    world = World(refuse)
    world.discord.refuse(CREATE, discord_error(0))
    world.ask()
    assert world.discord.kinds() == [DELETE, CREATE, CREATE]
    assert world.discord.seen() == ["Not now."]


def test_who_can_be_told_in_no_way_is_noted(log: CapturedLog) -> None:
    world = World(refuse)
    world.discord.refuse(CREATE, discord_error(404, 10015))
    row = world.ask()
    assert world.discord.seen() == []
    assert len(log.of("user_not_told")) == 1
    assert row is not None
    assert row.status is CommandStatus.FAILED


@pytest.mark.parametrize(
    ("run", "reason"), [(refuse, FailureReason.REFUSED), (fail, FailureReason.ERROR)]
)
def test_a_refusal_that_was_told_is_not_told_again_by_the_next_run(
    run: Run, reason: FailureReason
) -> None:
    world = World(run)
    world.store.refuse("fail_command", *[LOST] * 3)  # as if the invocation had died there
    row = world.ask()
    assert row is not None
    assert row.progress == {reason.value: "Not now."}
    world.clock.advance(LEASE_SECONDS + 1)
    (claimed,) = world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60)
    assert world.answers.answer_again(claimed) is False
    assert world.discord.seen() == ["Not now."]
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "Not now.")
    assert row.failure_reason is reason


def test_a_refusal_that_was_not_told_before_the_end_is_told_by_the_next_run() -> None:
    world = World(refuse)
    world.store.insert("answer")
    (row,) = world.store.rows.values()
    row.token, row.interaction = slash("x").token, slash("x").build()
    world.discord.delete_original(InteractionWebhook(APPLICATION_ID, slash("x").token))
    (claimed,) = world.store.claim_commands(kinds=["answer"], limit=1, lease_seconds=60)
    world.answers.answer_again(claimed)
    assert (world.discord.seen(), flags(world)) == (["Not now."], [64])
