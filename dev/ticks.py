"""The clock of the local stack: calls the scheduled functions as Vercel or pg_cron would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

LONGEST_CALL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A path, how often it is called, and whether at once when the stack starts."""

    path: str
    every_seconds: float
    at_start: bool = False


STATS_PATH = "/api/cron_stats"
SCHEDULES = (
    Schedule(STATS_PATH, 300.0, at_start=True),
    Schedule("/api/cron_queue", 60.0),
)


def schedules_for(*, hosted: bool) -> tuple[Schedule, ...]:
    """All of them; but snapshots of this machine do not belong in somebody's live tables."""
    return tuple(entry for entry in SCHEDULES if not (hosted and entry.path == STATS_PATH))


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
            aiohttp.ClientSession(
                functions_url,
                headers={"Authorization": f"Bearer {cron_secret}"},
                # One that is kept alive waits for the work that follows the answer before.
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=LONGEST_CALL_SECONDS),
            )
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
        problem = await _call(session, schedule.path)
        if problem:
            warn(f"The tick of {schedule.path} failed: {problem}.")
        await asyncio.sleep(schedule.every_seconds)


async def _call(session: aiohttp.ClientSession, path: str) -> str | None:
    """What went wrong, if anything."""
    try:
        async with session.get(path) as response:
            if response.status < HTTPStatus.BAD_REQUEST:
                return None
            return f"it answered {response.status}"
    except TimeoutError:
        return "it took too long"
    except aiohttp.ClientError:
        return "the functions did not answer"
