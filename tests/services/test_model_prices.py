"""What calls cost: the provider's price on that very day, or what models.toml says."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from lib.chat.catalogue import OFFLINE_CARD, read_catalogue
from lib.ports import ModelCard, Price, Provider, Usage
from lib.services.model_prices import GenaiPrices

NOVEMBER = datetime(2026, 11, 21, tzinfo=UTC)
MILLION = 1_000_000
PLAIN = Usage(MILLION, MILLION, 2 * MILLION)


def gemini(name: str) -> ModelCard:
    return ModelCard(name=name, provider=Provider.GEMINI, key="GEMINI_API_KEY")


def openai(name: str, api_base: str | None = None, price: Price | None = None) -> ModelCard:
    return ModelCard(name=name, provider=Provider.OPENAI, api_base=api_base, price=price)


def cost(card: ModelCard, usage: Usage = PLAIN, *, at: datetime = NOVEMBER) -> Decimal | None:
    return GenaiPrices().cost_usd(card, usage, at=at)


@pytest.mark.parametrize(
    ("card", "dollars"),
    [
        (gemini("gemini-flash-lite-latest"), "2.80"),  # 0.30 in, 2.50 out
        (gemini("gemini-3.5-flash-lite"), "2.80"),  # what that alias means
        (openai("gpt-4o"), "12.50"),  # 2.50 in, 10 out
        (openai("openai/gpt-oss-120b", "https://api.groq.com/openai/v1"), "0.75"),
        (openai("mistralai/mistral-small-2603", "https://openrouter.ai/api/v1"), "0.75"),
        (openai("openai/gpt-oss-20b:free", "https://openrouter.ai/api/v1"), "0"),
    ],
)
def test_a_million_tokens_each_way_cost_what_the_provider_takes(
    card: ModelCard, dollars: str
) -> None:
    assert cost(card) == Decimal(dollars)


def test_the_price_is_that_of_the_day() -> None:
    # gemini-3.8-flash: 0.75 in and 3.75 out through 2026, then twice as much.
    change = datetime(2027, 1, 1, tzinfo=UTC)
    card = gemini("gemini-flash-latest")
    assert cost(card, at=change - timedelta(seconds=1)) == Decimal("4.5")
    assert cost(card, at=change) == Decimal(9)
    # Days are the provider's: in Tokyo the new year begins nine hours before that.
    tokyo = timezone(timedelta(hours=9))
    assert cost(card, at=datetime(2027, 1, 1, 8, 59, tzinfo=tokyo)) == Decimal("4.5")
    assert cost(card, at=datetime(2027, 1, 1, 9, tzinfo=tokyo)) == Decimal(9)


def test_a_past_day_keeps_its_price() -> None:
    # o3: 10 in and 40 out until 2025-06-09, then 2 and 8.
    assert cost(openai("o3"), at=datetime(2025, 6, 9, tzinfo=UTC)) == Decimal(50)
    assert cost(openai("o3"), at=datetime(2025, 6, 10, tzinfo=UTC)) == Decimal(10)


def test_cached_tokens_are_cheaper() -> None:
    usage = Usage(MILLION, 0, MILLION, cached_tokens=400_000)
    # 600,000 at 0.30 and 400,000 at 0.03 a million
    assert cost(gemini("gemini-flash-lite-latest"), usage) == Decimal("0.192")


def test_audio_has_a_price_of_its_own_where_the_provider_has_one() -> None:
    usage = Usage(MILLION, 0, MILLION, audio_tokens=400_000)
    # 600,000 at 0.50 and 400,000 at 1.00; and where audio costs what text costs, 0.30 for all
    assert cost(gemini("gemini-3-flash-preview"), usage) == Decimal("0.70")
    assert cost(gemini("gemini-flash-lite-latest"), usage) == Decimal("0.30")


@pytest.mark.parametrize(
    ("cached", "audio", "dollars"),
    [
        (400_000, 400_000, "0.52"),  # 200,000 at 0.50, 400,000 at 0.05, 400,000 at 1.00
        (800_000, 400_000, "0.25"),  # 600,000 at 0.05, 200,000 at 1.00, 200,000 at 0.10
        (MILLION, MILLION, "0.10"),
    ],
)
def test_what_is_cached_is_taken_for_text_as_far_as_it_can_be(
    cached: int, audio: int, dollars: str
) -> None:
    usage = Usage(MILLION, 0, MILLION, cached_tokens=cached, audio_tokens=audio)
    assert cost(gemini("gemini-3-flash-preview"), usage) == Decimal(dollars)


def test_a_count_that_cannot_be_is_priced_all_the_same() -> None:
    usage = Usage(100, 0, 100, cached_tokens=200, audio_tokens=300)
    assert cost(gemini("gemini-3-flash-preview"), usage) == Decimal("0.00001")


def test_a_long_prompt_costs_more_where_the_provider_takes_more() -> None:
    short, long = Usage(200_000, 0, 200_000), Usage(200_001, 0, 200_001)
    card = gemini("gemini-pro-latest")
    assert cost(card, short) == Decimal("0.4")
    assert cost(card, long) == Decimal("0.800004")


def test_the_files_own_price_goes_before() -> None:
    price = Price(input=Decimal("0.1"), output=Decimal("0.4"))
    usage = Usage(1_500, 300, 1_800, cached_tokens=1_000)
    assert cost(openai("gpt-4o", price=price), usage) == Decimal("0.00027")
    free = Price(input=Decimal(0), output=Decimal(0))
    assert cost(openai("gemma3:4b", "http://127.0.0.1:11434/v1", free)) == 0


@pytest.mark.parametrize(
    "card",
    [
        gemini("gemini-of-tomorrow"),
        openai("house-model"),
        openai("openai/gpt-oss-120b", "http://127.0.0.1:11434/v1"),
        openai("a-model", "https://api.groq.com/openai/v1"),
    ],
)
def test_nobody_knows_what_an_unknown_model_costs(card: ModelCard) -> None:
    assert cost(card) is None


def test_what_cannot_be_counted_has_no_price_and_fails_nothing() -> None:
    assert cost(gemini("gemini-flash-latest"), Usage(-1, 0, -1)) is None


def test_the_offline_model_costs_nothing() -> None:
    assert cost(OFFLINE_CARD) == 0


def test_every_model_that_comes_along_has_a_price() -> None:
    assert all(cost(card) for card in read_catalogue().cards)


def test_the_tables_are_loaded_when_somebody_asks_and_not_before() -> None:
    script = (
        "import sys; from lib.services.model_prices import GenaiPrices; GenaiPrices();"
        "sys.exit('genai_prices' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
