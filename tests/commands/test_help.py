"""/help lists every command there is, by what it is about, in the words of the user's client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lib.commands.help import IN_THE_MENU, show_help
from lib.interactions.command import Command, CommandKind, Context, Group, Instant, Option
from lib.interactions.interaction import Interaction
from lib.interactions.registry import CommandRegistry
from lib.interactions.response import Message
from lib.locales import Locale, Text
from tests.bot import Bot
from tests.discord_bodies import assert_takes_callback
from tests.payloads import slash

OWNER = "42"
HEADINGS = frozenset(text.in_(locale) for text in IN_THE_MENU.values() for locale in Locale)


def groups_of(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """What stands under each title; a card without one goes on with that before it."""
    found: dict[str, list[str]] = {}
    title = ""
    for embed in data["embeds"]:
        title = embed.get("title", title)
        found.setdefault(title, []).extend(embed["description"].split("\n"))
    return found


def lines_of(data: Mapping[str, Any]) -> dict[str, str]:
    """What is said of each command, by its name and what may follow it."""
    found: dict[str, str] = {}
    usage = ""
    for line in (line for lines in groups_of(data).values() for line in lines):
        if line.startswith("  - "):
            found[usage] += line.removeprefix("  -")
        elif line not in HEADINGS:
            _, usage, told = line.split("`", 2)
            found[usage] = told.strip()
    return found


def asked_by_owner(locale: Locale) -> dict[str, Any]:
    asking = slash("help").by(OWNER).in_language(locale.value)
    data: dict[str, Any] = Bot(OWNER_IDS=OWNER).client.send(asking).json["data"]
    return data


def is_of(usage: str, command: Command, locale: Locale) -> bool:
    """Whether a line is that of the command, with what follows its name."""
    if command.kind is CommandKind.MESSAGE:
        return usage == command.name.in_(locale)
    return usage.split(maxsplit=1)[0] == f"/{command.name.in_(locale)}"


@pytest.mark.parametrize("locale", Locale)
def test_every_command_is_listed_with_its_description(locale: Locale) -> None:
    data = asked_by_owner(locale)
    assert data["flags"] == 64
    lines = lines_of(data)
    commands = CommandRegistry("lib.commands").all()
    assert len(lines) == len(commands) >= 5
    for command in commands:
        (usage,) = [usage for usage in lines if is_of(usage, command, locale)]
        assert lines[usage].startswith(command.description.in_(locale))
        assert all(f"`{entry.name.in_(locale)}`" in lines[usage] for entry in command.subcommands)


@pytest.mark.parametrize("locale", Locale)
def test_a_command_stands_with_those_about_the_same(locale: Locale) -> None:
    groups = groups_of(asked_by_owner(locale))
    assert list(groups) == [group.value.in_(locale) for group in Group if group is not Group.OTHER]
    for command in CommandRegistry("lib.commands").all():
        assert command.group is not Group.OTHER
        of_group = "\n".join(groups[command.group.value.in_(locale)])
        assert command.description.in_(locale) in of_group


@pytest.mark.parametrize(
    ("group", "first"),
    [(Group.CONVERSATION, "/ask"), (Group.MUSIC, "/play"), (Group.QUEUE, "/queue")],
)
def test_what_one_needs_first_stands_first(group: Group, first: str) -> None:
    lines = groups_of(asked_by_owner(Locale.ENGLISH))[group.value.en]
    assert lines[0].startswith(f"- `{first} ")


def test_what_only_the_owner_may_call_is_listed_for_the_owner_alone() -> None:
    lines = lines_of(Bot().client.send(slash("help")).json["data"])
    hidden = {
        command.name.en
        for command in CommandRegistry("lib.commands").all()
        if command.default_member_permissions == 0
    }
    assert hidden == {"debug"}
    assert hidden.isdisjoint(usage.split()[0].removeprefix("/") for usage in lines)


def test_options_are_shown_and_those_that_may_be_left_out_stand_in_brackets() -> None:
    english = Bot().client.send(slash("help")).json["data"]
    japanese = Bot().client.send(slash("help").in_japanese()).json["data"]
    assert "What stands in `[ ]` may be left out" in english["content"]
    assert "`[ ]` の中は省略できます" in japanese["content"]
    assert "/ask [prompt] [file] [private]" in lines_of(english)
    assert "/質問 [内容] [ファイル] [非公開]" in lines_of(japanese)
    assert "/play query [next]" in lines_of(english)
    assert "/forget [channel]" in lines_of(english)
    assert "/会話削除 [チャンネル全体]" in lines_of(japanese)


@pytest.mark.parametrize(
    ("locale", "heading", "name"),
    [
        (Locale.ENGLISH, "In a message's menu, under *Apps*:", "Translate"),
        (Locale.JAPANESE, "メッセージのメニュー「アプリ」から:", "翻訳"),
    ],
)
def test_commands_of_a_messages_menu_are_listed_as_such(
    locale: Locale, heading: str, name: str
) -> None:
    lines = groups_of(asked_by_owner(locale))[Group.CONVERSATION.value.in_(locale)]
    under = lines[lines.index(heading) + 1 :]
    assert any(line.startswith(f"- `{name}` ") for line in under)
    assert not any(line.startswith("- `/") for line in under)


def test_what_takes_a_permission_is_listed_for_those_who_have_it() -> None:
    asking = slash("help")
    for permissions, is_listed in (("0", False), (str(1 << 5), True), (str(1 << 3), True)):
        reply = Bot().client.send(asking.with_member(permissions=permissions))
        assert ("/config" in lines_of(reply.json["data"])) is is_listed
    reply = Bot(OWNER_IDS=OWNER).client.send(asking.by(OWNER))
    assert "/config" in lines_of(reply.json["data"])


class ManyCommands:
    """A registry as full as somebody's may become, with a word on each of that length."""

    def __init__(self, count: int, *, described: int, group: Group | None = None) -> None:
        groups = [group] if group else [*Group]
        self._commands = [
            Command(
                name=Text(en=f"command{number}", ja=f"コマンド{number}"),
                description=Text(en="x" * described, ja="説" * described),
                handler=Instant(run=lambda _context: Message(content="x")),
                options=(Option(name=Text(en="a", ja="あ"), description=Text(en="a", ja="あ")),),
                kind=CommandKind.SLASH if number else CommandKind.MESSAGE,
                group=groups[number % len(groups)],
            )
            for number in range(count)
        ]

    def find(self, name: str) -> Command | None:
        return next((command for command in self._commands if command.name.en == name), None)

    def all(self) -> Sequence[Command]:
        return self._commands


@pytest.mark.parametrize("described", [20, 100])
@pytest.mark.parametrize("count", [1, 25, 26, 50, 100, 130])
@pytest.mark.parametrize("group", [None, Group.OTHER])
@pytest.mark.parametrize("locale", Locale)
def test_a_hundred_commands_are_listed_as_well(
    locale: Locale, group: Group | None, count: int, described: int
) -> None:
    payload = slash("help").in_language(locale.value).build()
    bot = Bot()
    registry = ManyCommands(count, described=described, group=group)
    context = Context(Interaction.from_payload(payload), bot.settings, bot.clock, registry)
    data = show_help(context).to_payload()
    assert_takes_callback(payload, {"type": 4, "data": data})
    lines = lines_of(data)
    assert len(lines) == count
    if count * (described + 20) < 5000:  # where there is room, each is explained
        assert all(lines.values())


def test_a_command_that_names_no_group_is_listed_behind_the_others() -> None:
    command = Command(
        name=Text(en="roll", ja="サイコロ"),
        description=Text(en="Roll some dice", ja="サイコロを振ります"),
        handler=Instant(run=lambda _context: Message(content="x")),
    )
    assert command.group is [*Group][-1]
