"""A worker hears of an order from Postgres when it is given, or looks by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from dev.ports import HOST
from lib.settings import Secret
from tests.captured_log import CapturedLog
from tests.voice.concert import Concert
from worker.listening import listen

pytestmark = pytest.mark.stack

PATIENCE_SECONDS = 20.0
SKIP = "insert into command_queue (command, payload) values ('skip', '{\"guild_id\": \"1\"}')"
LISTENING = "select pid from pg_stat_activity where query = 'LISTEN halley_worker'"


class Ears:
    """A Hearer that counts how often it is woken."""

    def __init__(self) -> None:
        self.has_news = False
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def ears_at(url: str) -> AsyncIterator[Ears]:
    """Somebody who listens there."""
    ears = Ears()
    listening = asyncio.create_task(listen(Secret(url), ears))
    try:
        yield ears
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def hears_of_an_order(ears: Ears, database: psycopg.Connection) -> None:
    await until(lambda: ears.has_news)
    woken = ears.woken
    database.execute(SKIP)
    await until(lambda: ears.woken > woken)


def test_an_order_is_heard_of_when_it_is_given(
    database: psycopg.Connection, database_url: str
) -> None:
    async def act() -> None:
        async with ears_at(database_url) as ears:
            for _ in range(3):
                await hears_of_an_order(ears, database)

    asyncio.run(act())


def test_whoever_is_cut_off_looks_by_themselves_until_they_hear_again(
    database: psycopg.Connection, database_url: str
) -> None:
    async def act() -> None:
        async with ears_at(database_url) as ears:
            await hears_of_an_order(ears, database)
            woken = ears.woken
            database.execute(f"select pg_terminate_backend(pid) from ({LISTENING}) as one".encode())
            await until(lambda: not ears.has_news)
            assert ears.woken > woken  # there may be an order of which nobody will hear
            await hears_of_an_order(ears, database)

    asyncio.run(act())


def test_an_address_where_nobody_answers_is_told_without_being_shown(log: CapturedLog) -> None:
    async def act() -> None:
        async with ears_at(f"postgresql://owner:hunter2@{HOST}:9/postgres") as ears:
            await until(lambda: bool(log.of("not_listening")))
            assert not ears.has_news

    asyncio.run(act())
    assert "hunter2" not in log.text


def test_a_worker_with_the_databases_address_listens(playing: Concert, tones: str) -> None:
    playing.worker()
    playing.until(lambda: playing.database.execute(LISTENING).rowcount == 1)
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(440))


def test_a_worker_without_it_looks_by_itself(playing: Concert, tones: str) -> None:
    worker = playing.worker(DATABASE_URL="")
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(440))
    assert "Paused" in playing.say("pause")
    assert "listening" not in worker.words
    assert playing.database.execute(LISTENING).fetchall() == []
