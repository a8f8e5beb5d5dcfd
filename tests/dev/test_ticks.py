from __future__ import annotations

import asyncio
import io

import pytest
from aiohttp import web

from dev.console import Console
from dev.local_supabase import served
from dev.ports import HOST, listen_near, port_of
from dev.ticks import SCHEDULES, Schedule, schedules_for, ticking


def test_the_snapshot_is_taken_at_once_and_the_queue_every_minute() -> None:
    assert [(one.path, one.every_seconds, one.at_start) for one in SCHEDULES] == [
        ("/api/cron_stats", 300, True),
        ("/api/cron_queue", 60, False),
    ]


@pytest.mark.parametrize(
    ("status", "warning"),
    [(200, None), (500, "The tick of /tick failed: it answered 500.")],
)
def test_each_tick_carries_the_secret_and_a_failure_is_one_line(
    status: int, warning: str | None
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    warnings: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        heard.put_nowait(f"{request.method} {request.path} {request.headers['Authorization']}")
        return web.Response(status=status)

    async def scenario() -> list[str]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        listener = listen_near(0, name="it", console=Console(io.StringIO()))
        url = f"http://{HOST}:{port_of(listener)}"
        schedules = (Schedule("/tick", 0.01, at_start=True),)
        async with (
            served(app, listener),
            ticking(url, cron_secret="s3cret", warn=warnings.append, schedules=schedules),
        ):
            return [await heard.get() for _ in range(3)]  # it goes on after a failure

    assert asyncio.run(scenario()) == ["GET /tick Bearer s3cret"] * 3
    assert set(warnings) == ({warning} if warning else set())


def test_functions_that_are_away_are_a_line_and_no_more() -> None:
    async def scenario() -> str:
        told: asyncio.Queue[str] = asyncio.Queue()
        schedules = (Schedule("/tick", 0.01, at_start=True),)
        async with ticking(
            f"http://{HOST}:1", cron_secret="x", warn=told.put_nowait, schedules=schedules
        ):
            return await told.get()

    assert asyncio.run(scenario()) == "The tick of /tick failed: the functions did not answer."


def test_a_hosted_project_gets_no_ticks_from_this_machine() -> None:
    assert schedules_for(hosted=True) == ()
    assert schedules_for(hosted=False) == SCHEDULES
