"""Who may spend the owner's key, and where."""

from __future__ import annotations

import pytest

from lib.interactions.checks import owners_only
from lib.interactions.command import Context
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.registry import CommandRegistry
from lib.ports import Outcome
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import ASKER, GUILD, InteractionBuilder, press, slash, typing

ASK = slash("ask", prompt="Hi")
FOREIGN_GUILD = "1180000000000000101"
STRANGER = "1180000000000000301"


def answers(bot: Bot, builder: InteractionBuilder) -> bool:
    """Whether the question was taken; else there is a private reply that says why not."""
    reply = bot.client.send(builder)
    if reply.json["type"] == 5:
        return True
    assert reply.json["data"]["flags"] == 64
    assert ("応答できません" if builder.language == "ja" else "I don't answer") in reply.content
    assert bot.store.calls == ["record_invocation", "claim_commands"]
    ((_, entry),) = bot.watch.interactions
    assert entry.outcome is Outcome.REFUSED
    return False


def new_bot(*, guilds: str = "", owners: str = "") -> Bot:
    model = ScriptedChatModel(saying("Hello."))
    return Bot(model, ALLOWED_GUILDS=guilds, OWNER_IDS=owners)


@pytest.mark.parametrize("builder", [ASK, ASK.in_dm(), ASK.in_guild(FOREIGN_GUILD)])
def test_without_a_list_everybody_may_ask_everywhere(builder: InteractionBuilder) -> None:
    assert answers(new_bot(), builder)


@pytest.mark.parametrize(
    ("builder", "is_allowed"),
    [
        (ASK, True),
        (ASK.by(STRANGER), True),
        (ASK.in_guild(FOREIGN_GUILD), False),
        (ASK.in_guild(FOREIGN_GUILD).in_japanese(), False),
        (ASK.in_guild(FOREIGN_GUILD).by(STRANGER).installed_by_user(), False),
        (ASK.in_dm(), False),
        (ASK.in_dm().by(STRANGER), False),
    ],
)
def test_with_a_list_of_guilds_only_those_may_ask(
    builder: InteractionBuilder,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    assert answers(new_bot(guilds=f"{GUILD}, 42"), builder) is is_allowed


@pytest.mark.parametrize("builder", [ASK, ASK.in_dm(), ASK.in_guild(FOREIGN_GUILD)])
def test_the_owner_may_ask_anywhere(builder: InteractionBuilder) -> None:
    bot = new_bot(guilds="42", owners=f"7 {ASKER}")
    assert answers(bot, builder)
    assert not answers(new_bot(guilds="42", owners="7"), builder)


@pytest.mark.parametrize("name", ["ping", "help", "about", "privacy"])
def test_what_costs_nothing_is_answered_everywhere(name: str) -> None:
    bot = new_bot(guilds="42")
    assert bot.client.send(slash(name)).json["type"] == 4


def test_my_data_can_be_deleted_everywhere() -> None:
    bot = new_bot(guilds="42")
    assert bot.client.send(press("privacy:delete")).json["type"] == 6


def test_proposals_are_none_where_the_command_is_not_allowed() -> None:
    bot = new_bot(guilds="42")
    reply = bot.client.send(typing("ask", focused="prompt", prompt="W"))
    assert reply.json == {"type": 8, "data": {"choices": []}}


def test_a_command_for_owners_is_for_those_whom_the_setting_names() -> None:
    for owners, is_owner in (("", False), ("7", False), (f"7,{ASKER}", True)):
        bot = new_bot(owners=owners)
        registry = CommandRegistry("lib.commands")
        context = Context(Interaction.from_payload(ASK.build()), bot.settings, bot.clock, registry)
        if is_owner:
            owners_only(context)
        else:
            with pytest.raises(UserFacingError):
                owners_only(context)


# --- options that do not fit any more -------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"prompt": 5},
        {"prompt": True},
        {"prompt": "Hi", "private": "yes"},
        {"prompt": "Hi", "private": 1},
    ],
    ids=repr,
)
def test_a_command_from_before_an_update_is_told_to_reload(options: dict[str, str]) -> None:
    bot = new_bot()
    builder = slash("ask", **options)
    assert "This command has changed" in bot.client.send(builder).content
    assert "更新されました" in bot.client.send(builder.in_japanese()).content
    assert bot.store.rows == {}
