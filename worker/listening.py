"""News from Postgres: a worker hears of an order in the moment in which it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg

from lib.logs import get_logger
from lib.settings import Secret

log = get_logger(__name__)

CHANNEL: Final = "halley_worker"
CONNECT_SECONDS: Final = 10
PAUSES_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


async def listen(url: Secret, on_news: Callable[[], None]) -> None:
    """Call `on_news` at every notice, until cancelled. While there is no connection it is sought
    again; whoever needs the news polls meanwhile.
    """
    failures = 0
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                url.reveal(), autocommit=True, connect_timeout=CONNECT_SECONDS,
                keepalives_idle=30, keepalives_interval=10, keepalives_count=3,
            )  # fmt: skip
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                log.info("listening")
                failures = 0
                on_news()  # of what came before
                async for _ in connection.notifies():
                    on_news()
        except (psycopg.Error, OSError) as error:
            # The text of the error may hold the address.
            log.warning("not_listening", error=type(error).__name__)
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
        failures += 1
