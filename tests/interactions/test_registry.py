"""A command is one file: found by its name, loaded alone, and nothing else is ever loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.interactions.command import Command
from lib.interactions.registry import CommandRegistry

COMMAND = """
from lib.interactions.command import Command, Instant
from lib.interactions.response import Message
from lib.locales import Text

command = Command(
    name=Text(en={name!r}, ja={name!r}),
    description=Text(en="d", ja="d"),
    handler=Instant(run=lambda context: Message(content={name!r})),
)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of commands of its own, importable as `some_commands`."""
    folder = tmp_path / "some_commands"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_commands"]:
        del sys.modules[name]


def test_a_new_file_is_a_new_command(package: Path) -> None:
    (package / "comet.py").write_text(COMMAND.format(name="comet"))
    registry = CommandRegistry("some_commands")
    found = registry.find("comet")
    assert isinstance(found, Command)
    assert found.name.en == "comet"
    assert registry.find("comet") is found
    assert [command.name.en for command in registry.all()] == ["comet"]


def test_finding_one_command_loads_no_other(package: Path) -> None:
    (package / "comet.py").write_text(COMMAND.format(name="comet"))
    (package / "broken.py").write_text("raise ZeroDivisionError")
    assert CommandRegistry("some_commands").find("comet") is not None
    assert "some_commands.broken" not in sys.modules


def test_a_name_with_a_hyphen_or_a_space_is_a_file_with_an_underscore(package: Path) -> None:
    (package / "look_up.py").write_text(COMMAND.format(name="look-up"))
    (package / "explain_this.py").write_text(COMMAND.format(name="Explain this"))
    registry = CommandRegistry("some_commands")
    assert registry.find("look-up") is not None
    assert registry.find("Explain this") is not None
    assert registry.find("look_up") is None
    assert registry.find("explain this") is None


def test_private_files_and_other_files_are_no_commands(package: Path) -> None:
    (package / "_shared.py").write_text("X = 1")
    (package / "notes.txt").write_text("x")
    (package / "comet.py").write_text(COMMAND.format(name="comet"))
    registry = CommandRegistry("some_commands")
    assert [command.name.en for command in registry.all()] == ["comet"]
    for name in ("_shared", "notes", "notes.txt", "__init__", "some_commands"):
        assert registry.find(name) is None


def test_a_file_that_is_broken_is_no_missing_command(package: Path) -> None:
    (package / "broken.py").write_text("import a_module_that_is_not_there")
    (package / "empty.py").write_text("command = None")
    registry = CommandRegistry("some_commands")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        registry.find("broken")
    with pytest.raises(TypeError, match="has no `command`"):
        registry.find("empty")


@given(name=st.text() | st.sampled_from(["os", "sys", "lib", "..", "ask.__class__", "a" * 10_000]))
def test_no_name_loads_anything_but_a_command(name: str) -> None:
    before = set(sys.modules)
    found = CommandRegistry("lib.commands").find(name)
    assert found is None or found.name.en == name
    loaded = {module for module in set(sys.modules) - before if "commands" not in module}
    assert found is not None or not loaded
