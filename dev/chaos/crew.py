"""The drainers: so many at any time, however often one of them is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dev.chaos.drainer import DATABASE_VARIABLE, READY
from dev.chaos.ground import Ground
from dev.errors import StackError
from dev.processes import Process, Program, plain_environment, tail

_START_SECONDS = 60.0
_MOST_CRASHES = 3


class _Post:
    """One place among the drainers, and whoever holds it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: Process | None = None
        self.is_ready = asyncio.Event()

    def hear(self, line: str) -> None:
        if line == READY:
            self.is_ready.set()


class Crew:
    """Drainers at their posts; see `working_crew`."""

    def __init__(self, ground: Ground, *, size: int) -> None:
        self._ground = ground
        self.posts = [_Post(number) for number in range(size)]
        self._killed: set[int] = set()
        self.kills = 0

    @property
    def size(self) -> int:
        return len(self.posts)

    async def has_begun(self, number: int) -> None:
        """Return when the drainer at a post is at work."""
        await self.posts[number].is_ready.wait()

    async def kill(self, number: int) -> None:
        """SIGKILL the drainer at a post, once it has begun."""
        await self.has_begun(number)
        post = self.posts[number]
        process = post.process
        if process is not None and not process.has_ended:
            post.is_ready.clear()
            self._killed.add(process.pid)
            self.kills += 1
            os.kill(process.pid, signal.SIGKILL)

    async def freeze(self, number: int, *, seconds: float) -> None:
        """Have the drainer at a post stand still, as a function does that is not called."""
        await self.has_begun(number)
        process = self.posts[number].process
        if process is not None and not process.has_ended:
            os.kill(process.pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            if not process.has_ended:
                os.kill(process.pid, signal.SIGCONT)

    async def keep(self, post: _Post) -> None:
        """Have a drainer at this post. Raises StackError if they end without being killed."""
        log = self._ground.folder / f"drainer-{post.number}.log"
        crashes = 0
        while crashes < _MOST_CRASHES:
            process = await Process.start(
                Program(
                    name="A drainer",
                    command=(sys.executable, "-m", "dev.chaos.drainer"),
                    environment={
                        **plain_environment(),
                        **self._ground.environment,
                        DATABASE_VARIABLE: self._ground.database.url,
                        "ENVIRONMENT": "test",
                        "LOG_LEVEL": "ERROR",
                    },
                    log=log,
                    cwd=self._ground.checkout.root,
                    stop_signal=signal.SIGKILL,
                    on_line=post.hear,
                )
            )
            post.process = process
            try:
                await process.wait()
            finally:
                await process.stop()
            crashes += process.pid not in self._killed
        raise StackError("The drainers crash.", tail(log))


@asynccontextmanager
async def working_crew(ground: Ground, *, size: int) -> AsyncIterator[Crew]:
    """So many drainers at work while the body runs; one that is killed is followed by another."""
    crew = Crew(ground, size=size)
    async with asyncio.TaskGroup() as group:
        keepers = [group.create_task(crew.keep(post)) for post in crew.posts]
        try:
            async with asyncio.timeout(_START_SECONDS):
                for number in range(size):
                    await crew.has_begun(number)
        except TimeoutError:
            raise StackError("The drainers do not begin.") from None
        yield crew
        for keeper in keepers:
            keeper.cancel()
