"""What every ChatStore keeps to where a command runs more than once: all of it counts, once."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from lib.ports import (
    CallOutcome,
    CallPurpose,
    Limits,
    Question,
    QuotaLimit,
    Reservation,
    Reserved,
    Usage,
)
from tests.services.chat_steps import (
    ANNA,
    DIRECT,
    GUILD,
    ZONE,
    answer,
    ask,
    call,
    question,
    questions,
    refused,
    reservation,
    settlement,
)
from tests.services.chat_worlds import ChatWorld

PRICE = Decimal("0.002")


def run_of(command_id: UUID, asked: Question | None = None, **changes: object) -> Reservation:
    """A run of the command, which tells what it is going to call."""
    fields: dict[str, object] = {
        "command_id": command_id,
        "run_id": uuid4(),
        "question": asked,
        "model": "gemini-3",
        "prompt_tokens": 400,
        "prompt_cost_usd": PRICE,
    }
    return reservation(ANNA, **{**fields, **changes})


def used(world: ChatWorld) -> tuple[int, int, Decimal]:
    """Anna's answers and tokens of today, and what her guild has cost this month."""
    reading = world.chat.read_quota(ANNA, zone=ZONE)
    return reading.answers_today, reading.tokens_today, reading.cost_usd_this_month


def allow(world: ChatWorld, answers: int) -> None:
    limits = Limits(answers_a_day=answers, tokens_a_day=None, budget_usd_a_month=None)
    world.chat.change_limits(scope=GUILD, limits=limits)


