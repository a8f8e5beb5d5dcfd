"""Programs that the stack starts: started with their end in mind, stopped by their own pid."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Self

from dev.accounts import Account
from dev.errors import StackError

STOP_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
TAIL_LINES = 12
_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def plain_environment() -> dict[str, str]:
    """What every program needs of the environment, and no more."""
    names = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run and how to end it.

    `stop_signal` asks it to stop; Linux also sends it if this process dies without a chance to.
    The log file gets what the program writes, and `on_line` hears each line of it. The default
    environment has nothing of the user's own, so that no setting for other databases gets in.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=plain_environment)
    stop_signal: Signals = signal.SIGTERM
    account: Account | None = None
    pass_fds: tuple[int, ...] = ()
    cwd: Path = Path("/")
    on_line: Callable[[str], None] | None = None


class Process:
    """A running program. Use `start`, and `stop` when done with it."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self.program = program
        self._process = process
        output = process.stdout
        self._lines = asyncio.create_task(self._keep_lines(output)) if output else None

    @classmethod
    async def start(cls, program: Program) -> Self:
        """Start the program, in a session of its own.

        So Ctrl-C reaches this process alone, and the stack ends in order.
        """
        parent = os.getpid()
        stop_signal = int(program.stop_signal)

        def before_exec() -> None:
            # Drops with a change of user, so it comes after it: subprocess calls this last. Little
            # may be done here, for the process was forked beside threads that hold who knows what.
            if _PRCTL is not None:
                _PRCTL(_PR_SET_PDEATHSIG, stop_signal)
                if os.getppid() != parent:  # it died in between
                    os._exit(1)

        program.log.parent.mkdir(parents=True, exist_ok=True)
        account = program.account
        # A pipe only for who listens: a program's own children would hold it open after its end.
        output = program.log.open("ab") if program.on_line is None else None
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output or asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(program.environment),
                cwd=program.cwd,
                start_new_session=True,
                preexec_fn=before_exec,
                pass_fds=program.pass_fds,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise StackError(f"{program.name} cannot be started: {error.strerror}.") from error
        finally:
            if output is not None:
                output.close()
        return cls(program, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def wait(self) -> int:
        """The exit status, once it ends; negative is the signal that ended it."""
        status = await self._process.wait()
        if self._lines is not None:
            await self._lines
        return status

    async def become_ready(
        self, is_ready: Callable[[], Awaitable[bool]], *, within_seconds: float
    ) -> None:
        """Return when `is_ready` says so.

        If the program ends before, or takes too long, it is stopped, and StackError shows the last
        lines it wrote.
        """
        try:
            async with asyncio.timeout(within_seconds):
                while not self.has_ended:
                    if await is_ready():
                        return
                    await asyncio.sleep(_PAUSE_SECONDS)
            problem = f"{self.program.name} did not start."
        except TimeoutError:
            problem = f"{self.program.name} did not become ready in {within_seconds:.0f} s."
        except BaseException:
            await self.stop()
            raise
        await self.stop()
        raise StackError(problem, tail(self.program.log))

    async def stop(self, *, patience_seconds: float = STOP_SECONDS) -> None:
        """Ask it to stop, and end it if it does not."""
        if not self.has_ended:
            self._process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), patience_seconds)
            except TimeoutError:
                self._process.kill()
        await self.wait()

    async def _keep_lines(self, output: asyncio.StreamReader) -> None:
        with self.program.log.open("ab") as log:
            while line := await _line_of(output):
                log.write(line)
                log.flush()
                if self.program.on_line is not None:
                    self.program.on_line(line.decode(errors="replace").rstrip("\n"))


async def _line_of(output: asyncio.StreamReader) -> bytes:
    """The next line, or as much of a very long one as the reader holds."""
    try:
        return await output.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as long:
        return await output.readexactly(max(long.consumed, 1))


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log file."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]
