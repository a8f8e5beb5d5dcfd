from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.errors import StackError
from dev.leftovers import command_of, end_leftover
from dev.processes import Process, Program, plain_environment
from tests.dev.sleepers import asleep

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
OBEDIENT = "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
PARENT = """
import asyncio, sys
from pathlib import Path
from dev.processes import Process, Program
async def main():
    log = Path(sys.argv[1])
    await Process.start(Program(name="child", command=("sleep", "1000"), log=log))
    process = await Process.start(Program(name="child", command=("sleep", "1000"), log=log))
    print(process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def shell(script: str, log: Path) -> Program:
    return Program(name="The script", command=("/bin/sh", "-c", script), log=log)


async def says(process: Process, word: str) -> None:
    async def has_said() -> bool:
        log = process.program.log
        return log.exists() and word in log.read_text()

    await process.become_ready(has_said, within_seconds=20)


def test_it_is_asked_to_stop_and_its_words_are_kept(tmp_path: Path) -> None:
    async def scenario() -> int:
        process = await Process.start(shell(OBEDIENT, tmp_path / "log"))
        await says(process, "ready")
        await process.stop()
        return await process.wait()

    assert asyncio.run(scenario()) == 0
    assert (tmp_path / "log").read_text() == "ready\nasked\n"


def test_one_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    async def scenario() -> int:
        process = await Process.start(shell(STUBBORN, tmp_path / "log"))
        await says(process, "ready")
        await process.stop(patience_seconds=0.1)
        return await process.wait()

    assert asyncio.run(scenario()) == -signal.SIGKILL


def test_one_that_ends_before_it_is_ready_shows_its_last_words(tmp_path: Path) -> None:
    async def scenario() -> None:
        process = await Process.start(shell("echo no such luck; exit 3", tmp_path / "log"))
        await says(process, "ready")

    with pytest.raises(StackError, match="The script did not start") as failure:
        asyncio.run(scenario())
    assert failure.value.details == ("no such luck",)


def test_one_that_never_becomes_ready_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> None:
        process = await Process.start(shell("exec sleep 1000", tmp_path / "log"))
        with pytest.raises(StackError, match="did not become ready"):
            await process.become_ready(never, within_seconds=0.1)
        assert process.has_ended

    async def never() -> bool:
        return False

    asyncio.run(scenario())


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    program = Program(name="PostgREST", command=("/nowhere/postgrest",), log=tmp_path / "log")
    with pytest.raises(StackError, match="PostgREST cannot be started: No such file"):
        asyncio.run(Process.start(program))


def test_lines_are_heard_as_they_come_and_very_long_ones_in_parts(tmp_path: Path) -> None:
    heard: list[str] = []
    script = "echo one; head -c 200000 /dev/zero | tr '\\0' x; echo; printf last"
    program = Program(
        name="it", command=("/bin/sh", "-c", script), log=tmp_path / "log", on_line=heard.append
    )

    async def scenario() -> None:
        await (await Process.start(program)).wait()

    asyncio.run(scenario())
    assert heard[0] == "one"
    assert heard[-1] == "last"
    assert "".join(heard[1:-1]) == "x" * 200_000


def test_nothing_of_the_user_s_database_settings_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    assert "PGHOST" not in plain_environment()

    async def scenario() -> None:
        await (await Process.start(shell("env", tmp_path / "log"))).wait()

    asyncio.run(scenario())
    assert "PGHOST" not in (tmp_path / "log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"],
        cwd=Checkout.here().root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert "sleep 1000" in command_of(child)
    parent.kill()
    parent.communicate()
    while "sleep 1000" in command_of(child):
        os.sched_yield()


class TestLeftovers:
    def test_one_that_is_known_by_its_command_line_is_ended(self) -> None:
        leftover = asleep(1001)
        # Linux tells of a program's start a moment before it shows its command line.
        while "sleep 1001" not in command_of(leftover.pid):
            os.sched_yield()
        asyncio.run(end_leftover(leftover.pid, sign="sleep 1001"))
        assert leftover.wait(timeout=60) == -signal.SIGTERM

    def test_another_program_of_the_same_number_is_left_alone(self) -> None:
        other = asleep(1002)
        try:
            asyncio.run(end_leftover(other.pid, sign="postgres -D /somewhere"))
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_one_that_has_gone_is_no_matter(self) -> None:
        gone = subprocess.Popen(["true"])
        gone.wait()
        asyncio.run(end_leftover(gone.pid, sign="true"))
        assert command_of(gone.pid) == ""
