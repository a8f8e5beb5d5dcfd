from __future__ import annotations

import asyncio
import io
import os
import signal
from pathlib import Path

import pytest

from dev.console import Console
from dev.errors import StackError
from dev.keepers import MOST_ENDS, Keeper
from dev.processes import Process, Program


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.keepers.PAUSE_SECONDS", 0.0)


class Starts:
    """Starts a program, and remembers each pid."""

    def __init__(self, script: str, folder: Path) -> None:
        self.pids: asyncio.Queue[int] = asyncio.Queue()
        self.problem: StackError | None = None
        self._program = Program(name="It", command=("/bin/sh", "-c", script), log=folder / "it.log")

    async def __call__(self) -> Process:
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        process = await Process.start(self._program)
        self.pids.put_nowait(process.pid)
        return process


def test_one_that_was_killed_is_started_again(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    async def scenario() -> None:
        starts = Starts("exec sleep 1000", tmp_path)
        async with Keeper("PostgREST", starts, console=console):
            first = await starts.pids.get()
            os.kill(first, signal.SIGKILL)
            assert await starts.pids.get() != first

    asyncio.run(scenario())
    assert output.getvalue() == "  ! PostgREST was ended by SIGKILL; starting it again.\n"


def test_a_start_that_fails_is_told_and_tried_again(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    async def scenario() -> None:
        starts = Starts("exec sleep 1000", tmp_path)
        async with Keeper("PostgREST", starts, console=console):
            starts.problem = StackError("It cannot be started.")
            os.kill(await starts.pids.get(), signal.SIGKILL)
            await starts.pids.get()

    asyncio.run(scenario())
    assert "✗ It cannot be started." in output.getvalue()


def test_one_that_keeps_ending_is_given_up_with_a_line_that_says_so(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    async def scenario() -> int:
        starts = Starts("exit 3", tmp_path)
        async with Keeper("PostgREST", starts, console=console) as keeper:
            await keeper.given_up
        return starts.pids.qsize()

    assert asyncio.run(scenario()) == MOST_ENDS
    lines = output.getvalue().splitlines()
    assert lines[0] == "  ! PostgREST ended with status 3; starting it again."
    assert lines[-1] == f"  ! PostgREST keeps ending. Its log: {tmp_path / 'it.log'}"


def test_one_that_cannot_start_at_all_is_the_caller_s_to_know(
    tmp_path: Path, console: Console
) -> None:
    starts = Starts("exec sleep 1000", tmp_path)
    starts.problem = StackError("It cannot be started.")

    async def scenario() -> None:
        async with Keeper("PostgREST", starts, console=console):
            pass

    with pytest.raises(StackError, match="It cannot be started"):
        asyncio.run(scenario())


def test_it_is_stopped_at_the_end_and_its_start_was_noted(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    noted: list[tuple[str, int]] = []

    async def scenario() -> int:
        starts = Starts("exec sleep 1000", tmp_path)
        keeper = Keeper(
            "PostgREST",
            starts,
            console=console,
            on_start=lambda name, pid: noted.append((name, pid)),
        )
        async with keeper:
            return await starts.pids.get()

    pid = asyncio.run(scenario())
    assert noted == [("PostgREST", pid)]
    assert output.getvalue() == ""
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
