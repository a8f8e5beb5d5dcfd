"""What every run of /ask tells the account: so that nothing that was called goes uncounted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.chat.history import HISTORY_TOKENS
from lib.chat.tokens import estimate_tokens
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.ports import (
    CallOutcome,
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    QuotaExceeded,
    Reservation,
    Reserved,
    Settlement,
    StoreError,
)
from tests.bot import Bot
from tests.commands.asking import Talk, without_footer
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.chat_models import FixedModels
from tests.fakes.chat_store import MemoryChatStore
from tests.payloads import slash

AWAY = StoreError("any", "unreachable", "it is restarting")
LONG = "word " * 1000
BEFORE = HISTORY_TOKENS // estimate_tokens(LONG) + 1
"""So many long answers are too many for the next question to be told all of them."""


class Watched(MemoryChatStore):
    """A store that remembers what was reserved and what was settled."""

    def watch(self) -> Watched:
        self.reserved: list[Reservation] = []
        self.settled: list[Settlement] = []
        return self

    def reserve(self, reservation: Reservation) -> Reserved | QuotaExceeded:
        self.reserved.append(reservation)
        return super().reserve(reservation)

    def settle(self, settlement: Settlement) -> bool:
        is_new = super().settle(settlement)
        self.settled.append(settlement)
        return is_new


def watched(*models: ScriptedChatModel) -> tuple[Talk, Watched]:
    """A talk, and the store that it is kept in."""
    bot = without_footer(Bot(models=FixedModels(*models)))
    settings = bot.chat.settings
    chat = Watched(bot.clock, store=bot.store).watch()
    chat.settings = settings
    bot.chat = chat
    bot.services = replace(bot.services, chat=chat)
    return Talk(bot=bot), chat


def test_a_run_reserves_and_settles_under_one_number_whichever_model_answers() -> None:
    busy = ChatModelError(ChatModelFailure.OVERLOADED, "503")
    talk, chat = watched(
        ScriptedChatModel([busy], model="first"), ScriptedChatModel(saying("Hi."), model="second")
    )
    talk.ask()
    first, second = chat.reserved
    (settled,) = chat.settled
    assert first.run_id is not None
    assert first.run_id == second.run_id == settled.run_id
    assert (first.model, second.model) == ("first", "second")
    assert first.prompt_tokens > 0
    assert first.prompt_cost_usd is not None
    assert 0 < first.prompt_cost_usd < first.cost_usd


def test_each_run_of_a_command_has_a_number_of_its_own() -> None:
    def die() -> None:
        raise KeyboardInterrupt  # nothing in the code gets hold of it

    talk, chat = watched(
        ScriptedChatModel([CompletionChunk(text="In "), die], saying("In 2061."), model="first")
    )
    with pytest.raises(KeyboardInterrupt):
        talk.ask()
    talk.bot.clock.advance(LEASE_SECONDS + 1)
    talk.bot.tick()
    first, second = chat.reserved
    assert first.command_id == second.command_id
    assert first.run_id != second.run_id == chat.settled[-1].run_id


def test_a_summary_has_its_runs_number_too_and_counts_for_whom_it_is() -> None:
    for is_shared in (True, False):
        model = ScriptedChatModel(*[saying(LONG)] * BEFORE, saying("Short."), saying("Comets."))
        talk, chat = watched(model)
        talk.settle_in(shared=is_shared)
        for number in range(BEFORE):
            talk.ask(f"question {number}")
        talk.ask("one more")
        answer, summary = chat.reserved[-2:]
        assert answer.run_id == summary.run_id == chat.settled[-1].run_id
        assert answer.command_id != summary.command_id == chat.settled[-1].command_id
        assert (answer.for_place, summary.for_place) == (False, is_shared)
        assert (summary.answers, summary.model) == (0, "scripted")


def test_a_summary_whose_settlement_the_database_missed_is_counted_when_it_is_back() -> None:
    for misses in (1, 4):
        model = ScriptedChatModel(*[saying(LONG)] * BEFORE, saying("Short."), saying("Comets."))
        talk, chat = watched(model)
        for number in range(BEFORE):
            talk.ask(f"question {number}")
        chat.refuse("settle", None, *[AWAY] * misses)
        talk.ask("one more")
        talk.send(slash("ping"))  # with which comes what was kept
        (summary,) = [
            noted.call for noted in chat.calls if noted.call.purpose is CallPurpose.SUMMARY
        ]
        assert summary.usage.total_tokens == 30
        assert all(kept.settled_at is not None for kept in chat.reservations.values())


def test_what_somebody_else_sums_up_is_not_paid_for_twice() -> None:
    model = ScriptedChatModel(*[saying(LONG)] * BEFORE, saying("Short."))
    talk, chat = watched(model)
    for number in range(BEFORE):
        talk.ask(f"question {number}")
    (conversation,) = chat.conversations.values()
    newest = [each.place for each in chat.exchanges.values()][-2]
    assert chat.begin_summary(conversation_id=conversation.id, since=0, through=newest)
    assert talk.ask("one more").text == "Short."
    assert len(model.asked) == BEFORE + 1
    assert len(chat.reserved) == BEFORE + 1


def test_what_a_run_that_died_had_called_is_counted_beside_what_the_next_one_did() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    talk, chat = watched(ScriptedChatModel([CompletionChunk(text="In "), die], saying("In 2061.")))
    with pytest.raises(KeyboardInterrupt):
        talk.ask()
    talk.bot.clock.advance(LEASE_SECONDS + 1)
    talk.bot.tick()
    died, answered = (noted.call for noted in chat.calls)
    assert (died.outcome, died.estimated, answered.outcome) == (
        CallOutcome.FAILED,
        True,
        CallOutcome.COMPLETE,
    )
    assert died.usage.prompt_tokens == chat.reserved[0].prompt_tokens
    assert died.cost_usd == chat.reserved[0].prompt_cost_usd
    reading = chat.quotas.read(chat.reserved[0].place, "UTC")
    assert reading.answers_today == 1
    assert reading.tokens_today == died.usage.total_tokens + answered.usage.total_tokens
