from __future__ import annotations

import ast
import subprocess
import sys

import pytest

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
