"""The line below an answer says what it took, briefly, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lib.chat.footer import dollars, footer
from lib.interactions.response import Message
from lib.locales import Locale


def told(
    locale: Locale,
    *,
    model: str = "gemini-flash-lite-latest",
    tokens: int = 1234,
    cost_usd: Decimal | None = Decimal("0.00041"),
    seconds: float = 3.21,
    estimated: bool = False,
) -> str:
    return footer(
        locale, model=model, tokens=tokens, cost_usd=cost_usd, seconds=seconds, estimated=estimated
    )


def test_it_names_model_tokens_cost_and_time() -> None:
    english = "-# gemini-flash-lite-latest · 1,234 tokens · $0.0004 · 3.2 s"
    assert told(Locale.ENGLISH) == english
    japanese = "-# gemini-flash-lite-latest · 1,234トークン · $0.0004 · 3.2秒"
    assert told(Locale.JAPANESE) == japanese


def test_an_estimate_is_marked_as_one() -> None:
    assert "· ~1,234 tokens · ~$0.0004 ·" in told(Locale.ENGLISH, estimated=True)
    assert "· 約1,234トークン · 約$0.0004 ·" in told(Locale.JAPANESE, estimated=True)
    assert "· <$0.0001 ·" in told(Locale.ENGLISH, cost_usd=Decimal("0.00001"), estimated=True)
    assert "· $0 ·" in told(Locale.ENGLISH, cost_usd=Decimal(0), estimated=True)


@pytest.mark.parametrize("locale", Locale)
def test_a_cost_that_nobody_knows_is_not_spoken_of(locale: Locale) -> None:
    line = told(locale, cost_usd=None)
    assert "$" not in line
    assert line.count("·") == 2


@pytest.mark.parametrize("locale", Locale)
def test_a_models_name_formats_nothing(locale: Locale) -> None:
    line = told(locale, model="__qwen__3:8b\n# Big" + "x" * 500)
    assert r"\_\_qwen\_\_3\:8b # Big" in line
    assert "\n" not in line
    assert len(Message(content=line).content) < 200


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "$0"),
        ("0.00000001", "<$0.0001"),
        ("0.0001", "$0.0001"),
        ("0.00041", "$0.0004"),
        ("0.02345", "$0.0235"),
        ("0.99995", "$1.00"),
        ("1", "$1.00"),
        ("12.345", "$12.35"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_dollars_are_written_as_finely_as_they_matter(amount: str, written: str) -> None:
    assert dollars(Decimal(amount)) == written
