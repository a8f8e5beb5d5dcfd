"""What calls cost, by genai-prices (docs/adr/0009-prices-by-genai-prices.md)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from lib.logs import get_logger
from lib.ports import ModelCard, Price, Provider, Usage

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

log = get_logger(__name__)

_MILLION: Final = 1_000_000
_PROVIDER_IDS: Final = {Provider.GEMINI: "google", Provider.OPENAI: "openai"}


class GenaiPrices:
    """`Prices` from the tables that genai-prices brings along; what models.toml says goes before.

    The tables are those of the installed version: nothing is fetched. They are loaded at the first
    question, which takes 0.2 seconds, or 0.05 where a model's SDK is loaded already.
    """

    def cost_usd(self, card: ModelCard, usage: Usage, *, at: datetime) -> Decimal | None:
        if card.provider is Provider.OFFLINE:
            return Decimal(0)
        if card.price is not None:
            return _by_card(card.price, usage)
        try:
            return _calculated(card, usage, at=at).total_price
        except LookupError:
            return None  # an endpoint or a model that is not in the tables
        except Exception as error:  # noqa: BLE001 - the library's boundary: no answer fails for it
            log.warning("price_not_calculated", error=error, model=card.name)
            return None


def _by_card(price: Price, usage: Usage) -> Decimal:
    whole = price.input * usage.prompt_tokens + price.output * usage.completion_tokens
    return whole / _MILLION


def _calculated(card: ModelCard, usage: Usage, *, at: datetime) -> PriceCalculation:
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    prompt, cached, audio = usage.prompt_tokens, usage.cached_tokens, usage.audio_tokens
    # How many of the cached tokens are audio is told by nobody. As few as can be: text is the
    # cheaper one to cache, and so no call is counted for less than it cost.
    priced = PricedUsage(
        input_tokens=prompt,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=min(cached, prompt),
        input_audio_tokens=min(audio, prompt),
        cache_audio_read_tokens=max(0, min(cached, prompt) + min(audio, prompt) - prompt),
    )
    if card.api_base is not None and card.provider is Provider.OPENAI:
        return calc_price(
            priced, card.name, provider_api_url=card.api_base, genai_request_timestamp=at
        )
    return calc_price(
        priced,
        card.name,
        provider_id=_PROVIDER_IDS[card.provider],
        genai_request_timestamp=at,
    )
