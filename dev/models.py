"""`python3 dev models`: what is made of models.toml, and what of it can be used here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
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
from lib.settings import Settings

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
    settings = usable(local_settings(checkout))
    catalogue = read_catalogue(checkout.models)
    show_models(listed(catalogue, settings, at=datetime.now(UTC)), sys.stdout)
    return tell(catalogue, settings, Console())


def listed(catalogue: Catalogue, settings: Settings, *, at: datetime) -> list[ListedModel]:
    """Every usable entry, with its price at that time; the default one is marked."""
    default = usable_cards(catalogue.cards, settings)[0]
    prices = GenaiPrices()
    return [
        ListedModel(
            card,
            has_key=has_key(card, settings),
            is_default=card == default,
            price=_price(card, prices, at=at),
        )
        for card in with_gemini_model(catalogue.cards, settings)
    ]


def tell(catalogue: Catalogue, settings: Settings, console: Console) -> int:
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
    missing = {card.key: None for card in cards if not has_key(card, settings)}
    if missing:
        names = ", ".join(str(name) for name in missing)
        console.say(f"  Not set, and so not offered: {names}")
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
