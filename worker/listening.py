"""News from Postgres: a worker hears of an order in the moment in which it is given."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import psycopg

from lib.logs import get_logger
from lib.settings import Secret

log = get_logger(__name__)

CHANNEL: Final = "halley_worker"
CONNECT_SECONDS: Final = 10
PAUSES_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


class Hearer(Protocol):
    """Who wants to hear the news. `has_news`: it does, and need not look by itself."""

    has_news: bool

    def wake(self) -> None:
        """There may be some."""


async def listen(url: Secret, hearer: Hearer) -> None:
    """Wake `hearer` at every notice, until cancelled. While there is no connection it is sought
    again.
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
                hearer.has_news = True
                hearer.wake()  # of what came before
                async for _ in connection.notifies():
                    hearer.wake()
        except (psycopg.Error, OSError) as error:
            # The text of the error may hold the address.
            log.warning("not_listening", error=type(error).__name__)
        hearer.has_news = False
        hearer.wake()
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
        failures += 1
