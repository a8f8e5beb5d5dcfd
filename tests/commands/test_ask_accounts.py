"""What a hundred conversations cost: to the token what the models said it was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from lib.ports import (
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    CompletionChunk,
    FinishReason,
    Limits,
    ModelCard,
    StoreError,
    Usage,
)
from tests.bot import Bot
from tests.commands.asking import Talk
from tests.fakes.chat_model import ScriptedChatModel, Step
from tests.fakes.chat_models import FixedModels, FixedPrices, card
from tests.payloads import GUILD, slash

CONVERSATIONS = 100
QUESTIONS = 3
BUSY = (ChatModelFailure.RATE_LIMITED, ChatModelFailure.OVERLOADED, ChatModelFailure.UNREACHABLE)
UNLIMITED = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)


@dataclass
class Provider:
    """Scripts of a model that counts, and what it has counted in those that were played."""

    name: str
    random: random.Random
    counted: list[Usage] = field(default_factory=list)

    def scripts(self) -> list[list[Step]]:
        return [self.script() for _ in range(3 * CONVERSATIONS * QUESTIONS)]

    def usage(self) -> Usage:
        prompt, completion = self.random.randint(1, 3000), self.random.randint(1, 900)
        # With what providers count beside the two, as for tools.
        return Usage(prompt, completion, prompt + completion + self.random.choice([0, 0, 7]))

    def script(self) -> list[Step]:
        """A whole answer, one that breaks off, or a failure that had its price."""
        usage = self.usage()
        text = CompletionChunk(text="word " * self.random.randint(1, 400))
        ends: list[list[Step]] = [
            [CompletionChunk(usage=usage, finish=FinishReason.STOP)],
            [CompletionChunk(usage=usage, finish=FinishReason.MAX_TOKENS)],
            [ChatModelError(ChatModelFailure.TIMED_OUT, "late", usage=usage)],
        ]
        failures: list[ChatModelFailure] = [*BUSY, ChatModelFailure.BLOCKED, ChatModelFailure.EMPTY]
        counts: Step = lambda: self.counted.append(usage)  # noqa: E731 - a step of the script
        if self.random.random() < 0.35:
            failure = self.random.choice(failures)
            return [counts, ChatModelError(failure, "as scripted", usage=usage)]
        partly = [CompletionChunk(usage=Usage(usage.prompt_tokens, 0, usage.prompt_tokens))]
        return [counts, *partly, text, *self.random.choice(ends)]


def total(usages: Sequence[Usage]) -> tuple[int, int, int]:
    return (
        sum(usage.prompt_tokens for usage in usages),
        sum(usage.completion_tokens for usage in usages),
        sum(usage.total_tokens for usage in usages),
    )


def small(name: str) -> ModelCard:
    return replace(card(name), context_tokens=2_000, output_tokens=500)


@pytest.mark.parametrize("seed", [1, 2])
def test_usage_and_cost_are_what_the_models_counted_retries_fallbacks_and_summaries_included(
    seed: int,
) -> None:
    chance = random.Random(seed)
    providers = [Provider(name, chance) for name in ("first", "second")]
    models = [ScriptedChatModel(*each.scripts(), model=each.name) for each in providers]
    # With room for little, so that summaries are needed.
    cards = [small(each.name) for each in providers]
    talk = Talk(bot=Bot(models=FixedModels(*models, cards=cards), TIMEZONE="UTC"))
    talk.chat.change_limits(scope=GUILD, limits=UNLIMITED)
    for _ in range(QUESTIONS):
        for number in range(CONVERSATIONS):
            talk.send(slash("ask", prompt=f"question {number}").by(str(10_000 + number)))
            talk.bot.clock.advance(chance.choice([0, 20]))

    calls = [noted.call for noted in talk.chat.calls]
    for provider in providers:
        noted = [call.usage for call in calls if call.model == provider.name]
        assert len(noted) == len(provider.counted) > 20
        assert total(noted) == total(provider.counted)
    counted = [usage for provider in providers for usage in provider.counted]
    assert not any(call.estimated for call in calls)
    prices = FixedPrices()
    cost = sum(
        (
            prices.cost_usd(card(), usage, at=talk.bot.clock.now()) or Decimal(0)
            for usage in counted
        ),
        Decimal(0),
    )
    assert sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0)) == cost
    purposes = [call.purpose for call in calls]
    assert purposes.count(CallPurpose.SUMMARY) > 5
    # The tables, the quotas and /usage count alike.
    rows = talk.bot.store.tables.gemini_usage
    assert sum(int(str(row["total_tokens"])) for row in rows) == total(counted)[2]
    place = ChatPlace(guild_id=GUILD, channel_id="1", user_id="10000")
    assert talk.chat.quotas.read(place, "UTC").cost_usd_this_month == cost
    days = talk.chat.read_usage(user_id=None, guild_id=GUILD, zone="UTC", days=30)
    assert sum(day.total_tokens for day in days) == total(counted)[2]
    assert all(kept.settled_at is not None for kept in talk.chat.reservations.values())
    assert len({noted.command_id for noted in talk.chat.calls}) == len(talk.chat.reservations)


def test_each_answer_is_billed_once_however_often_its_settlement_is_tried() -> None:
    lost = StoreError("settle", "answer", "the answer was lost")
    usage = Usage(100, 50, 150)
    talk = Talk([CompletionChunk(text="Hi", usage=usage, finish=FinishReason.STOP)])
    talk.chat.refuse("settle", lost, lost)
    talk.ask()
    (noted,) = talk.chat.calls
    assert noted.call.usage == usage
