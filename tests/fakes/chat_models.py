"""Models and prices of a test's own making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from lib.ports import ChatModel, MediaKind, ModelCard, Provider, Usage

READS_ALL = frozenset(MediaKind)


def card(name: str = "scripted", *, reads: frozenset[MediaKind] = READS_ALL) -> ModelCard:
    """What is known of a model that says what a test told it to say."""
    return ModelCard(name=name, provider=Provider.GEMINI, key="GEMINI_API_KEY", reads=reads)


class FixedModels:
    """`ChatModels` of a test: each model under its own name, the first one the default."""

    def __init__(self, *models: ChatModel, cards: Sequence[ModelCard] = ()) -> None:
        self._models: Mapping[str, ChatModel] = {model.model: model for model in models}
        self._cards = tuple(cards) or tuple(card(name) for name in self._models)

    @property
    def cards(self) -> Sequence[ModelCard]:
        return self._cards

    def open(self, name: str) -> ChatModel:
        return self._models[name]


class FixedPrices:
    """A dollar for a million tokens that go in, ten for a million that come out."""

    def cost_usd(self, card: ModelCard, usage: Usage, *, at: datetime) -> Decimal | None:
        return (usage.prompt_tokens + 10 * usage.completion_tokens) / Decimal(1_000_000)
