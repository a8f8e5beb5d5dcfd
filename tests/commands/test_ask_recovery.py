"""/ask when the database, Discord or the process itself fails: its user is answered once."""

from __future__ import annotations

import pytest

from lib.jobs.heartbeat import LEASE_SECONDS
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CommandStatus,
    CompletionChunk,
    StoreError,
)
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.commands.asking import ASK, REQUESTS_AT_MOST, without_footer
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import slash


def test_the_answer_comes_though_the_database_is_down(log: CapturedLog) -> None:
    bot = Bot(ScriptedChatModel(saying("Long. " * 800)), output=log.output)
    bot.store.is_down = True
    bot.client.send(ASK)
    assert "".join(bot.seen).startswith("Long. Long.")
    assert '"event": "not_recorded"' in log.text


@pytest.mark.parametrize(
    "operation",
    [
        "begin_command",
        "renew_command",
        "complete_command",
        "fail_command",
        "claim_commands",
    ],
)
def test_one_fault_of_the_database_costs_no_answer_and_is_logged_with_its_cause(
    log: CapturedLog, operation: str
) -> None:
    long_answer = saying("Long. " * 800)
    failure = ChatModelError(ChatModelFailure.OVERLOADED, "503")
    script = [failure] if operation == "fail_command" else long_answer
    model = ScriptedChatModel(*[script] * REQUESTS_AT_MOST)
    bot = Bot(model, output=log.output)
    bot.store.refuse(operation, StoreError(operation, "42501", "permission denied"))
    bot.client.send(ASK)
    assert bot.seen
    assert '"code": "42501"' in log.text
    assert f'"operation": "{operation}"' in log.text


def test_an_answer_that_discord_will_not_take_ends_the_row_for_good() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(401, 50027))
    bot.client.send(ASK)
    (row,) = bot.store.rows.values()
    assert row.status is CommandStatus.FAILED
    assert row.last_error is not None
    assert ASK.token not in row.last_error


def test_an_answer_that_did_not_reach_discord_is_tried_again_by_the_next_tick() -> None:
    bot = without_footer(Bot(ScriptedChatModel(saying("Hello."))))
    # The one edit while it streams, and the last one.
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(0), discord_error(503))
    bot.client.send(ASK)
    assert [row.status for row in bot.store.rows.values()] == [CommandStatus.PENDING]
    assert bot.seen == []
    bot.clock.advance(10)
    assert bot.tick() == 200
    assert bot.seen == ["Hello."]
    assert len(bot.chat.calls) == 1, "it was asked for again"
    answers = [row for row in bot.store.rows.values() if row.command == "answer"]
    assert [row.status for row in answers] == [CommandStatus.COMPLETED]


@pytest.mark.parametrize("next_call", ["a command", "a tick"])
def test_an_answer_given_while_the_database_was_away_is_not_given_again(next_call: str) -> None:
    bot = without_footer(Bot(ScriptedChatModel(saying("Hello."))))
    lost = StoreError("complete_command", "unreachable", "it is restarting")
    bot.store.refuse("complete_command", lost, lost, lost)
    bot.client.send(ASK)
    bot.clock.advance(LEASE_SECONDS + 1)
    if next_call == "a command":
        bot.client.send(slash("ping"))
    else:
        assert bot.tick() == 200
    assert bot.seen == ["Hello."]
    assert len(bot.discord.bodies()) == 1
    answers = [row for row in bot.store.rows.values() if row.command == "answer"]
    assert [row.status for row in answers] == [CommandStatus.COMPLETED]


def test_an_answer_whose_process_died_is_given_by_the_next_invocation() -> None:
    def die() -> None:
        raise KeyboardInterrupt  # nothing in the code gets hold of it

    bot = Bot(
        ScriptedChatModel(
            [CompletionChunk(text="A sentence. " * 300), die],
            saying("Another answer, shorter. " * 90),
        )
    )
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    assert len(bot.seen) == 2
    bot.clock.advance(LEASE_SECONDS + 1)
    bot.client.send(slash("ping"))
    assert "".join(bot.seen).startswith("Another answer")
    assert len(bot.seen) == 2
    assert bot.discord.kinds().count(CallKind.CREATE_FOLLOW_UP) == 1


def test_a_repeat_that_is_shorter_removes_the_follow_ups_that_are_too_many() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    model = ScriptedChatModel([CompletionChunk(text="A sentence. " * 600), die], saying("Short."))
    bot = without_footer(Bot(model))
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    assert len(bot.seen) == 4
    bot.clock.advance(LEASE_SECONDS + 1)
    assert bot.tick() == 200
    assert bot.seen == ["Short."]


def test_after_a_quarter_of_an_hour_a_leftover_is_not_answered_any_more() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    bot = Bot(ScriptedChatModel([die]))
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    bot.clock.advance(15 * 60)
    assert bot.tick() == 200
    (row,) = [row for row in bot.store.rows.values() if row.command == "answer"]
    assert (row.status, row.failure_reason) == ("failed", "expired")
    assert row.token is None


def test_an_answer_that_is_given_again_is_one_exchange_and_counts_once() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    bot = Bot(ScriptedChatModel([CompletionChunk(text="Hel"), die], saying("Hello.")))
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    assert [each.answer for each in bot.chat.exchanges.values()] == [None]
    bot.clock.advance(LEASE_SECONDS + 1)
    assert bot.tick() == 200
    assert [each.answer for each in bot.chat.exchanges.values()] == ["Hello."]
    lost, kept = bot.chat.reservations.values()
    assert (lost.lost, lost.answered, kept.answered) == (True, False, True)
    assert bot.chat.quotas.used_days[kept.user_id, kept.day].answers == 1