class TestARunThatDied:
    def test_what_it_had_asked_counts_when_the_command_runs_again(
        self, chat_world: ChatWorld
    ) -> None:
        chat, command_id = chat_world.chat, uuid4()
        asked = question()
        chat.reserve(run_of(command_id, asked))
        second = run_of(command_id, asked, tokens=1000, cost_usd=Decimal("0.01"))
        assert chat.reserve(second) == Reserved()
        assert used(chat_world) == (1, 1400, PRICE + Decimal("0.01"))
        assert chat_world.usage() == [
            {
                "guild_id": GUILD, "user_id": "301", "command_id": command_id,
                "model": "gemini-3", "purpose": "answer", "outcome": "failed", "estimated": True,
                "prompt_tokens": 400, "completion_tokens": 0, "total_tokens": 400,
                "cost_usd": PRICE,
            }
        ]  # fmt: skip
        chat.settle(settlement(second, run_id=second.run_id, answer=answer(asked.exchange_id)))
        assert used(chat_world) == (1, 430, PRICE + Decimal("0.000123"))
        assert questions(chat) == [asked.text]

    def test_each_of_several_counts_once_and_together_they_are_one_answer(
        self, chat_world: ChatWorld
    ) -> None:
        command_id, asked = uuid4(), question()
        for _ in range(3):
            assert chat_world.chat.reserve(run_of(command_id, asked)) == Reserved()
        assert [row["total_tokens"] for row in chat_world.usage()] == [400, 400]
        allow(chat_world, 1)
        assert chat_world.chat.reserve(run_of(command_id, asked)) == Reserved()
        assert len(chat_world.usage()) == 3

    def test_where_the_next_run_is_refused_it_counts_and_leaves_no_question(
        self, chat_world: ChatWorld
    ) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        chat.reserve(run_of(command_id, asked))
        none = Limits(answers_a_day=None, tokens_a_day=0, budget_usd_a_month=None)
        chat.change_limits(scope=GUILD, limits=none)
        assert refused(chat.reserve(run_of(command_id, asked))).limit is QuotaLimit.TOKENS
        assert used(chat_world) == (1, 400, PRICE)
        late = settlement(run_of(command_id), answer=answer(asked.exchange_id))
        chat.settle(late)
        assert questions(chat) == []

    def test_if_it_was_only_slow_its_true_calls_take_the_place_of_the_estimate(
        self, chat_world: ChatWorld
    ) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first, second = run_of(command_id, asked), run_of(command_id, asked)
        chat.reserve(first)
        chat.reserve(second)
        slow = settlement(
            first, run_id=first.run_id, calls=(call(90),), answer=answer(asked.exchange_id, "slow")
        )
        assert [chat.settle(slow) for _ in range(2)] == [True, False]
        quick = settlement(second, run_id=second.run_id, answer=answer(asked.exchange_id, "quick"))
        assert [chat.settle(quick) for _ in range(2)] == [True, False]
        assert used(chat_world) == (1, 120, 2 * Decimal("0.000123"))
        assert [row["total_tokens"] for row in chat_world.usage()] == [90, 30]
        (exchange,) = chat.open_chat(ANNA, command_id=uuid4()).exchanges
        assert exchange.answer == "quick"

    def test_a_slow_one_takes_nothing_of_the_answer_that_is_there(
        self, chat_world: ChatWorld
    ) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first, second = run_of(command_id, asked), run_of(command_id, asked)
        chat.reserve(first)
        chat.reserve(second)
        there = answer(asked.exchange_id, "there")
        chat.settle(settlement(second, run_id=second.run_id, answer=there))
        slow = settlement(first, run_id=first.run_id, answer=answer(asked.exchange_id, "slow"))
        assert chat.settle(slow) is True
        (exchange,) = chat.open_chat(ANNA, command_id=uuid4()).exchanges
        assert exchange.answer == "there"
        assert used(chat_world)[:2] == (1, 60)

    def test_what_is_slow_and_failed_leaves_the_question_of_the_next_run_alone(
        self, chat_world: ChatWorld
    ) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first, second = run_of(command_id, asked), run_of(command_id, asked)
        chat.reserve(first)
        chat.reserve(second)
        chat.settle(settlement(first, run_id=first.run_id, calls=()))
        chat.settle(settlement(second, run_id=second.run_id, answer=answer(asked.exchange_id)))
        assert questions(chat) == [asked.text]
        assert used(chat_world)[:2] == (1, 30)

    def lost_and_next(self, world: ChatWorld) -> tuple[Reservation, Reservation]:
        """A run that is thought lost, and the one that goes on."""
        command_id, asked = uuid4(), question()
        runs = run_of(command_id, asked), run_of(command_id, asked)
        for run in runs:
            assert world.chat.reserve(run) == Reserved()
        return runs

    def settle(
        self, world: ChatWorld, run: Reservation, tokens: int, *, answered: bool = False
    ) -> None:
        assert run.question is not None
        kept = answer(run.question.exchange_id) if answered else None
        calls = (call(tokens, cost_usd=Decimal(0), outcome=CallOutcome.FAILED),)
        world.chat.settle(settlement(run, run_id=run.run_id, calls=calls, answer=kept))

    def test_what_cost_nothing_in_truth_counts_for_nothing(self, chat_world: ChatWorld) -> None:
        first, second = self.lost_and_next(chat_world)
        self.settle(chat_world, first, 0)
        allow(chat_world, 1)
        other = run_of(uuid4(), question())
        assert refused(chat_world.chat.reserve(other)).limit is QuotaLimit.ANSWERS
        self.settle(chat_world, second, 0)
        assert used(chat_world) == (0, 0, Decimal(0))

    def test_nor_where_the_next_run_was_over_before(self, chat_world: ChatWorld) -> None:
        first, second = self.lost_and_next(chat_world)
        self.settle(chat_world, second, 0)
        assert used(chat_world) == (1, 400, PRICE)
        self.settle(chat_world, first, 0)
        assert used(chat_world) == (0, 0, Decimal(0))

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    @pytest.mark.parametrize("second", [(0, "answered"), (30, ""), (30, "answered")])
    def test_the_next_run_counts_for_itself(
        self, chat_world: ChatWorld, second: tuple[int, str], order: tuple[int, int]
    ) -> None:
        runs, ends = self.lost_and_next(chat_world), ((0, ""), second)
        for each in order:
            tokens, answered = ends[each]
            self.settle(chat_world, runs[each], tokens, answered=bool(answered))
        assert used(chat_world) == (1, second[0], Decimal(0))

    def test_of_several_the_last_to_say_so_takes_the_count_back(
        self, chat_world: ChatWorld
    ) -> None:
        first, second = self.lost_and_next(chat_world)
        third = run_of(first.command_id, first.question)
        chat_world.chat.reserve(third)
        self.settle(chat_world, first, 0)
        self.settle(chat_world, third, 0)
        assert used(chat_world) == (1, 400, PRICE)
        self.settle(chat_world, second, 0)
        assert used(chat_world) == (0, 0, Decimal(0))

    def test_one_that_asked_nobody_counts_for_nothing(self, chat_world: ChatWorld) -> None:
        command_id = uuid4()
        chat_world.chat.reserve(run_of(command_id, prompt_tokens=0))
        chat_world.chat.reserve(run_of(command_id, tokens=0, cost_usd=Decimal(0)))
        assert chat_world.usage() == []
        assert used(chat_world) == (1, 0, Decimal(0))

    def test_a_price_that_nobody_knows_is_none(self, chat_world: ChatWorld) -> None:
        command_id = uuid4()
        for _ in range(2):
            chat_world.chat.reserve(run_of(command_id, prompt_cost_usd=None))
        (row,) = chat_world.usage()
        assert (row["cost_usd"], row["total_tokens"]) == (None, 400)

    def test_another_model_in_the_same_run_is_no_other_run(self, chat_world: ChatWorld) -> None:
        first = run_of(uuid4())
        chat_world.chat.reserve(first)
        again = run_of(first.command_id, run_id=first.run_id, model="other", prompt_tokens=900)
        chat_world.chat.reserve(again)
        assert chat_world.usage() == []
        chat_world.chat.reserve(run_of(first.command_id))
        assert [row["model"] for row in chat_world.usage()] == ["other"]


