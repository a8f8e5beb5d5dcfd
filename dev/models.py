"""`python3 dev models`: what is made of models.toml, and what of it can be used here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from dev.checkout import Checkout
from dev.console import Console
from dev.models_table import ListedModel, show_models
from dev.settings_file import local_settings, usable
from lib.chat.catalogue import (
    OFFLINE_CARD,
    Catalogue,
    has_key,
    read_catalogue,
    usable_cards,
    with_gemini_model,
)
from lib.ports import ModelCard, Price, Prices, Usage
from lib.services.model_prices import GenaiPrices
from lib.settings import SHORTEST_SECRET, Settings

THOUSAND = 1_000


def main(arguments: Sequence[str]) -> int:
    """Show the models; 1 if an entry cannot be used."""
    argparse.ArgumentParser(
        prog="python3 dev models",
        description="List the models of models.toml: whether their keys are set, in the environment"
        " or in .env, what they can do, and what they cost today. Exits with 1 if an entry is"
        " wrong. docs/models.md explains the fields.",
    ).parse_args(arguments)
    checkout = Checkout.here()
    environment = local_settings(checkout)
    settings = usable(environment)
    catalogue = read_catalogue(checkout.models)
    unusable = unusable_keys(catalogue, settings, environment)
    now = datetime.now(UTC)
    show_models(listed(catalogue, settings, at=now, unusable=unusable), sys.stdout)
    return tell(catalogue, settings, Console(), unusable=unusable)


def unusable_keys(
    catalogue: Catalogue, settings: Settings, environment: Mapping[str, str]
) -> frozenset[str]:
    """The variables that are set in `environment`, but to nothing that could be a model's key."""
    names = {card.key for card in catalogue.cards if not has_key(card, settings)}
    return frozenset(name for name in names if name and environment.get(name, "").strip())


def listed(
    catalogue: Catalogue,
    settings: Settings,
    *,
    at: datetime,
    unusable: Collection[str] = (),
) -> list[ListedModel]:
    """Every usable entry, with its price at that time; the default one is marked. `unusable` are
    the keys that are set and none.
    """
    default = usable_cards(catalogue.cards, settings)[0]
    prices = GenaiPrices()
    return [
        ListedModel(
            card,
            has_key=has_key(card, settings),
            is_default=card == default,
            price=_price(card, prices, at=at),
            has_unusable_key=card.key in unusable,
        )
        for card in with_gemini_model(catalogue.cards, settings)
    ]


def tell(
    catalogue: Catalogue,
    settings: Settings,
    console: Console,
    *,
    unusable: Collection[str] = (),
) -> int:
    """Say which model answers, which keys are missing and what is wrong; the exit status."""
    cards = with_gemini_model(catalogue.cards, settings)
    answering = usable_cards(catalogue.cards, settings)[0]
    default = answering.name
    console.say()
    if answering == OFFLINE_CARD:
        console.say("  No model's key is set, so the offline model answers.")
    else:
        console.say(f"  {console.strong(default)} answers by default.")
    if settings.gemini_model not in {None, default}:
        console.warn(f"GEMINI_MODEL names {settings.gemini_model}, whose key is not set.")
    missing = dict.fromkeys(str(card.key) for card in cards if not has_key(card, settings))
    if names := ", ".join(name for name in missing if name not in unusable):
        console.say(f"  Not set, and so not offered: {names}")
    for name in missing:
        if name in unusable:
            console.warn(
                f"{name}: set, but too short to be a key, which has {SHORTEST_SECRET} characters"
                " or more, or not one word without spaces and accents."
            )
    for complaint in catalogue.complaints:
        console.warn(complaint)
    return 1 if catalogue.complaints else 0


def _price(card: ModelCard, prices: Prices, *, at: datetime) -> Price | None:
    # Of a thousand tokens: some providers take more for each where a prompt has a million.
    into = prices.cost_usd(card, Usage(THOUSAND, 0, THOUSAND), at=at)
    out = prices.cost_usd(card, Usage(0, THOUSAND, THOUSAND), at=at)
    if into is None or out is None:
        return None
    return Price(input=into * THOUSAND, output=out * THOUSAND)
