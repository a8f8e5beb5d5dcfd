from __future__ import annotations

import io
import re

import pytest

from dev.console import Console
from dev.errors import StackError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_a_finished_step_is_one_line_with_its_time(console: Console, output: io.StringIO) -> None:
    with console.step("Database") as step:
        step.detail = "PostgreSQL on port 7630"
    assert re.fullmatch(r"  ✓ Database +PostgreSQL on port 7630 +\d+\.\d s\n", output.getvalue())


def test_a_pipe_gets_no_control_characters(console: Console, output: io.StringIO) -> None:
    with console.step("Database"):
        console.warn("Port 1 is taken.")
    console.fail(StackError("It broke.", ["the last line"]))
    assert "\x1b" not in output.getvalue()
    assert "\r" not in output.getvalue()


def test_a_pipe_is_told_at_its_begin_of_what_takes_long(
    console: Console, output: io.StringIO
) -> None:
    with console.step("Packages", "requirements.txt", lasting="some minutes"):
        assert output.getvalue() == "  · Packages     requirements.txt … (takes some minutes)\n"
        output.truncate(0)
        output.seek(0)
    assert re.fullmatch(r"  ✓ Packages +requirements\.txt +\d+\.\d s\n", output.getvalue())


def test_quiet_keeps_what_takes_long_to_itself(output: io.StringIO) -> None:
    with Console(output, quiet=True).step("Packages", lasting="some minutes"):
        pass
    assert output.getvalue() == ""


def test_a_terminal_is_told_how_long_it_takes_and_the_line_gives_way(terminal: Terminal) -> None:
    with Console(terminal).step("Packages", "requirements.txt", lasting="some minutes"):
        assert "requirements.txt … (takes some minutes)" in terminal.getvalue()
        assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 1


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_that_nobody_reads_is_told_once_and_keeps_nothing_from_being_put_in_order() -> None:
    console = Console(Unread())
    with pytest.raises(BrokenPipeError):
        console.say("hello")
    with console.step("Database", "stopped"):
        console.say("goodbye")


def test_a_step_that_fails_leaves_no_tick(console: Console, output: io.StringIO) -> None:
    with pytest.raises(StackError), console.step("Database"):
        raise StackError("It broke.")
    assert output.getvalue() == ""


def test_a_terminal_shows_the_running_step_and_rewrites_it(terminal: Terminal) -> None:
    console = Console(terminal)
    with console.step("Database", "starting"):
        assert "Database     starting …" in terminal.getvalue()
        console.warn("Port 1 is taken.")
        # The warning stands above, and the running step is shown again below it.
        assert terminal.getvalue().endswith("Database     starting …")
    assert "\x1b[32m✓" in terminal.getvalue()


def test_no_color_is_respected(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(terminal)
    with console.step("Database"):
        console.warn("Port 1 is taken.")
    assert not re.search(r"\x1b\[\d+m", terminal.getvalue())


def test_quiet_shows_problems_alone(output: io.StringIO) -> None:
    console = Console(output, quiet=True)
    with console.step("Database"):
        console.say("hello")
        console.warn("Port 1 is taken.")
    console.fail(StackError("It broke.", ["the last line"]))
    assert output.getvalue() == "  ! Port 1 is taken.\n  ✗ It broke.\n    the last line\n"


def test_a_step_that_ended_with_a_problem_has_no_tick(
    console: Console, output: io.StringIO
) -> None:
    with console.step("Functions", "all of them") as step:
        step.problem = "one cannot be loaded"
    assert "! Functions    one cannot be loaded" in output.getvalue()
    assert "✓" not in output.getvalue()
    assert "all of them" not in output.getvalue()
