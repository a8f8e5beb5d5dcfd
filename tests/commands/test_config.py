"""/config: what administrators decide holds at once and is noted, and nobody else can change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from lib.locales import Locale
from lib.ports import GuildSettings, StoreError
from tests.bot import Bot
from tests.commands.configuring import config, fields, holds
from tests.commands.steering import bot_with_models, managing, shown, told
from tests.payloads import ASKER, CHANNEL, GUILD, InteractionBuilder, subcommand, submit, typing

SHOW = subcommand("config", "show")
ROLE = "1180000000000000601"
LIMITS_AS_MIGRATED = (
    "Each user: 100 answers and 400,000 tokens a day. This whole server: $5.00 a month."
)


# --- whose it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("builder", "reason"),
    [
        (SHOW, "Manage Server"),
        (SHOW.in_japanese(), "「サーバー管理」権限"),
        (SHOW.in_dm(), "works in servers only"),
        (subcommand("config", "footer", shown=False), "Manage Server"),
        (subcommand("config", "instruction"), "Manage Server"),
        (submit("config:instruction", instruction="Obey me."), "Manage Server"),
    ],
)
def test_it_is_for_who_manages_the_server(builder: InteractionBuilder, reason: str) -> None:
    bot = bot_with_models()
    reply = bot.client.send(builder)
    assert reason in reply.content
    assert reply.json["data"]["flags"] == 64
    assert bot.chat.settings == {}


def test_administrators_and_the_bots_owner_manage_every_server() -> None:
    administrator = SHOW.with_member(permissions=str(1 << 3))
    assert "embeds" in shown(bot_with_models(), administrator)
    assert "embeds" in shown(bot_with_models(owners=ASKER), SHOW)


def test_nothing_is_proposed_to_others() -> None:
    typed = typing("config", "model", focused="name", name="")
    assert Bot().client.send(typed).json["data"]["choices"] == []
    assert Bot().client.send(managing(typed)).json["data"]["choices"] != []


# --- what holds -----------------------------------------------------------------------------------


def test_what_nobody_decided_is_shown_as_what_it_comes_to() -> None:
    assert fields(shown(bot_with_models(), config("show"))) == {
        "Language": "each user's own",
        "Conversation": "each member's own",
        "Footer": "shown",
        "Model": "the default, `swift`",
        "Models to choose from": "all",
        "Channels": "everywhere",
        "Roles": "everybody",
        "Instruction": "none",
        "Limits": LIMITS_AS_MIGRATED,
    }


def test_the_same_in_japanese() -> None:
    told_fields = fields(shown(bot_with_models(), config("show").in_japanese()))
    assert told_fields["言語"] == "各ユーザーの言語"
    assert told_fields["モデル"] == "デフォルト（`swift`）"
    assert told_fields["上限"] == (
        "1人1日あたり: 回答は100回まで、トークンは400,000まで。サーバー全員合計で1か月$5.00まで"
    )


@pytest.mark.parametrize(
    ("builder", "field", "value", "changes"),
    [
        (
            config("language", language="ja"),
            "Language",
            "日本語",
            {"language": Locale.JAPANESE},
        ),
        (config("model", name="old"), "Model", "`old`", {"model": "old"}),
        (config("footer", shown=False), "Footer", "hidden", {"footer": False}),
        (
            config("conversation", kind="shared"),
            "Conversation",
            "one for a whole channel",
            {"shared": True},
        ),
        (
            config("channels", change="allow"),
            "Channels",
            f"<#{CHANNEL}>",
            {"channel_ids": frozenset({CHANNEL})},
        ),
        (
            config("roles", change="allow", role=ROLE),
            "Roles",
            f"<@&{ROLE}>",
            {"role_ids": frozenset({ROLE})},
        ),
        (
            config("models", change="add", name="old"),
            "Models to choose from",
            "`old`",
            {"models": ("old",)},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_holds_at_once_and_is_shown_and_noted(
    builder: InteractionBuilder, field: str, value: str, changes: Mapping[str, Any]
) -> None:
    bot = bot_with_models()
    body = shown(bot, builder)
    assert body["content"] == f"Changed: **{field}**. It holds from the next question on."
    assert fields(body)[field] == value
    assert holds(bot) == dataclasses.replace(GuildSettings(), **changes)
    (event,) = bot.store.tables.bot_logs
    assert f"{next(iter(changes))} of {GUILD} changed by {ASKER}" in str(event)


@pytest.mark.parametrize(
    ("builder", "before"),
    [
        (config("language", language="own"), GuildSettings(language=Locale.JAPANESE)),
        (config("model", name="default"), GuildSettings(model="old")),
        (config("models", change="all"), GuildSettings(models=("old",))),
        (config("conversation", kind="personal"), GuildSettings(shared=True)),
        (config("channels", change="all"), GuildSettings(channel_ids=frozenset({CHANNEL}))),
        (config("roles", change="all"), GuildSettings(role_ids=frozenset({ROLE}))),
        (config("footer", shown=True), GuildSettings(footer=False)),
        (
            managing(submit("config:instruction", instruction="  ")),
            GuildSettings(system_instruction="Be brief."),
        ),
    ],
)
def test_each_goes_back_to_what_held_before(
    builder: InteractionBuilder, before: GuildSettings
) -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = before
    assert "Changed" in told(bot, builder)
    assert holds(bot) == GuildSettings()


def test_a_note_that_cannot_be_kept_costs_no_change() -> None:
    bot = bot_with_models()
    bot.store.refuse("log_bot_event", StoreError("log_bot_event", "unreachable", "it is down"))
    assert "Changed" in told(bot, config("footer", shown=False))
    assert not holds(bot).footer


def test_a_database_that_is_away_is_told_plainly_and_nothing_is_noted() -> None:
    bot = bot_with_models()
    bot.chat.is_down = True
    assert "The database didn't answer" in told(bot, config("footer", shown=False))
    assert "changed by" not in str(bot.store.tables.bot_logs)


# --- the instruction ------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", Locale)
def test_the_instruction_is_asked_for_in_a_form(locale: Locale) -> None:
    reply = bot_with_models().client.send(config("instruction").in_language(locale.value))
    assert reply.json["type"] == 9
    assert reply.json["data"]["custom_id"] == "config:instruction"


def form_field(bot: Bot, locale: Locale = Locale.ENGLISH) -> tuple[str, str]:
    """What the form says of its field, and what stands in it."""
    reply = bot.client.send(config("instruction").in_language(locale.value))
    (label,) = reply.json["data"]["components"]
    return label["description"], label["component"].get("value", "")


def test_the_form_opens_with_what_holds() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(system_instruction="Speak like a *poet*.")
    description, value = form_field(bot)
    assert value == "Speak like a *poet*."
    assert "Change it as you like" in description
    assert form_field(bot, Locale.JAPANESE)[0].startswith("自由に書き換えられます")


def test_where_there_is_none_the_form_is_empty() -> None:
    description, value = form_field(bot_with_models())
    assert value == ""
    assert "Change it as you like" in description


def test_a_database_that_is_away_costs_nobody_the_form() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(system_instruction="Be brief.")
    bot.chat.is_down = True
    description, value = form_field(bot)
    assert value == ""
    assert "I couldn't show the present one" in description
    assert "現在の内容を表示できませんでした" in form_field(bot, Locale.JAPANESE)[0]


def test_one_that_discord_would_not_take_is_not_shown_in_part() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(system_instruction="😀" * 2001)
    description, value = form_field(bot)
    assert value == ""
    assert "I couldn't show the present one" in description


def test_the_form_is_kept_and_shown_and_its_text_is_nowhere_in_the_log() -> None:
    bot = bot_with_models()
    body = shown(bot, managing(submit("config:instruction", instruction="Speak like a *poet*.")))
    assert holds(bot).system_instruction == "Speak like a *poet*."
    assert body["embeds"][0]["description"] == "```\nSpeak like a *poet*.\n```"
    assert fields(body)["Instruction"] == "above"
    assert "poet" not in str(bot.store.tables.bot_logs)


@pytest.mark.parametrize("text", ["long " * 700, "with ``` in it"])
def test_one_that_no_block_can_hold_is_shown_as_a_file(text: str) -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(system_instruction=text)
    body = shown(bot, config("show"))
    assert fields(body)["Instruction"] == "in the file"
    (file,) = bot.discord.calls[-1].files
    assert (file.name, file.content.decode()) == ("instruction.txt", text)
