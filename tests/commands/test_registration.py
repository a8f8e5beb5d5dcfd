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


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
@pytest.mark.parametrize("locale", Locale)
def test_names_and_descriptions_keep_to_the_pattern_in_every_language(
    command: Command, locale: Locale
) -> None:
    assert command.kind is CommandKind.SLASH
    texts = [(command.name, command.description)]
    texts += [(option.name, option.description) for option in command.options]
    for name, description in texts:
        assert NAME.fullmatch(name.in_(locale))
        assert name.in_(locale) == name.in_(locale).lower()
        assert 1 <= len(description.in_(locale)) <= 100
    names = [option.name.in_(locale) for option in command.options]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("locale", Locale)
def test_no_two_commands_share_a_name_in_a_language(locale: Locale) -> None:
    names = [command.name.in_(locale) for command in COMMANDS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name.en)
def test_required_options_come_first(command: Command) -> None:
    is_required = [option.required for option in command.options]
    assert is_required == sorted(is_required, reverse=True)


def test_the_file_of_a_command_bears_its_name() -> None:
    registry = CommandRegistry("lib.commands")
    for command in COMMANDS:
        assert registry.find(command.name.en) is not None


def test_the_question_is_bounded_and_the_rest_may_be_left_out() -> None:
    (ask,) = [command for command in COMMANDS if command.name.en == "ask"]
    prompt, private = (option.to_payload() for option in ask.options)
    assert (prompt["min_length"], prompt["max_length"], prompt["required"]) == (1, 4000, True)
    assert private["type"] == OptionKind.FLAG
    assert "required" not in private
    assert prompt["name_localizations"] == {"ja": "内容"}
