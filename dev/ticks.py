"""The clock of the local stack: calls the scheduled functions as Vercel or pg_cron would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import psycopg

from dev.cron_calls import called, cron_session


@dataclass(frozen=True, slots=True)
class Schedule:
    """A path, how often it is called, and whether at once when the stack starts."""

    path: str
    every_seconds: float
    at_start: bool = False


STATS_PATH = "/api/cron_stats"
QUEUE_PATH = "/api/cron_queue"
STATS_SECONDS = 300
QUEUE_SECONDS = 60
SCHEDULES = (
    Schedule(STATS_PATH, STATS_SECONDS, at_start=True),
    Schedule(QUEUE_PATH, QUEUE_SECONDS),
)


def schedules_for(*, hosted: bool) -> tuple[Schedule, ...]:
    """All of them for a database of our own, and none for a hosted one.

    That is somebody's live one: a tick from here would make its own look alive when they are not,
    and would take up what is the deployment's to do.
    """
    return () if hosted else SCHEDULES


def note_intervals(database_url: str) -> None:
    """Write down in the local database how often the ticks come, for whoever watches them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "select public.set_tick_intervals(%s, %s)", (STATS_SECONDS, QUEUE_SECONDS)
        )


@asynccontextmanager
async def ticking(
    functions_url: str,
    *,
    cron_secret: str,
    warn: Callable[[str], None],
    schedules: tuple[Schedule, ...] = SCHEDULES,
) -> AsyncIterator[None]:
    """Call each path on its schedule while the body runs. A failure is a line, nothing more."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            cron_session(functions_url, cron_secret=cron_secret)
        )
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(_tick(session, schedule, warn=warn)) for schedule in schedules]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _tick(
    session: aiohttp.ClientSession, schedule: Schedule, *, warn: Callable[[str], None]
) -> None:
    if not schedule.at_start:
        await asyncio.sleep(schedule.every_seconds)
    while True:
        problem = await called(session, schedule.path)
        if problem:
            warn(f"The tick of {schedule.path} failed: {problem}.")
        await asyncio.sleep(schedule.every_seconds)
