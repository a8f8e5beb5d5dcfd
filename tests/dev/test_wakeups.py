"""Waking the functions: what the database announces is called for at once, and not too often."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from aiohttp import web

from dev.console import Console
from dev.local_supabase import served
from dev.ports import HOST, listen_near, port_of
from dev.ticks import note_intervals
from dev.wakeups import Coalesced, waking

SECRET = "s3cret-of-the-ticks"


class Functions:
    """A stand-in for the functions that says when it is called, and may be told to wait."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[str] = asyncio.Queue()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.put_nowait(f"{request.path} {request.headers['Authorization']}")
        await self.may_answer.wait()
        return web.Response(status=self.status)


@asynccontextmanager
async def woken(database_url: str) -> AsyncIterator[tuple[Functions, list[str]]]:
    functions, warnings = Functions(), list[str]()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", functions.answer)
    listener = listen_near(0, name="it", console=Console(io.StringIO()))
    url = f"http://{HOST}:{port_of(listener)}"
    async with (
        served(app, listener),
        waking(database_url, url, cron_secret=SECRET, warn=warnings.append),
    ):
        await functions.calls.get()  # for what came before anybody listened
        yield functions, warnings


@pytest.mark.stack
def test_a_new_row_calls_the_queue_s_function_with_the_token(database_url: str) -> None:
    async def scenario() -> str:
        async with (
            woken(database_url) as (functions, _),
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        ):
            await connection.execute(
                "insert into command_queue (command, payload) values ('snapshot', '{}')"
            )
            return await functions.calls.get()

    assert asyncio.run(scenario()) == f"/api/cron_queue Bearer {SECRET}"


@pytest.mark.stack
def test_a_connection_that_is_lost_is_made_again_and_nothing_is_missed(database_url: str) -> None:
    async def scenario() -> None:
        async with (
            woken(database_url) as (functions, warnings),
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        ):
            for _ in range(2):
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where query = 'listen halley_functions'"
                )
                await functions.calls.get()  # by the new connection, for what came meanwhile
            await connection.execute("select pg_notify('halley_functions', '')")
            await functions.calls.get()
            assert warnings == []

    asyncio.run(scenario())


@pytest.mark.stack
def test_functions_that_fail_are_a_line_for_each_outage(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.wakeups.RETRY_PAUSES_SECONDS", ())

    async def scenario() -> list[str]:
        async with (
            woken(database_url) as (functions, warnings),
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        ):
            for functions.status in (500, 500, 200, 500, 200):
                await connection.execute("select pg_notify('halley_functions', '')")
                await functions.calls.get()
            return warnings

    assert (
        asyncio.run(scenario())
        == ["Waking /api/cron_queue failed: it answered 500. The next tick tries again."] * 2
    )


@pytest.mark.stack
def test_a_fault_that_passes_is_tried_again_without_a_word(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.wakeups.RETRY_PAUSES_SECONDS", (0.0, 0.0))

    async def scenario() -> list[str]:
        async with (
            woken(database_url) as (functions, warnings),
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        ):
            functions.status = 503
            await connection.execute("select pg_notify('halley_functions', '')")
            await functions.calls.get()
            functions.status = 200
            await functions.calls.get()
            return warnings

    assert asyncio.run(scenario()) == []


def test_however_many_ask_while_it_runs_it_runs_once_more() -> None:
    async def scenario() -> int:
        began: asyncio.Queue[None] = asyncio.Queue()
        may_end = asyncio.Semaphore(0)

        async def work() -> None:
            began.put_nowait(None)
            await may_end.acquire()

        coalesced = Coalesced(work)
        running = asyncio.create_task(coalesced.run())
        coalesced.ask()
        await began.get()
        for _ in range(100):
            coalesced.ask()
        may_end.release()
        await began.get()
        may_end.release()
        for _ in range(100):
            await asyncio.sleep(0)
        running.cancel()
        return began.qsize()

    assert asyncio.run(scenario()) == 0


@pytest.mark.stack
def test_the_database_knows_how_often_the_ticks_come(database: psycopg.Connection) -> None:
    info = database.info
    note_intervals(
        f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    )
    known = database.execute(
        "select name, every_seconds from schedules where name like 'cron%' order by name"
    ).fetchall()
    assert known == [("cron_queue", 60), ("cron_stats", 300)]
