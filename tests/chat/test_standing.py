"""Which model answers somebody, and why."""

from __future__ import annotations

import pytest

from lib.chat.standing import ModelRule, allowed_cards, standing_model
from lib.ports import GuildSettings, ModelCard, Provider

CARDS = [ModelCard(name=name, provider=Provider.GEMINI) for name in ("swift", "thorough", "old")]


@pytest.mark.parametrize(
    ("settings", "chosen", "name", "rule"),
    [
        (GuildSettings(), None, "swift", ModelRule.DEFAULT),
        (GuildSettings(), "old", "old", ModelRule.OWN),
        (GuildSettings(), "gone", "swift", ModelRule.DEFAULT),
        (GuildSettings(model="old"), None, "old", ModelRule.GUILD),
        (GuildSettings(model="gone"), None, "swift", ModelRule.DEFAULT),
        (GuildSettings(model="old"), "thorough", "thorough", ModelRule.OWN),
        (GuildSettings(models=("old",)), "thorough", "old", ModelRule.DEFAULT),
        (GuildSettings(models=("old",), model="swift"), "thorough", "swift", ModelRule.GUILD),
        (GuildSettings(models=("old", "thorough")), None, "thorough", ModelRule.DEFAULT),
        (GuildSettings(models=("gone",)), None, "swift", ModelRule.DEFAULT),
    ],
)
def test_ones_own_choice_comes_before_the_guilds_and_that_before_the_default(
    settings: GuildSettings, chosen: str | None, name: str, rule: ModelRule
) -> None:
    card, why = standing_model(CARDS, settings, chosen=chosen)
    assert (card.name, why) == (name, rule)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (GuildSettings(), ["swift", "thorough", "old"]),
        (GuildSettings(models=("old", "swift")), ["swift", "old"]),
        (GuildSettings(models=("old",), model="swift"), ["swift", "old"]),
        (GuildSettings(models=("gone",)), ["swift", "thorough", "old"]),
    ],
)
def test_those_that_a_guild_names_may_be_chosen_and_its_own(
    settings: GuildSettings, names: list[str]
) -> None:
    assert [card.name for card in allowed_cards(CARDS, settings)] == names