class TestARunWithoutAnAnswer:
    def test_the_next_one_counts_as_well(self, chat_world: ChatWorld) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first, second = run_of(command_id, asked), run_of(command_id, asked)
        chat.reserve(first)
        assert chat.settle(settlement(first, run_id=first.run_id)) is True
        allow(chat_world, 1)
        assert chat.reserve(second) == Reserved()
        kept = answer(asked.exchange_id)
        assert chat.settle(settlement(second, run_id=second.run_id, answer=kept)) is True
        assert chat.settle(settlement(first, run_id=first.run_id)) is False
        assert used(chat_world) == (1, 60, 2 * Decimal("0.000123"))
        assert questions(chat) == [asked.text]

    def test_it_is_held_to_the_limits(self, chat_world: ChatWorld) -> None:
        command_id = uuid4()
        first = run_of(command_id)
        chat_world.chat.reserve(first)
        chat_world.chat.settle(settlement(first, run_id=first.run_id))
        limits = Limits(answers_a_day=None, tokens_a_day=50, budget_usd_a_month=None)
        chat_world.chat.change_limits(scope=GUILD, limits=limits)
        said = refused(chat_world.chat.reserve(run_of(command_id)))
        assert said.limit is QuotaLimit.TOKENS

    def test_after_one_with_an_answer_nothing_is_reserved(self, chat_world: ChatWorld) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first = run_of(command_id, asked)
        chat.reserve(first)
        chat.settle(settlement(first, run_id=first.run_id, answer=answer(asked.exchange_id)))
        before = used(chat_world)
        assert chat.reserve(run_of(command_id, asked)) == Reserved()
        assert used(chat_world) == before
        settled = chat.open_chat(ANNA, command_id=command_id).settled
        assert settled is not None
        assert settled.id == asked.exchange_id


