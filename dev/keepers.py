"""Keeps a program of the stack running: one that ends by itself is started again."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from dev.console import Console
from dev.errors import StackError
from dev.processes import Process

OnStart = Callable[[str, int], None]
"""Hears the name and pid of each program that is started."""

MOST_ENDS = 5
ENDS_WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.5
LEAVE_SECONDS = 1.0  # an idle program is gone by then


class Keeper:
    """An async context in which one program runs. `start` starts it and returns when it is ready.

    After MOST_ENDS ends within ENDS_WITHIN_SECONDS it gives up, with a line that says so;
    `given_up` can be awaited. `replace` puts a new one in its place at any time.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[], Awaitable[Process]],
        *,
        console: Console,
        on_start: OnStart | None = None,
    ) -> None:
        self._name = name
        self._start = start
        self._console = console
        self._on_start = on_start
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._leaving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._process = await self._begin()
        self.given_up = self._watcher = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._watcher.cancel()
        with suppress(asyncio.CancelledError):
            await self._watcher
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self._process.stop()

    async def replace(
        self,
        start: Callable[[], Awaitable[Process]] | None = None,
        *,
        patience_seconds: float,
    ) -> None:
        """Have the program end, which is no crash, and start it anew, by `start` from now on.

        One that still has work to end is given `patience_seconds` for it beside the new one. Raises
        StackError if the new one does not start; `replace` can be called again then.
        """
        self._start = start or self._start
        self._watcher.cancel()
        with suppress(asyncio.CancelledError):
            await self._watcher
        leaving = asyncio.create_task(_leave(self._process, patience_seconds))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        await asyncio.wait({leaving}, timeout=LEAVE_SECONDS)
        self._process = await self._begin()
        self._ends.clear()
        self.given_up = self._watcher = asyncio.create_task(self._watch())

    async def _begin(self) -> Process:
        process = await self._start()
        if self._on_start is not None:
            self._on_start(self._name, process.pid)
        return process

    async def _watch(self) -> None:
        while True:
            end = _told(await self._process.wait())
            while not self._ends_too_often():
                self._console.warn(f"{self._name} {end}; starting it again.")
                await asyncio.sleep(PAUSE_SECONDS)
                try:
                    self._process = await self._begin()
                except StackError as error:
                    self._console.fail(error)
                    end = "did not start"
                else:
                    break
            else:
                self._console.warn(
                    f"{self._name} keeps ending. Its log: {self._process.program.log}"
                )
                return

    def _ends_too_often(self) -> bool:
        """Notes one more end, and tells whether there were too many of late."""
        self._ends.append(time.monotonic())
        return len(self._ends) == MOST_ENDS and self._ends[-1] - self._ends[0] < ENDS_WITHIN_SECONDS


async def _leave(process: Process, patience_seconds: float) -> None:
    try:
        await process.stop(patience_seconds=patience_seconds)
    except asyncio.CancelledError:
        await process.stop()  # the stack ends, and has less patience
        raise


def _told(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
