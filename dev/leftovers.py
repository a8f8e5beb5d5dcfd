"""Programs of ours that outlived their supervisor: found by pid, known by command line, ended.

Called only by whoever holds the checkout's lock, so that what is found is nobody's any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import Signals

PATIENCE_SECONDS = 5.0
LINGER_SECONDS = 1.0
_PAUSE_SECONDS = 0.02


async def end_leftover_postgres(data: Path) -> None:
    """End the server that still runs on `data`, if one does."""
    mark = data / "postmaster.pid"
    try:
        pid = int(mark.read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    await end_leftover(pid, sign=str(data), stop_signal=signal.SIGINT)
    if not await _becomes_false(lambda: _exists(pid), within_seconds=LINGER_SECONDS):
        # Some other program has the number by now, or nobody takes note of the server's end; either
        # way Postgres would believe it at work. Otherwise the file stays: by it Postgres tells
        # whether any process of its own still is.
        mark.unlink(missing_ok=True)


async def end_leftover(pid: int, *, sign: str, stop_signal: Signals = signal.SIGTERM) -> None:
    """End the process `pid` if its command line has `sign` in it; returns when it has gone."""

    def runs() -> bool:
        return bool(sign) and sign in command_of(pid)

    if not runs():
        return
    _send(pid, stop_signal)
    if not await _becomes_false(runs, within_seconds=PATIENCE_SECONDS):
        _send(pid, signal.SIGKILL)
        await _becomes_false(runs, within_seconds=PATIENCE_SECONDS)


def command_of(pid: int) -> str:
    """The command line of a process; empty when there is none."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            listing = Path(f"/proc/{pid}/cmdline").read_bytes()
            return listing.replace(b"\0", b" ").decode(errors="replace")
        return ""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
    ).stdout.strip()  # fmt: skip


def _send(pid: int, sign: Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _becomes_false(condition: Callable[[], bool], *, within_seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_seconds):
            while condition():
                await asyncio.sleep(_PAUSE_SECONDS)
            return True
    return False
