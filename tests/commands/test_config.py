"""/config: what administrators decide holds at once and is noted, and nobody else can change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from lib.locales import Locale
from lib.ports import GuildSettings, Limits, StoreError
from tests.bot import Bot
from tests.commands.steering import OTHER, bot_with_models, managing, shown, told
from tests.fakes.chat_store import MemoryChatStore
from tests.payloads import ASKER, CHANNEL, GUILD, InteractionBuilder, subcommand, submit, typing

SHOW = subcommand("config", "show")
CHANNEL_2 = "1180000000000000202"
ROLE = "1180000000000000601"
ROLE_2 = "1180000000000000602"
LIMITS_AS_MIGRATED = (
    "Each user: 100 answers and 400,000 tokens a day. This whole server: $5.00 a month."
)
AS_MIGRATED = Limits(answers_a_day=100, tokens_a_day=400_000, budget_usd_a_month=Decimal(5))


def config(name: str, /, **options: str | float | bool) -> InteractionBuilder:
    return managing(subcommand("config", name, **options))


def holds(bot: Bot) -> GuildSettings:
    return bot.chat.settings.get(GUILD, GuildSettings())


def fields(body: Mapping[str, Any]) -> dict[str, str]:
    (embed,) = body["embeds"]
    return {field["name"]: field["value"] for field in embed["fields"]}


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


# --- lists ----------------------------------------------------------------------------------------


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


# --- limits ---------------------------------------------------------------------------------------


def test_limits_are_the_owners_to_set() -> None:
    bot = bot_with_models(owners=OTHER)
    reply = bot.client.send(config("limits", answers=1000))
    assert "Only the bot's owner" in reply.content
    assert bot.chat.limits == {"guilds": AS_MIGRATED, "direct": AS_MIGRATED}


def limits(**options: str | float | bool) -> InteractionBuilder:
    return subcommand("config", "limits", **options)


@pytest.mark.parametrize(
    ("builder", "scope", "expected"),
    [
        (limits(answers=7), GUILD, {"answers_a_day": 7}),
        (limits(tokens=0), GUILD, {"tokens_a_day": 0}),
        (limits(budget=0.0005), GUILD, {"budget_usd_a_month": Decimal("0.0005")}),
        (limits(budget=3), GUILD, {"budget_usd_a_month": Decimal(3)}),
        (limits(answers=-1, budget=-1), GUILD, {"answers_a_day": None, "budget_usd_a_month": None}),
        (limits(answers=3, of="direct"), "direct", {"answers_a_day": 3}),
        (limits(tokens=9, of="guilds"), "guilds", {"tokens_a_day": 9}),
    ],
)
def test_what_is_given_changes_and_the_rest_stays(
    builder: InteractionBuilder, scope: str, expected: Mapping[str, Any]
) -> None:
    bot = bot_with_models(owners=ASKER)
    shown(bot, builder)
    assert bot.chat.limits[scope] == dataclasses.replace(AS_MIGRATED, **expected)
    assert f"limits of {scope} changed by {ASKER}" in str(bot.store.tables.bot_logs)
    others = {"guilds", "direct"} - {scope}
    assert all(bot.chat.limits[other] == AS_MIGRATED for other in others)


@pytest.mark.parametrize(
    ("given", "english", "japanese"),
    [
        (
            {"answers": -1, "tokens": 0},
            "Each user: unlimited answers and 0 tokens a day. This whole server: $5.00 a month.",
            ("1人1日あたり: 回答は無制限、トークンは0まで。サーバー全員合計で1か月$5.00まで"),
        ),
        (
            {"answers": 1, "budget": 0.0005},
            "Each user: 1 answer and 400,000 tokens a day. This whole server: $0.0005 a month.",
            (
                "1人1日あたり: 回答は1回まで、トークンは400,000まで。"
                "サーバー全員合計で1か月$0.0005まで"
            ),
        ),
        (
            {"budget": -1, "of": "guilds"},
            "Each user: 100 answers and 400,000 tokens a day. Each server: no limit on the costs.",
            (
                "1人1日あたり: 回答は100回まで、トークンは400,000まで。"
                "サーバーごとの全員合計の金額は無制限"
            ),
        ),
        (
            {"budget": 2, "of": "direct"},
            "Each user: 100 answers and 400,000 tokens a day. All users together: $2.00 a month.",
            "1人1日あたり: 回答は100回まで、トークンは400,000まで。全ユーザー合計で1か月$2.00まで",
        ),
    ],
)
def test_new_limits_are_told_at_once(given: Mapping[str, Any], english: str, japanese: str) -> None:
    assert told(bot_with_models(owners=ASKER), limits(**given)).endswith(f"\n{english}")
    in_japanese = limits(**given).in_japanese()
    assert told(bot_with_models(owners=ASKER), in_japanese).endswith(f"\n{japanese}")


@pytest.mark.parametrize("given", [{"answers": -2}, {"tokens": -100}, {"budget": -0.5}])
def test_less_than_nothing_is_no_limit(given: Mapping[str, Any]) -> None:
    bot = bot_with_models(owners=ASKER)
    assert "0 for nothing at all, or -1 for no limit" in told(bot, limits(**given))
    assert bot.chat.limits == {"guilds": AS_MIGRATED, "direct": AS_MIGRATED}
    assert bot.store.tables.bot_logs == []


def test_a_refused_number_leaves_a_servers_own_limits_where_they_were_to_be_reset() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    assert "-1 for no limit" in told(bot, limits(reset=True, answers=-2).numbered(2))
    assert bot.chat.limits[GUILD].answers_a_day == 7


def test_the_limits_stand_also_where_something_else_was_changed() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    body = shown(bot, config("footer", shown=False).numbered(2))
    assert fields(body)["Limits"].startswith("Each user: 7 answers")


def test_without_a_number_they_are_only_shown() -> None:
    bot = bot_with_models(owners=ASKER)
    assert "100 answers" in told(bot, limits())
    assert "change_limits" not in bot.chat.entered
    assert bot.store.tables.bot_logs == []


def test_a_server_goes_back_to_the_limits_of_all() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    assert "100 answers" in told(bot, limits(reset=True).numbered(2))
    assert GUILD not in bot.chat.limits
    assert "Only this server's own" in told(bot, limits(reset=True, of="direct").numbered(3))
