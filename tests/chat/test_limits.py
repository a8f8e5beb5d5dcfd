"""Limits out of numbers, each of which may be left out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lib.chat.limits import UNLIMITED, allows_nothing, budget_told, limits_with
from lib.interactions.errors import UserFacingError
from lib.locales import Locale
from lib.ports import Limits, QuotaLimit

BEFORE = Limits(answers_a_day=100, tokens_a_day=None, budget_usd_a_month=Decimal(5))


def test_what_is_left_out_stays() -> None:
    assert limits_with(BEFORE) == BEFORE


def test_each_number_takes_the_place_of_what_was_there() -> None:
    after = limits_with(BEFORE, answers_a_day=7.0, tokens_a_day=9.0, budget_usd_a_month=0.1)
    assert after == Limits(answers_a_day=7, tokens_a_day=9, budget_usd_a_month=Decimal("0.10"))


def test_nothing_at_all_and_no_limit_are_not_the_same() -> None:
    none = limits_with(BEFORE, answers_a_day=0, tokens_a_day=0, budget_usd_a_month=0)
    assert none == Limits(answers_a_day=0, tokens_a_day=0, budget_usd_a_month=Decimal(0))
    unlimited = limits_with(
        BEFORE,
        answers_a_day=UNLIMITED,
        tokens_a_day=UNLIMITED,
        budget_usd_a_month=UNLIMITED,
    )
    assert unlimited == Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)


@pytest.mark.parametrize("number", [-2, -1.5, -0.5, -0.0001, -1_000])
@pytest.mark.parametrize("name", ["answers_a_day", "tokens_a_day", "budget_usd_a_month"])
def test_less_than_nothing_is_refused_in_words(name: str, number: float) -> None:
    with pytest.raises(UserFacingError) as refusal:
        limits_with(BEFORE, **{name: number})
    assert "-1 for no limit" in refusal.value.in_(Locale.ENGLISH)
    assert "無制限は-1" in refusal.value.in_(Locale.JAPANESE)


@pytest.mark.parametrize(
    ("given", "kept", "told"),
    [
        (5, "5", "$5.00"),
        (0.1, "0.1", "$0.10"),
        (12.345, "12.345", "$12.345"),
        (0.0005, "0.0005", "$0.0005"),
        (0.00001, "0.0001", "$0.0001"),
        (1234, "1234", "$1,234.00"),
        (0, "0", "$0.00"),
    ],
)
def test_a_budget_is_kept_and_told_to_the_hundredth_of_a_cent(
    given: float, kept: str, told: str
) -> None:
    budget = limits_with(BEFORE, budget_usd_a_month=given).budget_usd_a_month
    assert budget == Decimal(kept)
    assert budget is not None
    assert budget_told(budget) == told


def test_a_limit_of_nothing_is_that_of_its_own_kind() -> None:
    none = Limits(answers_a_day=0, tokens_a_day=0, budget_usd_a_month=Decimal("0.00"))
    some = Limits(answers_a_day=1, tokens_a_day=None, budget_usd_a_month=Decimal("0.0001"))
    assert all(allows_nothing(none, limit) for limit in QuotaLimit)
    assert not any(allows_nothing(some, limit) for limit in QuotaLimit)
