"""docs/adding-a-command.md keeps its promise: the file that it shows is a working command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lib.interactions.dispatch import Dispatcher
from lib.interactions.interaction import Interaction
from lib.interactions.registry import CommandRegistry
from lib.settings import Settings
from tests.discord_bodies import assert_takes_callback, assert_takes_commands
from tests.fakes.clock import ManualClock
from tests.payloads import slash

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-command.md"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandRegistry:
    """A folder of commands that holds the page's file and nothing else."""
    source = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert source is not None
    package = tmp_path / "commands_of_the_page"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "roll.py").write_text(source[1])
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        monkeypatch.delitem(sys.modules, name)
    return CommandRegistry(package.name)


def test_the_new_command_is_found_and_can_be_registered(registry: CommandRegistry) -> None:
    assert [command.name.en for command in registry.all()] == ["roll"]
    assert_takes_commands([command.to_payload() for command in registry.all()])


@pytest.mark.parametrize(("language", "said"), [("en-US", "You rolled"), ("ja", "出目は")])
def test_the_new_command_answers_in_both_languages(
    registry: CommandRegistry, language: str, said: str
) -> None:
    dispatcher = Dispatcher(registry, Settings(), ManualClock())
    payload = slash("roll", count=3).in_language(language).build()
    dispatched = dispatcher.dispatch(Interaction.from_payload(payload))
    assert_takes_callback(payload, dispatched.callback)
    assert said in str(dispatched.callback["data"])
