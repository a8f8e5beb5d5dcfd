"""One stack a checkout: who runs it, and where. Nothing secret is written down here."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dev.checkout import Checkout
from dev.errors import StackError
from dev.leftovers import command_of, end_leftover


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the servers of a running stack answer. `database` is None for a hosted one."""

    playground: str
    functions: str
    supabase: str
    database: str | None = None

    @property
    def dashboard(self) -> str:
        """The page that a browser finds at the functions' host."""
        return self.functions.removesuffix("/api/interactions")


@dataclass(frozen=True, slots=True)
class Started:
    """A program that was started. Its command line tells it from a later one of the same pid."""

    pid: int
    command: str


@dataclass(slots=True)
class RunFile:
    """`.halley/run.json`: what is running, and its addresses once it is up."""

    path: Path
    programs: dict[str, Started] = field(default_factory=dict)
    addresses: Addresses | None = None

    def note_start(self, name: str, pid: int) -> None:
        """Remember a program, so that the next start finds it if this process is killed."""
        self.programs[name] = Started(pid, command_of(pid))
        self._write()

    def note_addresses(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self._write()

    def _write(self) -> None:
        content = {
            "pid": os.getpid(),
            "programs": {name: asdict(program) for name, program in self.programs.items()},
            "addresses": asdict(self.addresses) if self.addresses else None,
        }
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(content, indent=2) + "\n")
        draft.replace(self.path)


class AlreadyRunningError(StackError):
    """Another process holds this checkout's stack; `addresses` is None while it still starts."""

    def __init__(self, addresses: Addresses | None) -> None:
        super().__init__("Halley is already running in this checkout.")
        self.addresses = addresses


@contextmanager
def held(checkout: Checkout) -> Iterator[RunFile]:
    """Be the one process that runs this checkout's stack. Raises AlreadyRunningError.

    The system lets go of the lock when the process ends, however it ends.
    """
    checkout.home.mkdir(exist_ok=True)
    with checkout.run_lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(_read(checkout.run_file)[1]) from None
        try:
            yield RunFile(checkout.run_file)
        finally:
            checkout.run_file.unlink(missing_ok=True)


async def end_leftovers(checkout: Checkout) -> None:
    """End what a supervisor that was killed had started; for whoever holds the lock."""
    await asyncio.gather(
        *(
            end_leftover(program.pid, sign=program.command, stop_signal=signal.SIGINT)
            for program in _read(checkout.run_file)[0]
        )
    )


def _read(path: Path) -> tuple[list[Started], Addresses | None]:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        content = json.loads(path.read_text())
        programs = [Started(**program) for program in content["programs"].values()]
        addresses = Addresses(**content["addresses"]) if content["addresses"] else None
        return programs, addresses
    return [], None