class TestForThePlace:
    def test_a_shared_summary_costs_its_guild_and_no_user(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        limits = Limits(answers_a_day=0, tokens_a_day=0, budget_usd_a_month=Decimal("0.01"))
        chat.change_limits(scope=GUILD, limits=limits)
        shared = run_of(uuid4(), answers=0, for_place=True)
        assert chat.reserve(shared) == Reserved()
        assert used(chat_world) == (0, 0, Decimal("0.01"))
        over = run_of(uuid4(), answers=0, for_place=True)
        assert refused(chat.reserve(over)).limit is QuotaLimit.BUDGET
        calls = (call(30, purpose=CallPurpose.SUMMARY),)
        chat.settle(settlement(shared, run_id=shared.run_id, calls=calls))
        assert used(chat_world) == (0, 0, Decimal("0.000123"))

    def test_no_user_has_it_among_what_they_used(self, chat_world: ChatWorld) -> None:
        chat, shared = chat_world.chat, run_of(uuid4(), answers=0, for_place=True)
        chat.reserve(shared)
        calls = (call(30, purpose=CallPurpose.SUMMARY),)
        chat.settle(settlement(shared, run_id=shared.run_id, calls=calls))
        assert [row["user_id"] for row in chat_world.usage()] == [None]
        assert chat.read_usage(user_id="301", guild_id=None, zone=ZONE, days=1) == ()
        (day,) = chat.read_usage(user_id=None, guild_id=GUILD, zone=ZONE, days=1)
        assert day.total_tokens == 30
        chat_world.store.delete_user_data(user_id="301")
        assert len(chat_world.usage()) == 1

    def test_nor_one_that_died_or_was_only_slow(self, chat_world: ChatWorld) -> None:
        chat, command_id = chat_world.chat, uuid4()
        slow, next_one = (run_of(command_id, answers=0, for_place=True) for _ in range(2))
        chat.reserve(slow)
        chat.reserve(next_one)
        assert [row["user_id"] for row in chat_world.usage()] == [None]
        calls = (call(30, purpose=CallPurpose.SUMMARY),)
        chat.settle(settlement(slow, run_id=slow.run_id, calls=calls))
        assert [(row["user_id"], row["total_tokens"]) for row in chat_world.usage()] == [(None, 30)]

    def test_also_where_it_died(self, chat_world: ChatWorld) -> None:
        command_id = uuid4()
        for _ in range(2):
            summary = run_of(command_id, answers=0, for_place=True, cost_usd=Decimal(0))
            chat_world.chat.reserve(summary)
        assert used(chat_world) == (0, 0, PRICE)
        assert [row["purpose"] for row in chat_world.usage()] == ["summary"]


class TestWhoIsForgotten:
    def test_a_command_that_is_answered_is_not_answered_again(self, chat_world: ChatWorld) -> None:
        chat, command_id, asked = chat_world.chat, uuid4(), question()
        first = run_of(command_id, asked)
        chat.reserve(first)
        settled = settlement(first, run_id=first.run_id, answer=answer(asked.exchange_id))
        chat.settle(settled)
        chat_world.let_pass(3600)
        chat_world.store.delete_user_data(user_id="301")
        assert chat.settle(settled) is False
        assert chat.reserve(run_of(command_id, asked)) == Reserved()
        assert chat_world.usage() == []
        assert used(chat_world) == (1, 30, Decimal("0.000123"))

    def test_a_run_of_theirs_that_died_counts_and_is_not_told(self, chat_world: ChatWorld) -> None:
        chat_world.chat.reserve(run_of(uuid4(), question()))
        chat_world.let_pass(3600)
        counts = chat_world.store.delete_user_data(user_id="301")
        assert counts["reservations"] == 1
        assert chat_world.usage() == []
        assert used(chat_world) == (1, 400, PRICE)
        assert chat_world.store.delete_user_data(user_id="301")["reservations"] == 0


class TestCounts:
    @pytest.mark.parametrize("tokens", [2**31, 2**40, 2**70, -5])
    def test_a_mad_count_does_not_keep_an_answer_from_being_settled(
        self, chat_world: ChatWorld, tokens: int
    ) -> None:
        chat, begun = chat_world.chat, reservation(DIRECT, question=question())
        assert begun.question is not None
        chat.reserve(begun)
        mad = call(usage=Usage(tokens, tokens, tokens))
        kept = answer(begun.question.exchange_id, tokens=2**31)
        assert chat.settle(settlement(begun, calls=(mad, mad), answer=kept)) is True
        told = min(max(tokens, 0), 2**31 - 1)
        assert [row["total_tokens"] for row in chat_world.usage()] == [told, told]
        assert chat.read_quota(DIRECT, zone=ZONE).tokens_today == 2 * told
        (exchange,) = chat.open_chat(DIRECT, command_id=uuid4()).exchanges
        assert exchange.tokens == 2**31 + 5

    def test_what_has_no_price_is_told_beside_the_sum(self, chat_world: ChatWorld) -> None:
        begun = reservation()
        unused = call(0, cost_usd=None)
        calls = (call(30), call(30, cost_usd=None), unused, call(30, cost_usd=Decimal(0)))
        chat_world.chat.settle(settlement(begun, calls=calls))
        (day,) = chat_world.chat.read_usage(user_id="301", guild_id=None, zone=ZONE, days=1)
        assert (day.calls, day.unpriced_calls, day.cost_usd) == (4, 1, Decimal("0.000123"))

    def test_an_exchange_says_who_answered(self, chat_world: ChatWorld) -> None:
        ask(chat_world.chat, "first")
        (exchange,) = chat_world.chat.open_chat(ANNA, command_id=uuid4()).exchanges
        assert exchange.model == "gemini-3"
