"""/help lists every command there is, in the words that the user's client shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from lib.commands.help import IN_THE_MENU, show_help
from lib.interactions.command import Command, CommandKind, Context, Instant, Option
from lib.interactions.interaction import Interaction
from lib.interactions.registry import CommandRegistry
from lib.interactions.response import Message
from lib.locales import Locale, Text
from tests.bot import Bot
from tests.discord_bodies import assert_takes_callback
from tests.payloads import slash

OWNER = "42"


def fields_of(data: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["value"] for embed in data["embeds"] for field in embed["fields"]}


def is_of(name: str, command: Command, locale: Locale) -> bool:
    """Whether a field's name is that of the command, with what follows it."""
    if command.kind is CommandKind.MESSAGE:
        return name == IN_THE_MENU.in_(locale, name=command.name.in_(locale))
    return name.split(maxsplit=1)[0] == f"/{command.name.in_(locale)}"


@pytest.mark.parametrize("locale", Locale)
def test_every_command_is_listed_with_its_description(locale: Locale) -> None:
    asking = slash("help").by(OWNER).in_language(locale.value)
    reply = Bot(OWNER_IDS=OWNER).client.send(asking)
    assert reply.json["data"]["flags"] == 64
    fields = fields_of(reply.json["data"])
    commands = CommandRegistry("lib.commands").all()
    assert len(fields) == len(commands) >= 5
    for command in commands:
        (name,) = [name for name in fields if is_of(name, command, locale)]
        assert fields[name].startswith(command.description.in_(locale))
        assert all(entry.name.in_(locale) in fields[name] for entry in command.subcommands)


def test_what_only_the_owner_may_call_is_listed_for_the_owner_alone() -> None:
    fields = fields_of(Bot().client.send(slash("help")).json["data"])
    hidden = {
        command.name.en
        for command in CommandRegistry("lib.commands").all()
        if command.default_member_permissions == 0
    }
    assert hidden == {"debug"}
    assert hidden.isdisjoint(name.split()[0].removeprefix("/") for name in fields)


def test_options_are_shown_and_those_that_may_be_left_out_stand_in_brackets() -> None:
    english = fields_of(Bot().client.send(slash("help")).json["data"])
    japanese = fields_of(Bot().client.send(slash("help").in_japanese()).json["data"])
    assert "/ask [prompt] [file] [private]" in english
    assert "/質問 [内容] [ファイル] [非公開]" in japanese
    assert "/forget [channel]" in english
    assert "/会話削除 [チャンネル全体]" in japanese


def test_commands_of_a_messages_menu_are_listed_as_such() -> None:
    english = fields_of(Bot().client.send(slash("help")).json["data"])
    japanese = fields_of(Bot().client.send(slash("help").in_japanese()).json["data"])
    assert "Translate (in a message's menu, under Apps)" in english
    assert "翻訳（メッセージのメニュー「アプリ」から）" in japanese


def test_what_takes_a_permission_is_listed_for_those_who_have_it() -> None:
    asking = slash("help")
    for permissions, is_listed in (("0", False), (str(1 << 5), True), (str(1 << 3), True)):
        reply = Bot().client.send(asking.with_member(permissions=permissions))
        assert ("/config" in fields_of(reply.json["data"])) is is_listed
    reply = Bot(OWNER_IDS=OWNER).client.send(asking.by(OWNER))
    assert "/config" in fields_of(reply.json["data"])


class ManyCommands:
    """A registry as full as somebody's may become."""

    def __init__(self, count: int) -> None:
        self._commands = [
            Command(
                name=Text(en=f"command{number}", ja=f"コマンド{number}"),
                description=Text(en="What it does, in a line", ja="これは説明です"),
                handler=Instant(run=lambda _context: Message(content="x")),
                options=(Option(name=Text(en="a", ja="あ"), description=Text(en="a", ja="あ")),),
                kind=CommandKind.SLASH if number else CommandKind.MESSAGE,
            )
            for number in range(count)
        ]

    def find(self, name: str) -> Command | None:
        return next((command for command in self._commands if command.name.en == name), None)

    def all(self) -> Sequence[Command]:
        return self._commands


@pytest.mark.parametrize("count", [1, 25, 26, 50, 100])
@pytest.mark.parametrize("locale", Locale)
def test_a_hundred_commands_are_listed_as_well(count: int, locale: Locale) -> None:
    payload = slash("help").in_language(locale.value).build()
    bot = Bot()
    context = Context(
        Interaction.from_payload(payload), bot.settings, bot.clock, ManyCommands(count)
    )
    data = show_help(context).to_payload()
    assert_takes_callback(payload, {"type": 4, "data": data})
    assert len(fields_of(data)) == count
