"""What Discord is told of the commands: within its limits, in both languages."""

from __future__ import annotations

import re

import pytest

from lib.interactions.command import Command, CommandKind, OptionKind
from lib.interactions.registry import CommandRegistry
from lib.locales import Locale
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


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
@pytest.mark.parametrize("locale", Locale)
def test_names_and_descriptions_keep_to_the_pattern_in_every_language(
    command: Command, locale: Locale
) -> None:
    if command.kind is not CommandKind.SLASH:
        assert MENU_NAME.fullmatch(command.name.in_(locale))
        assert not command.options
        return
    families = [[command], command.subcommands, command.options]
    families += [entry.options for entry in command.subcommands]
    for family in families:
        names = [entry.name.in_(locale) for entry in family]
        assert len(names) == len(set(names))
        for entry in family:
            assert NAME.fullmatch(entry.name.in_(locale))
            assert entry.name.in_(locale) == entry.name.in_(locale).lower()
            assert 1 <= len(entry.description.in_(locale)) <= 100


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
def test_no_command_has_more_text_than_discord_takes(command: Command) -> None:
    options = [*command.options, *(o for entry in command.subcommands for o in entry.options)]
    texts = [t for o in (command, *command.subcommands, *options) for t in (o.name, o.description)]
    choices = [f"{choice.name}{choice.value}" for option in options for choice in option.choices]
    longest = sum(max(len(text.en), len(text.ja)) for text in texts) + sum(map(len, choices))
    assert longest <= LONGEST_IN_ALL


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
