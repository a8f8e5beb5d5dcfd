"""What Discord is told of the commands: within its limits, in both languages."""

from __future__ import annotations

import re

import pytest

from lib.interactions.command import Command, CommandKind, OptionKind
from lib.interactions.registry import CommandRegistry
from lib.interactions.response import Choice
from lib.locales import Locale, Text
from tests.discord_bodies import assert_takes_commands

COMMANDS = CommandRegistry("lib.commands").all()
# https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")


def test_discord_would_take_them_all_at_once() -> None:
    assert_takes_commands([command.to_payload() for command in COMMANDS])


def test_the_commands_of_the_readme_are_there() -> None:
    names = {command.name.en for command in COMMANDS}
    assert names >= {"about", "ask", "help", "ping", "privacy"}
    assert names >= {"config", "forget", "history", "model", "usage"}


# A command of a menu may have spaces in its name, and capitals.
MENU_NAME = re.compile(r"[-_' \w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
LONGEST_IN_ALL = 8000


def families_of(command: Command) -> list[list[tuple[Text, Text]]]:
    """The names and descriptions that stand beside each other: of the command alone, of its
    entries, and of the options of each.
    """
    entries, options = command.subcommands, [command.options]
    options += [entry.options for entry in entries]
    return [
        [(command.name, command.description)],
        [(entry.name, entry.description) for entry in entries],
        *([(option.name, option.description) for option in family] for family in options),
    ]


def choices_of(command: Command) -> list[Choice]:
    options = [*command.options, *(o for entry in command.subcommands for o in entry.options)]
    return [choice for option in options for choice in option.choices]


def name_of(choice: Choice) -> Text:
    return choice.name if isinstance(choice.name, Text) else Text(choice.name, choice.name)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
@pytest.mark.parametrize("locale", Locale)
def test_names_and_descriptions_keep_to_the_pattern_in_every_language(
    command: Command, locale: Locale
) -> None:
    if command.kind is not CommandKind.SLASH:
        assert MENU_NAME.fullmatch(command.name.in_(locale))
        assert not command.options
        return
    for family in families_of(command):
        names = [name.in_(locale) for name, _ in family]
        assert len(names) == len(set(names))
        assert names == [name.lower() for name in names]
        assert all(NAME.fullmatch(name) for name in names)
        assert all(1 <= len(description.in_(locale)) <= 100 for _, description in family)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
def test_no_command_has_more_text_than_discord_takes(command: Command) -> None:
    texts = [text for family in families_of(command) for pair in family for text in pair]
    texts += [name_of(choice) for choice in choices_of(command)]
    values = [str(choice.value) for choice in choices_of(command)]
    longest = sum(max(len(text.en), len(text.ja)) for text in texts) + sum(map(len, values))
    assert longest <= LONGEST_IN_ALL


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
def test_each_user_reads_choices_in_one_language(command: Command) -> None:
    for choice in choices_of(command):
        name = name_of(choice)
        assert " · " not in name.en + name.ja
        if not name.en.isascii():
            assert name.en == name.ja == "日本語"  # a language's own name
        if name.en != name.ja:
            assert choice.to_payload()["name_localizations"] == {"ja": name.ja}


@pytest.mark.parametrize("locale", Locale)
def test_no_two_commands_share_a_name_in_a_language(locale: Locale) -> None:
    names = [command.name.in_(locale) for command in COMMANDS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
def test_required_options_come_first(command: Command) -> None:
    for options in (command.options, *(entry.options for entry in command.subcommands)):
        is_required = [option.required for option in options]
        assert is_required == sorted(is_required, reverse=True)


def test_the_file_of_a_command_bears_its_name() -> None:
    registry = CommandRegistry("lib.commands")
    for command in COMMANDS:
        assert registry.find(command.name.en) is not None


def test_the_question_is_bounded_and_all_of_it_may_be_left_out() -> None:
    (ask,) = [command for command in COMMANDS if command.name.en == "ask"]
    prompt, file, private = (option.to_payload() for option in ask.options)
    assert prompt["max_length"] == 4000
    assert (file["type"], private["type"]) == (OptionKind.ATTACHMENT, OptionKind.FLAG)
    assert not any("required" in option for option in (prompt, file, private))
    assert prompt["name_localizations"] == {"ja": "内容"}


def test_the_server_is_steered_by_those_who_manage_it_and_there_alone() -> None:
    (config,) = [command for command in COMMANDS if command.name.en == "config"]
    payload = config.to_payload()
    assert payload["default_member_permissions"] == str(1 << 5)
    assert payload["contexts"] == [0]
