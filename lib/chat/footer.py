"""The quiet line below an answer: which model, how many tokens, what it cost, how long it took."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lib.interactions.escaping import escape
from lib.locales import Locale, Text
from lib.locales.numbers import MS_A_SECOND, count, milliseconds

LONGEST_MODEL: Final = 60
SMALLEST_COST: Final = Decimal("0.0001")
_CENT: Final = Decimal("0.01")
_TOKENS: Final = Text(en="{tokens} tokens", ja="{tokens}トークン")
_ABOUT: Final = Text(en="~{number}", ja="約{number}")


def footer(
    locale: Locale,
    *,
    model: str,
    tokens: int,
    cost_usd: Decimal | None,
    seconds: float,
    estimated: bool,
) -> str:
    """One small line of Discord's Markdown. `estimated`: the provider did not count the tokens."""
    parts = [
        escape(model, most=LONGEST_MODEL),
        _about(_TOKENS.in_(locale, tokens=count(tokens)), locale, estimated=estimated),
    ]
    if cost_usd is not None:
        parts.append(_about(dollars(cost_usd), locale, estimated=estimated and bool(cost_usd)))
    parts.append(milliseconds(max(0.0, seconds) * MS_A_SECOND, locale))
    return "-# " + " · ".join(parts)


def dollars(amount: Decimal) -> str:
    """0.00041 -> $0.0004, 0.0234 -> $0.0234, 12.3 -> $12.30; in both languages alike.

    What is not nothing is never written as if it were.
    """
    if amount == 0:
        return "$0"
    if amount < SMALLEST_COST:
        return f"<${SMALLEST_COST}"
    fine = amount.quantize(SMALLEST_COST, ROUND_HALF_UP)
    return f"${fine if fine < 1 else amount.quantize(_CENT, ROUND_HALF_UP):,}"


def _about(number: str, locale: Locale, *, estimated: bool) -> str:
    return _ABOUT.in_(locale, number=number) if estimated and number[0] != "<" else number
