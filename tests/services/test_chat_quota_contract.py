"""What every ChatStore keeps to, in memory and on PostgREST: limits, and what is used of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from lib.ports import (
    CallOutcome,
    CallPurpose,
    ChatPlace,
    Limits,
    QuotaLimit,
    Reserved,
    StoreError,
    Usage,
)
from tests.services.chat_steps import (
    ANNA,
    BEN,
    DIRECT,
    GUILD,
    ZONE,
    answer,
    call,
    question,
    questions,
    refused,
    reservation,
    settlement,
)
from tests.services.chat_worlds import ChatWorld

DEFAULT = Limits(answers_a_day=100, tokens_a_day=400_000, budget_usd_a_month=Decimal(5))
NONE = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)
OTHER_GUILD = ChatPlace(guild_id="1180000000000000101", channel_id="500", user_id="301")
NOT_COUNTED = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)


def limit(
    world: ChatWorld,
    scope: str = GUILD,
    *,
    answers: int | None = None,
    tokens: int | None = None,
    budget: str | None = None,
) -> None:
    world.chat.change_limits(
        scope=scope,
        limits=Limits(
            answers_a_day=answers,
            tokens_a_day=tokens,
            budget_usd_a_month=None if budget is None else Decimal(budget),
        ),
    )


def midnight(world: ChatWorld, zone: str = ZONE) -> datetime:
    """The next one there."""
    today = world.now().astimezone(ZoneInfo(zone)).date()
    return datetime.combine(today + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))


def first_of_next_month(world: ChatWorld, zone: str = ZONE) -> datetime:
    today = world.now().astimezone(ZoneInfo(zone)).date()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, datetime.min.time(), ZoneInfo(zone))


class TestLimits:
    def test_there_are_some_from_the_start(self, chat_world: ChatWorld) -> None:
        for place in (ANNA, DIRECT):
            reading = chat_world.chat.read_quota(place, zone=ZONE)
            assert reading.limits == DEFAULT
            assert (reading.answers_today, reading.tokens_today) == (0, 0)
            assert reading.cost_usd_this_month == 0
            assert reading.day_ends_at == midnight(chat_world)
            assert reading.month_ends_at == first_of_next_month(chat_world)

    def test_a_guild_s_own_go_before_those_of_all(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        limit(chat_world, "guilds", answers=7)
        limit(chat_world, GUILD, answers=9, budget="0.25")
        own = Limits(answers_a_day=9, tokens_a_day=None, budget_usd_a_month=Decimal("0.25"))
        assert chat.read_quota(ANNA, zone=ZONE).limits == own
        assert chat.read_quota(OTHER_GUILD, zone=ZONE).limits.answers_a_day == 7
        assert chat.read_quota(DIRECT, zone=ZONE).limits == DEFAULT

    def test_what_nobody_says_any_more_holds_no_more(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        for scope, place in ((GUILD, ANNA), ("guilds", OTHER_GUILD), ("direct", DIRECT)):
            limit(chat_world, scope, answers=1)
            chat.change_limits(scope=scope, limits=None)
            assert chat.read_quota(place, zone=ZONE).limits == DEFAULT

    @pytest.mark.parametrize("scope", ["", "everybody", "12 34", "１２"])
    def test_there_are_none_of_anything_else(self, chat_world: ChatWorld, scope: str) -> None:
        with pytest.raises(StoreError):
            limit(chat_world, scope, answers=1)

    def test_nothing_is_less_than_nothing(self, chat_world: ChatWorld) -> None:
        for wrong in ({"answers": -1}, {"tokens": -1}, {"budget": "-0.01"}):
            with pytest.raises(StoreError):
                limit(chat_world, **wrong)


class TestReserving:
    def test_what_is_reserved_is_as_good_as_used(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        assert chat.reserve(reservation(tokens=700, cost_usd=Decimal("0.3"))) == Reserved()
        reading = chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (1, 700)
        assert reading.cost_usd_this_month == Decimal("0.3")

    def test_the_last_of_it_can_be_reserved_and_no_more(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=2, tokens=2000, budget="0.02")
        assert chat_world.chat.reserve(reservation()) == Reserved()
        assert chat_world.chat.reserve(reservation()) == Reserved()
        limit(chat_world, answers=2)
        said = refused(chat_world.chat.reserve(reservation()))
        assert (said.limit, said.opens_at) == (QuotaLimit.ANSWERS, midnight(chat_world))

    def test_tokens_are_counted_at_their_worst(self, chat_world: ChatWorld) -> None:
        limit(chat_world, tokens=1500)
        assert chat_world.chat.reserve(reservation(tokens=1000)) == Reserved()
        said = refused(chat_world.chat.reserve(reservation(tokens=501)))
        assert (said.limit, said.opens_at) == (QuotaLimit.TOKENS, midnight(chat_world))
        assert chat_world.chat.reserve(reservation(tokens=500)) == Reserved()

    def test_a_guild_s_budget_is_everybody_s_there(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        limit(chat_world, budget="0.015")
        assert chat.reserve(reservation(ANNA)) == Reserved()
        said = refused(chat.reserve(reservation(BEN)))
        assert (said.limit, said.opens_at) == (QuotaLimit.BUDGET, first_of_next_month(chat_world))
        assert chat.reserve(reservation(OTHER_GUILD)) == Reserved()
        assert chat.reserve(reservation(DIRECT)) == Reserved()

    def test_all_direct_messages_have_one_budget(self, chat_world: ChatWorld) -> None:
        limit(chat_world, "direct", budget="0.015")
        bens = ChatPlace(guild_id=None, channel_id="901", user_id="302")
        assert chat_world.chat.reserve(reservation(DIRECT)) == Reserved()
        said = refused(chat_world.chat.reserve(reservation(bens)))
        assert said.limit is QuotaLimit.BUDGET

    def test_a_user_s_day_is_one_wherever_they_ask(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        limit(chat_world, "guilds", answers=2)
        limit(chat_world, "direct", answers=3)
        assert chat.reserve(reservation(ANNA)) == Reserved()
        assert chat.reserve(reservation(OTHER_GUILD)) == Reserved()
        assert refused(chat.reserve(reservation(ANNA))).limit is QuotaLimit.ANSWERS
        assert chat.reserve(reservation(BEN)) == Reserved()
        assert chat.reserve(reservation(DIRECT)) == Reserved()
        assert refused(chat.reserve(reservation(DIRECT))).limit is QuotaLimit.ANSWERS

    def test_of_several_it_says_the_one_that_opens_last(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=0, tokens=0, budget="0")
        assert refused(chat_world.chat.reserve(reservation())).limit is QuotaLimit.BUDGET
        free = reservation(cost_usd=Decimal(0))
        assert refused(chat_world.chat.reserve(free)).limit is QuotaLimit.ANSWERS

    def test_what_adds_nothing_exceeds_nothing(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=0, tokens=0, budget="0")
        nothing = reservation(answers=0, tokens=0, cost_usd=Decimal(0))
        assert chat_world.chat.reserve(nothing) == Reserved()

    def test_who_is_refused_leaves_nothing_behind(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        limit(chat_world, answers=0)
        begun = reservation(question=question())
        assert begun.question is not None
        refused(chat.reserve(begun))
        limit(chat_world)
        assert chat.read_quota(ANNA, zone=ZONE).tokens_today == 0
        late = settlement(begun, answer=answer(begun.question.exchange_id))
        assert chat.settle(late) is True
        assert questions(chat) == []

    def test_reserving_again_replaces_it(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=1, tokens=1000)
        begun = reservation(tokens=1000)
        for tokens in (1000, 200, 900):
            again = reservation(command_id=begun.command_id, tokens=tokens)
            assert chat_world.chat.reserve(again) == Reserved()
            reading = chat_world.chat.read_quota(ANNA, zone=ZONE)
            assert (reading.answers_today, reading.tokens_today) == (1, tokens)

    def test_what_expired_was_not_used(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=1)
        assert chat_world.chat.reserve(reservation(expires_seconds=60)) == Reserved()
        chat_world.let_pass(59)
        refused(chat_world.chat.reserve(reservation()))
        chat_world.let_pass(1)
        assert chat_world.chat.reserve(reservation()) == Reserved()

    @pytest.mark.parametrize(
        "zone", ["UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati"]
    )
    def test_days_and_months_are_those_of_the_owner(self, chat_world: ChatWorld, zone: str) -> None:
        limit(chat_world, answers=0)
        said = refused(chat_world.chat.reserve(reservation(zone=zone)))
        assert said.opens_at == midnight(chat_world, zone)
        limit(chat_world, budget="0")
        said = refused(chat_world.chat.reserve(reservation(zone=zone)))
        assert said.opens_at == first_of_next_month(chat_world, zone)

    @pytest.mark.parametrize("zone", ["Nowhere/Land", "", "'; drop table quotas; --"])
    def test_a_zone_that_nobody_knows_is_utc(self, chat_world: ChatWorld, zone: str) -> None:
        reading = chat_world.chat.read_quota(ANNA, zone=zone)
        assert reading.day_ends_at == midnight(chat_world, "UTC")


class TestSettling:
    def test_what_was_used_stands_in_the_place_of_what_was_reserved(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        begun = reservation(question=question(), tokens=9000, cost_usd=Decimal(1))
        assert begun.question is not None
        chat.reserve(begun)
        calls = (call(30), call(60, cost_usd=Decimal("0.1")), call(9, cost_usd=None))
        chat.settle(settlement(begun, calls=calls, answer=answer(begun.question.exchange_id)))
        reading = chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (1, 99)
        assert reading.cost_usd_this_month == Decimal("0.100123")

    def test_every_call_is_a_row_of_its_own(self, chat_world: ChatWorld) -> None:
        begun = reservation()
        chat_world.chat.reserve(begun)
        failed = call(
            model="busy", outcome=CallOutcome.FAILED, usage=NOT_COUNTED, cost_usd=Decimal(0)
        )
        estimated = call(
            30, purpose=CallPurpose.SUMMARY, outcome=CallOutcome.BROKEN_OFF, cost_usd=None,
            estimated=True,
        )  # fmt: skip
        chat_world.chat.settle(settlement(begun, calls=(failed, estimated)))
        common = {"guild_id": GUILD, "user_id": "301", "command_id": begun.command_id}
        assert chat_world.usage() == [
            common | {
                "model": "busy", "purpose": "answer", "outcome": "failed", "estimated": False,
                "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0,
                "cost_usd": Decimal(0),
            },
            common | {
                "model": "gemini-3", "purpose": "summary", "outcome": "broken_off",
                "estimated": True, "prompt_tokens": 10, "completion_tokens": 20,
                "total_tokens": 30, "cost_usd": None,
            },
        ]  # fmt: skip

    def test_what_failed_altogether_costs_no_answer(self, chat_world: ChatWorld) -> None:
        limit(chat_world, answers=1)
        begun = reservation()
        chat_world.chat.reserve(begun)
        failed = call(outcome=CallOutcome.FAILED, usage=NOT_COUNTED, cost_usd=Decimal(0))
        chat_world.chat.settle(settlement(begun, calls=(failed, failed)))
        reading = chat_world.chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (0, 0)
        assert chat_world.chat.reserve(reservation()) == Reserved()

    def test_a_summary_costs_tokens_and_no_answer(self, chat_world: ChatWorld) -> None:
        begun = reservation(answers=0)
        chat_world.chat.reserve(begun)
        chat_world.chat.settle(settlement(begun, calls=(call(30),)))
        reading = chat_world.chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (0, 30)

    def test_it_counts_once(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        begun = reservation(question=question())
        chat.reserve(begun)
        assert begun.question is not None
        settled = settlement(begun, answer=answer(begun.question.exchange_id))
        assert [chat.settle(settled) for _ in range(3)] == [True, False, False]
        assert chat.reserve(begun) == Reserved()
        reading = chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (1, 30)
        assert len(chat_world.usage()) == 1

    def test_it_counts_also_when_the_reservation_expired(self, chat_world: ChatWorld) -> None:
        begun = reservation(expires_seconds=60)
        chat_world.chat.reserve(begun)
        chat_world.let_pass(61)
        assert chat_world.chat.settle(settlement(begun)) is True
        assert chat_world.chat.read_quota(ANNA, zone=ZONE).tokens_today == 30

    def test_and_where_nothing_could_be_reserved(self, chat_world: ChatWorld) -> None:
        begun = reservation()
        settled = settlement(begun, answer=answer(uuid4()))
        assert [chat_world.chat.settle(settled) for _ in range(2)] == [True, False]
        reading = chat_world.chat.read_quota(ANNA, zone=ZONE)
        assert (reading.answers_today, reading.tokens_today) == (1, 30)
        assert questions(chat_world.chat) == []


class TestUsage:
    def used(self, world: ChatWorld, place: ChatPlace, *models: str) -> None:
        begun = reservation(place)
        world.chat.reserve(begun)
        world.chat.settle(settlement(begun, calls=[call(30, model=model) for model in models]))

    def test_it_is_read_by_day_and_model(self, chat_world: ChatWorld) -> None:
        self.used(chat_world, ANNA, "b", "a", "b")
        first, second = chat_world.chat.read_usage(user_id="301", guild_id=None, zone=ZONE, days=7)
        today = chat_world.now().astimezone(ZoneInfo(ZONE)).date()
        assert (first.day, first.model, first.calls) == (today, "a", 1)
        assert (second.day, second.model, second.calls) == (today, "b", 2)
        assert (second.prompt_tokens, second.completion_tokens) == (20, 40)
        assert (second.total_tokens, second.cost_usd) == (60, Decimal("0.000246"))

    @pytest.mark.parametrize(
        ("user_id", "guild_id", "calls"),
        [("301", None, 6), (None, GUILD, 3), ("301", GUILD, 2), (None, None, 7), ("9", None, 0)],
    )
    def test_of_a_user_or_of_a_guild_or_of_both(
        self, chat_world: ChatWorld, user_id: str | None, guild_id: str | None, calls: int
    ) -> None:
        for place, number in ((ANNA, 2), (BEN, 1), (DIRECT, 1), (OTHER_GUILD, 3)):
            self.used(chat_world, place, *["m"] * number)
        days = chat_world.chat.read_usage(user_id=user_id, guild_id=guild_id, zone=ZONE, days=1)
        assert sum(day.calls for day in days) == calls

    def test_who_deletes_what_is_theirs_has_used_it_all_the_same(
        self, chat_world: ChatWorld
    ) -> None:
        self.used(chat_world, ANNA, "a")
        chat_world.store.delete_user_data(user_id="301")
        assert chat_world.chat.read_usage(user_id=None, guild_id=None, zone=ZONE, days=9) == ()
        assert chat_world.chat.read_quota(ANNA, zone=ZONE).tokens_today == 30


class TestCoolingModels:
    def test_everybody_sees_for_how_long_a_model_rests(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        chat.cool_model(model="busy", seconds=60, reason="rate_limited")
        chat.cool_model(model="other", seconds=0.5, reason="overloaded")
        chat_world.let_pass(10)
        cooling = chat.open_chat(BEN, command_id=uuid4()).cooling
        assert set(cooling) == {"busy"}
        assert 40 < cooling["busy"] <= 50

    def test_a_longer_rest_is_not_shortened(self, chat_world: ChatWorld) -> None:
        for seconds in (100, 5, 200):
            chat_world.chat.cool_model(model="busy", seconds=seconds, reason="rate_limited")
        assert 190 < chat_world.chat.open_chat(ANNA, command_id=uuid4()).cooling["busy"] <= 200


def test_the_first_of_a_month_is_a_moment_in_utc_as_well(chat_world: ChatWorld) -> None:
    reading = chat_world.chat.read_quota(ANNA, zone=ZONE)
    assert reading.month_ends_at.astimezone(UTC).hour == 15
