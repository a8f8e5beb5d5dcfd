"""Made for real, but without the network: the requirement files of these checkouts are empty."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import pytest

from dev import environment
from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Layer, prepare, readable_tail
from dev.errors import StackError

PREPARE = """
import sys
from pathlib import Path
from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Layer, prepare
root = Path(sys.argv[1])
prepare(Checkout(root, root / ".halley"), (Layer.RUN,), console=Console())
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for name in ("requirements.txt", "dev/requirements.txt", "tests/requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dev" / "constraints.txt").touch()
    return Checkout(tmp_path, tmp_path / ".halley")


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def test_it_is_made_once_and_kept_until_a_file_changes(
    checkout: Checkout, console: Console, output: io.StringIO
) -> None:
    prepare(checkout, (Layer.RUN,), console=console)
    assert [line.split()[:2] for line in output.getvalue().splitlines()] == [
        ["·", "Environment"],
        ["✓", "Environment"],
        ["·", "Packages"],
        ["✓", "Packages"],
    ]
    assert "requirements.txt … (takes some minutes)" in output.getvalue()

    output.truncate(0)
    prepare(checkout, (Layer.RUN,), console=console)
    assert output.getvalue() == ""

    (checkout.root / "dev" / "requirements.txt").write_text("# a line more\n")
    output.seek(0)
    prepare(checkout, (Layer.RUN,), console=console)
    assert [line.split()[1] for line in output.getvalue().splitlines()] == ["Packages", "Packages"]

    (checkout.root / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    with pytest.raises(StackError) as failure:
        prepare(checkout, (Layer.RUN,), console=console)
    assert failure.value.message.startswith("pip could not install requirements.txt")
    assert any("no-such-package-anywhere" in line for line in failure.value.details)


def test_a_python_that_went_away_has_it_made_anew(checkout: Checkout, console: Console) -> None:
    prepare(checkout, (Layer.RUN,), console=console)
    checkout.python.unlink()
    checkout.python.symlink_to("/nowhere/python3")
    prepare(checkout, (Layer.RUN,), console=console)
    subprocess.run([checkout.python, "-c", ""], check=True)


def test_two_commands_started_at_once_take_turns(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, checkout.root],
            cwd=Checkout.here().root,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    shown = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(text.count("✓") for text in shown) == [0, 2]  # one of them found it made


def test_a_missing_venv_module_is_told_in_one_line(
    checkout: Checkout, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "ensurepip" else find(name),
    )
    with pytest.raises(StackError, match=r"has no venv module.*sudo apt install python3"):
        prepare(checkout, (Layer.RUN,), console=console)


def test_an_incomplete_checkout_is_told(checkout: Checkout, console: Console) -> None:
    (checkout.root / "dev" / "constraints.txt").unlink()
    checkout.home.mkdir()
    checkout.python.parent.mkdir(parents=True)
    checkout.python.symlink_to(sys.executable)
    with pytest.raises(StackError, match=r"constraints\.txt is missing"):
        prepare(checkout, (Layer.RUN,), console=console)


def test_a_program_s_last_words_are_shown_short_and_without_its_retries() -> None:
    said = "\n".join(
        ["first", "", "WARNING: Retrying (Retry(total=4)) after ...", "word " * 100, "last"]
    )
    lines = readable_tail(said)
    assert lines[0] == "first"
    assert lines[-1] == "last"
    assert len(lines) == 3
    assert max(map(len, lines)) <= environment.TAIL_WIDTH
