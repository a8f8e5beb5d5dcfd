"""/config's lists: channels, roles and models that are allowed, by one entry at a time."""

from __future__ import annotations

import dataclasses

import pytest

from lib.ports import GuildSettings
from tests.commands.configuring import config, fields, holds
from tests.commands.steering import bot_with_models, shown, told
from tests.fakes.chat_store import MemoryChatStore
from tests.payloads import CHANNEL, GUILD, InteractionBuilder

CHANNEL_2 = "1180000000000000202"
ROLE = "1180000000000000601"
ROLE_2 = "1180000000000000602"


def test_lists_grow_and_shrink() -> None:
    bot = bot_with_models()
    for number, (change, channel) in enumerate(
        [("allow", CHANNEL), ("allow", CHANNEL_2), ("allow", CHANNEL_2), ("remove", CHANNEL)]
    ):
        told(bot, config("channels", change=change, channel=channel).numbered(number + 1))
    assert holds(bot).channel_ids == {CHANNEL_2}


class TwoAdministrators(MemoryChatStore):
    """Each time after somebody has read what holds, somebody else allows one more."""

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        known = super().read_guild_settings(guild_id=guild_id)
        self.settings[guild_id] = dataclasses.replace(
            known,
            channel_ids=known.channel_ids | {CHANNEL_2},
            role_ids=known.role_ids | {ROLE_2},
            models=(*known.models, "thorough"),
        )
        return known


@pytest.mark.parametrize(
    ("builder", "channel_ids", "role_ids", "models"),
    [
        (config("channels", change="allow"), {CHANNEL, CHANNEL_2}, {ROLE, ROLE_2}, None),
        (config("roles", change="remove", role=ROLE), {CHANNEL_2}, {ROLE_2}, None),
        (config("models", change="add", name="swift"), {CHANNEL_2}, {ROLE, ROLE_2}, "swift"),
    ],
)
def test_what_somebody_else_changes_meanwhile_stays(
    builder: InteractionBuilder, channel_ids: set[str], role_ids: set[str], models: str | None
) -> None:
    bot = bot_with_models()
    bot.chat = TwoAdministrators(bot.clock, store=bot.store)
    bot.chat.settings[GUILD] = GuildSettings(
        role_ids=frozenset({ROLE, "1180000000000000603"}), models=("old",)
    )
    bot.services = dataclasses.replace(bot.services, chat=bot.chat)
    assert "Changed" in told(bot, builder)
    assert holds(bot).channel_ids == channel_ids
    assert holds(bot).role_ids == role_ids | {"1180000000000000603"}
    assert set(holds(bot).models) == {"old", "thorough"} | ({models} if models else set())


def test_the_last_of_a_list_is_not_removed_since_none_would_mean_all() -> None:
    bot = bot_with_models()
    before = GuildSettings(
        channel_ids=frozenset({CHANNEL}), role_ids=frozenset({ROLE}), models=("old",)
    )
    bot.chat.settings[GUILD] = before
    for number, (builder, all_of_them) in enumerate(
        [
            (config("channels", change="remove"), "Everywhere"),
            (config("roles", change="remove", role=ROLE), "Everybody"),
            (config("models", change="remove", name="old"), "All"),
        ]
    ):
        assert f"Choose `{all_of_them}` if you mean that" in told(bot, builder.numbered(number + 1))
    assert holds(bot) == before


class OneWasRemoved(MemoryChatStore):
    """Once somebody has read what holds, somebody else removes one of two."""

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        known = super().read_guild_settings(guild_id=guild_id)
        self.settings[guild_id] = GuildSettings(
            channel_ids=frozenset({CHANNEL}), role_ids=frozenset({ROLE}), models=("old",)
        )
        return known


@pytest.mark.parametrize(
    ("builder", "all_of_them"),
    [
        (config("channels", change="remove"), "Everywhere"),
        (config("roles", change="remove", role=ROLE), "Everybody"),
        (config("models", change="remove", name="old"), "All"),
    ],
)
def test_nor_is_what_became_the_last_one_meanwhile(
    builder: InteractionBuilder, all_of_them: str
) -> None:
    bot = bot_with_models()
    bot.chat = OneWasRemoved(bot.clock, store=bot.store)
    bot.chat.settings[GUILD] = GuildSettings(
        channel_ids=frozenset({CHANNEL, CHANNEL_2}),
        role_ids=frozenset({ROLE, ROLE_2}),
        models=("old", "swift"),
    )
    bot.services = dataclasses.replace(bot.services, chat=bot.chat)
    assert f"Choose `{all_of_them}` if you mean that" in told(bot, builder)
    assert holds(bot).channel_ids == {CHANNEL}
    assert holds(bot).role_ids == {ROLE}
    assert holds(bot).models == ("old",)


def test_what_is_removed_from_all_models_leaves_the_others() -> None:
    bot = bot_with_models()
    told(bot, config("models", change="remove", name="old"))
    assert holds(bot).models == ("swift", "thorough")


def test_a_model_that_is_gone_can_be_removed_and_is_shown_as_gone() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(model="gone", models=("gone", "old"))
    assert "`gone`, which is gone; so `old`" in fields(shown(bot, config("show")))["Model"]
    told(bot, config("models", change="remove", name="gone").numbered(2))
    assert holds(bot).models == ("old",)


@pytest.mark.parametrize(
    ("builder", "told_instead"),
    [
        (config("model", name="swifd"), "Did you mean `swift`"),
        (config("models", change="add", name="throough"), "Did you mean `thorough`"),
        (config("models", change="remove", name="none"), "There is no model `none`"),
        (config("models", change="add"), "Which model?"),
        (config("roles", change="allow"), "Which role?"),
    ],
)
def test_what_is_none_is_refused_in_words(builder: InteractionBuilder, told_instead: str) -> None:
    bot = bot_with_models()
    assert told_instead in told(bot, builder)
    assert bot.chat.settings == {}
    assert bot.store.tables.bot_logs == []


def test_a_list_has_an_end() -> None:
    bot = bot_with_models()
    many = frozenset(str(10**18 + number) for number in range(25))
    bot.chat.settings[GUILD] = GuildSettings(channel_ids=many, role_ids=many)
    assert "No more than 25" in told(bot, config("channels", change="allow"))
    assert fields(shown(bot, config("show").numbered(2)))["Channels"].count("<#") == 25
