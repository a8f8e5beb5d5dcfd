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


def test_one_that_is_replaced_has_not_crashed(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    async def scenario() -> None:
        starts = Starts("exec sleep 1000", tmp_path)
        async with Keeper("The functions host", starts, console=console) as keeper:
            pids = [await starts.pids.get()]
            for _ in range(2 * MOST_ENDS):
                await keeper.replace(patience_seconds=10)
                pids.append(await starts.pids.get())
            assert len(set(pids)) == len(pids)
            os.kill(pids[-1], signal.SIGKILL)  # a crash still is one
            await starts.pids.get()

    asyncio.run(scenario())
    assert output.getvalue() == "  ! The functions host was ended by SIGKILL; starting it again.\n"


def test_what_is_replaced_may_end_its_work_beside_the_new_one(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.keepers.LEAVE_SECONDS", 0.0)
    word = tmp_path / "word"
    os.mkfifo(word)
    script = f"trap 'cat {word} > {tmp_path}/done; exit 0' TERM; echo > {tmp_path}/up; cat {word}.2"
    os.mkfifo(tmp_path / "word.2")

    async def scenario() -> None:
        starts = Starts(script, tmp_path)
        async with Keeper("It", starts, console=console) as keeper:
            first = await starts.pids.get()
            while not (tmp_path / "up").exists():
                await asyncio.sleep(0)
            quiet = Starts("exec sleep 1000", tmp_path)
            with (tmp_path / "word.2").open("wb", buffering=0):
                await keeper.replace(quiet, patience_seconds=60)
                assert await quiet.pids.get() != first
                os.kill(first, 0)  # it still has something to do
            await asyncio.to_thread(word.write_text, "the end of its work")
            while not (tmp_path / "done").exists() or not (tmp_path / "done").read_text():
                await asyncio.sleep(0)

    asyncio.run(scenario())
    assert (tmp_path / "done").read_text() == "the end of its work"


def test_a_replacement_that_does_not_start_can_be_tried_again(
    tmp_path: Path, console: Console, output: io.StringIO
) -> None:
    async def scenario() -> None:
        starts = Starts("exec sleep 1000", tmp_path)
        async with Keeper("It", starts, console=console) as keeper:
            await starts.pids.get()
            starts.problem = StackError("It cannot be started.")
            with pytest.raises(StackError):
                await keeper.replace(patience_seconds=10)
            await keeper.replace(patience_seconds=10)
            os.kill(await starts.pids.get(), 0)

    asyncio.run(scenario())
    assert output.getvalue() == ""
