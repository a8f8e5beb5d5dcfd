"""Which model answers somebody, and which rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from lib.ports import GuildSettings, ModelCard


class ModelRule(Enum):
    """Why it is this model: the user chose it, the guild's administrators did, or nobody."""

    OWN = auto()
    GUILD = auto()
    DEFAULT = auto()


class StandingModel(NamedTuple):
    """The model that answers first while it does not rest, and why."""

    card: ModelCard
    rule: ModelRule


def allowed_cards(cards: Sequence[ModelCard], settings: GuildSettings) -> tuple[ModelCard, ...]:
    """Those of `cards` that a guild's members may choose: all, unless it names some."""
    if not settings.models:
        return tuple(cards)
    named = {*settings.models, settings.model}
    # A guild that only knows models which have gone is better answered by another than by none.
    return tuple(card for card in cards if card.name in named) or tuple(cards)


def standing_model(
    cards: Sequence[ModelCard], settings: GuildSettings, *, chosen: str | None
) -> StandingModel:
    """The user's choice; else the guild's; else the first of `cards`: each if it is allowed.

    It is the one that `lib.chat.candidates` puts first.
    """
    allowed = allowed_cards(cards, settings)
    for name, rule in ((chosen, ModelRule.OWN), (settings.model, ModelRule.GUILD)):
        for card in allowed:
            if card.name == name:
                return StandingModel(card, rule)
    return StandingModel(allowed[0], ModelRule.DEFAULT)
