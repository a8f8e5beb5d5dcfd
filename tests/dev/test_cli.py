from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from dev import cli
from dev.checkout import Checkout

ROOT = Checkout.here().root


def test_alone_it_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert f"  {name}" in shown
        assert command.help in shown


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upp"]) == 2
    assert "There is no command 'upp'" in capsys.readouterr().out


def test_every_command_has_its_module() -> None:
    for command in cli.COMMANDS.values():
        assert (ROOT / f"{command.module.replace('.', '/')}.py").is_file()


def test_an_old_python_can_read_the_line_that_says_so() -> None:
    source = (ROOT / "dev" / "__main__.py").read_text()
    tree = ast.parse(source, feature_version=(3, 4))
    first_code = next(node for node in tree.body if isinstance(node, ast.If))
    assert "version_info" in ast.unparse(first_code.test)


def test_it_runs_from_any_folder(tmp_path: str) -> None:
    shown = subprocess.run(
        [sys.executable, ROOT / "dev"], cwd=tmp_path, text=True, capture_output=True, check=True
    ).stdout
    assert "start everything and print the addresses" in shown


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_needs_nothing_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(
        Checkout, "here", classmethod(lambda cls: cls(ROOT, tmp_path / "of-a-fresh-clone"))
    )
    if cli.COMMANDS[name].layers:
        assert cli.main([name, "--help"]) == 0
    else:
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: python3 dev {name}")
    assert not (tmp_path / "of-a-fresh-clone").exists()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], cli.UNREAD),
        (["models"], cli.UNREAD),
        (["nonsense"], cli.UNREAD),
        (["models", "--help"], 0),  # argparse makes nothing of it by itself
    ],
    ids=str,
)
def test_it_ends_without_a_word_where_nobody_reads_it(arguments: list[str], status: int) -> None:
    """As in `python3 dev models | head -3`, whose reader ends before it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [sys.executable, ROOT / "dev", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert (run.returncode, run.stderr) == (status, "")


def test_a_connection_that_broke_is_no_reader_that_went(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_arguments: Sequence[str]) -> int:
        raise BrokenPipeError

    monkeypatch.setitem(sys.modules, "breaking", SimpleNamespace(main=break_off))
    monkeypatch.setitem(cli.COMMANDS, "break", cli.Command("breaking", "break", ()))
    with pytest.raises(BrokenPipeError):
        cli.main(["break"])


@pytest.mark.parametrize("spared", [None, "", "*", "example.com, 10.0.0.1"])
def test_a_proxy_is_not_asked_for_what_runs_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, spared: str | None
) -> None:
    asked: dict[str, bool] = {}

    def look(_arguments: Sequence[str]) -> int:
        for url in ("http://127.0.0.1:3000/", "http://localhost:3000/", "http://example.org/"):
            asked[url] = bool(requests.utils.get_environ_proxies(url))
        return 0

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        if spared is not None:
            monkeypatch.setenv(name, spared)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "looking", SimpleNamespace(main=look))
    monkeypatch.setitem(cli.COMMANDS, "look", cli.Command("looking", "look", ()))
    assert cli.main(["look"]) == 0
    assert asked == {
        "http://127.0.0.1:3000/": False,
        "http://localhost:3000/": False,
        "http://example.org/": spared != "*",
    }


def test_what_the_user_spared_from_the_proxy_stays_spared() -> None:
    environ = {"NO_PROXY": "example.com, 127.0.0.1"}
    cli.spare_this_machine(environ)
    assert environ == {
        "NO_PROXY": "example.com,127.0.0.1,localhost",
        "no_proxy": "example.com,127.0.0.1,localhost",
    }
