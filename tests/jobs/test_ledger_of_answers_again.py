"""Answers that a later invocation gave are entries of the ledger as well."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lib.jobs.heartbeat import LEASE_SECONDS
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Outcome,
)
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel, Step, saying
from tests.fakes.clock import ManualClock
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import (
    ASKER,
    slash,
)

ASK = slash("ask", prompt="When is Halley back?")


class Died(BaseException):
    """The process ends where it stands."""


def die() -> None:
    raise Died


def left_over(*later: Sequence[Step], clock: ManualClock | None = None) -> Bot:
    """A bot whose model died over an /ask, long enough ago for another to try."""
    bot = Bot(ScriptedChatModel([die], *later), clock=clock)
    with pytest.raises(Died):
        bot.client.send(ASK)
    bot.clock.advance(LEASE_SECONDS + 1)
    return bot


def test_an_answer_that_a_later_invocation_gave_is_an_entry_with_that_invocations_time() -> None:
    clock = ManualClock()
    again = [lambda: clock.advance(2), *saying("In 2061.")]
    bot = left_over(again, clock=clock)
    bot.tick()
    (seen,) = bot.seen
    assert seen.startswith("In 2061.")
    ((_, entry),) = bot.watch.interactions
    assert (entry.command, entry.outcome, entry.deferred) == ("ask", Outcome.ANSWERED, True)
    assert (entry.acknowledged_ms, entry.margin_ms, entry.finished_ms) == (None, None, 2000)
    assert entry.user_id == ASKER


def test_one_that_failed_again_for_good_is_a_failure() -> None:
    failure = ChatModelError(ChatModelFailure.REFUSED_REQUEST, "400")
    bot = left_over([failure])
    bot.tick()
    ((_, entry),) = bot.watch.interactions
    assert entry.outcome is Outcome.FAILED


def test_one_that_may_yet_be_given_is_none_until_it_is() -> None:
    bot = left_over(saying("In 2061."), saying("In 2061."))
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, *[discord_error(503)] * 2)
    bot.tick()
    assert bot.watch.interactions == []
    bot.clock.advance(60)
    bot.tick()
    ((_, entry),) = bot.watch.interactions
    assert entry.outcome is Outcome.ANSWERED
