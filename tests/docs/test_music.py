"""docs/music.md: what it quotes is what the bot says, logs, reads and runs."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.cli import COMMANDS
from lib.settings import Settings

ROOT = Checkout.here().root
ENGLISH, JAPANESE = PAGES = ("music.md", "music.ja.md")
CODE = [
    *(ROOT / "worker").rglob("*.py"),
    *(ROOT / "lib" / "commands").glob("*.py"),
    *(ROOT / "lib" / "jobs").glob("*.py"),
    *(ROOT / "lib" / "music").glob("*.py"),
]
QUOTED = {ENGLISH: re.compile(r"\*([^*]+)\*"), JAPANESE: re.compile("「([^」]+)」")}
HEADINGS = {ENGLISH: "What it says, and what that means", JAPANESE: "表示されるメッセージ"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    return page(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def tables(text: str) -> Iterator[list[list[str]]]:
    """The cells of each table's rows, without its head."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        yield [row.strip("|").split("|") for row in table.splitlines()[2:]]


def strings() -> str:
    """Every text in the code, as somebody sees it in Discord."""
    said = [
        node.value
        for file in CODE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join(said).replace("<#{channel}>", "#channel").replace("`", "")


@pytest.fixture(scope="module")
def said() -> str:
    return strings()


@pytest.mark.parametrize("name", PAGES)
def test_every_message_that_is_explained_is_one_that_the_bot_sends(name: str, said: str) -> None:
    messages, _ = tables(section(name, HEADINGS[name]))
    quotations = [quoted for row in messages for quoted in QUOTED[name].findall(row[0])]
    assert len(quotations) >= len(messages)
    unknown = [quoted for quoted in quotations if quoted.replace("`", "") not in said]
    assert unknown == []


def test_both_languages_explain_as_much() -> None:
    rows = [[len(table) for table in tables(page(name))] for name in PAGES]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("name", PAGES)
def test_every_event_that_is_explained_is_logged(name: str) -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in CODE)
    _, events = tables(section(name, HEADINGS[name]))
    for row in events:
        for event in re.findall(r"`(\w+)`", row[0]):
            assert f'"{event}"' in code


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_is_one_that_is_read(name: str) -> None:
    (settings,) = tables(page(name).split("\n## ")[-2])
    names = [setting for row in settings for setting in re.findall(r"`([A-Z_]+)`", row[0])]
    reader = (ROOT / "lib" / "settings.py").read_text()
    assert [setting for setting in names if f'"{setting}"' not in reader] == []
    of_music = {field.name.upper() for field in fields(Settings) if field.name.startswith("music")}
    assert of_music < set(names)


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_the_checkout_is_there(name: str) -> None:
    commands = re.findall(r"python3 dev (\w+)", page(name))
    assert "worker" in commands
    assert set(commands) <= set(COMMANDS)


def typed(name: str) -> list[list[str]]:
    """What is to be typed, word by word, without what everybody fills in and without comments."""
    blocks = re.findall(r"^ *```\n(.*?)```", page(name), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in re.sub("<[^>]*>", "", block).splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


def test_both_languages_have_the_same_lines_to_type() -> None:
    assert typed(ENGLISH) == typed(JAPANESE)


@pytest.mark.parametrize("name", PAGES)
def test_what_it_points_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page(name)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = ROOT / "docs" / (path or name)
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(file: Path) -> set[str]:
    """The names by which a page's headings are reached."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
