"""Limits as somebody sets them: numbers out of a form, of which each may be left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from lib.ports import Limits

UNLIMITED: Final = -1
"""What is given for no limit at all; 0 allows nothing."""
CENT: Final = Decimal("0.01")


def limits_with(
    limits: Limits,
    *,
    answers_a_day: float | None = None,
    tokens_a_day: float | None = None,
    budget_usd_a_month: float | None = None,
) -> Limits:
    """`limits` with what was given in place of what was there. A budget is kept to the cent."""
    if answers_a_day is not None:
        limits = replace(limits, answers_a_day=_count(answers_a_day))
    if tokens_a_day is not None:
        limits = replace(limits, tokens_a_day=_count(tokens_a_day))
    if budget_usd_a_month is not None:
        budget = None
        if budget_usd_a_month >= 0:
            budget = Decimal(str(budget_usd_a_month)).quantize(CENT)
        limits = replace(limits, budget_usd_a_month=budget)
    return limits


def _count(number: float) -> int | None:
    return int(number) if number >= 0 else None
