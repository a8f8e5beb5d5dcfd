"""Limits as somebody sets them: numbers out of a form, of which each may be left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Final

from lib.interactions.errors import UserFacingError
from lib.locales import Text
from lib.ports import Limits, QuotaLimit

UNLIMITED: Final = -1
"""What is given for no limit at all; 0 allows nothing."""
SMALLEST_BUDGET: Final = Decimal("0.0001")
CENT: Final = Decimal("0.01")
NOT_A_LIMIT: Final = Text(
    en="A limit can't be below zero. Give 0 for nothing at all, or -1 for no limit.",
    ja="上限に負の数は指定できません。利用不可は0、無制限は-1を指定してください。",
)
SWITCHED_OFF: Final = Text(
    en="The assistant is switched off here.", ja="ここではアシスタントを利用できません。"
)
"""What is told where a limit allows nothing: it opens at no time."""


def limits_with(
    limits: Limits,
    *,
    answers_a_day: float | None = None,
    tokens_a_day: float | None = None,
    budget_usd_a_month: float | None = None,
) -> Limits:
    """`limits` with what was given in place of what was there. Raises UserFacingError for what is
    less than nothing and not UNLIMITED.

    A budget is kept to the hundredth of a cent, rounded up: a small one does not become none.
    """
    if answers_a_day is not None:
        limits = replace(limits, answers_a_day=_count(answers_a_day))
    if tokens_a_day is not None:
        limits = replace(limits, tokens_a_day=_count(tokens_a_day))
    if budget_usd_a_month is not None:
        given = _limit(budget_usd_a_month)
        budget = None if given is None else Decimal(str(given)).quantize(SMALLEST_BUDGET, ROUND_UP)
        limits = replace(limits, budget_usd_a_month=budget)
    return limits


def allows_nothing(limits: Limits, limit: QuotaLimit) -> bool:
    """Whether that limit is zero, so that there is no time at which it opens."""
    value: Decimal | int | None
    match limit:
        case QuotaLimit.ANSWERS:
            value = limits.answers_a_day
        case QuotaLimit.TOKENS:
            value = limits.tokens_a_day
        case QuotaLimit.BUDGET:
            value = limits.budget_usd_a_month
    return value == 0


def budget_told(budget: Decimal) -> str:
    """5 -> $5.00, 0.0005 -> $0.0005: as exact as it is kept, in both languages alike."""
    exact = budget.quantize(SMALLEST_BUDGET)
    in_cents = exact.quantize(CENT)
    return f"${in_cents if in_cents == exact else exact.normalize():,}"


def _count(number: float) -> int | None:
    given = _limit(number)
    return None if given is None else int(given)


def _limit(number: float) -> float | None:
    """The number; None for no limit."""
    if number == UNLIMITED:
        return None
    if number < 0:
        raise UserFacingError(NOT_A_LIMIT)
    return number
