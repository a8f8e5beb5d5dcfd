"""Wakes the functions when the local database says that there is something for them to do.

On hosted Supabase the database calls them itself (sql/schedules.sql); here the supervisor listens
and calls. The ticks stay as the net under it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg

from dev.cron_calls import called, cron_session
from dev.ticks import QUEUE_PATH

CHANNEL = "halley_functions"
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
RETRY_PAUSES_SECONDS = (1.0, 2.0, 4.0)


class Coalesced:
    """Does `work` when asked to: one at a time, and once more for all that ask meanwhile."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have it done soon; returns at once."""
        self._asked.set()

    async def run(self) -> None:
        """Do it as often as it takes, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._work()


@asynccontextmanager
async def waking(
    database_url: str,
    functions_url: str,
    *,
    cron_secret: str,
    warn: Callable[[str], None],
) -> AsyncIterator[None]:
    """Call the queue's function at each notification while the body runs."""
    async with cron_session(functions_url, cron_secret=cron_secret) as session:
        told: str | None = None

        async def call() -> None:
            nonlocal told
            problem = await called(session, QUEUE_PATH)
            for pause in RETRY_PAUSES_SECONDS:  # what it needs may just be starting again
                if problem is None:
                    break
                await asyncio.sleep(pause)
                problem = await called(session, QUEUE_PATH)
            if problem and problem != told:  # one line for an outage, however many orders meet it
                warn(f"Waking {QUEUE_PATH} failed: {problem}. The next tick tries again.")
            told = problem

        calls = Coalesced(call)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(calls.run()),
                group.create_task(listen(database_url, calls.ask)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()


async def listen(database_url: str, on_wake: Callable[[], None]) -> None:
    """Call `on_wake` at each notification, and at each connection for what came before it.

    A lost connection is made again, after a pause that grows while none lasts.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        began = time.monotonic()
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url, autocommit=True, connect_timeout=10
            ) as connection:
                await connection.execute(f"listen {CHANNEL}".encode())
                on_wake()
                async for _ in connection.notifies():
                    on_wake()
        except psycopg.OperationalError:
            pass  # it was restarted, or is about to be: the keeper tells
        if time.monotonic() - began > LONGEST_PAUSE_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
