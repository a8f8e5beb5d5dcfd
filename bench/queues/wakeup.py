"""From an insert to the handler's start, through all that `python3 dev up` has between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import psycopg

from bench.queues.functions import own_functions
from bench.queues.stage import own_supabase
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.wakeups import waking

PAUSE_SECONDS = 0.02
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Wakeups:
    """Nanoseconds from before the insert's request to the row's claim, and to its completion."""

    started: Sequence[int]
    completed: Sequence[int]


async def measure_wakeups(checkout: Checkout, *, count: int, console: Console) -> Wakeups:
    """Insert a row over PostgREST, and another when it is done; the first one warms up.

    The database's clock is this machine's, so its times and ours can be held together.
    """
    async with own_supabase(checkout, console=console) as supabase:
        database = supabase.postgres.socket_url()
        async with (
            own_functions(checkout, supabase, console=console) as functions,
            waking(database, functions, cron_secret=supabase.keys.cron_secret, warn=console.warn),
            aiohttp.ClientSession(
                supabase.url, headers={"apikey": supabase.keys.secret_key}
            ) as session,
        ):
            for _ in range(1 + count):
                order = {"command": "snapshot", "payload": {"at": time.time_ns()}}
                async with session.post("/rest/v1/command_queue", json=order) as answer:
                    answer.raise_for_status()
                await _until_all_are_done(database)
        return _read(database)


async def _until_all_are_done(database: str) -> None:
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await _look_until_all_are_done(database)
    except TimeoutError:
        raise StackError(f"A row was not done in {LONGEST_SECONDS:.0f} s.") from None


async def _look_until_all_are_done(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        while True:
            cursor = await connection.execute(
                "select 1 from public.command_queue where status in ('pending', 'processing')"
            )
            if await cursor.fetchone() is None:
                return
            await asyncio.sleep(PAUSE_SECONDS)


def _read(database: str) -> Wakeups:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select (extract(epoch from started_at) * 1e9)::bigint - (payload ->> 'at')::bigint,"
            " (extract(epoch from finished_at) * 1e9)::bigint - (payload ->> 'at')::bigint"
            " from public.command_queue where status = 'completed' and command = 'snapshot'"
            " and payload ? 'at' order by seq offset 1"
        ).fetchall()
    return Wakeups([row[0] for row in rows], [row[1] for row in rows])
