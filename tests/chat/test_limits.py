"""Limits out of numbers, each of which may be left out."""

from __future__ import annotations

from decimal import Decimal

from lib.chat.limits import UNLIMITED, limits_with
from lib.ports import Limits

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
