"""Many lookups at once, of sites that take their time."""

from __future__ import annotations

import asyncio
import threading

from tests.worker.lookups.looking_up import SOON
from tests.worker.web_server import Asked, Exchange, Web
from worker.lookups.lookups import Lookups


def test_files_that_do_not_come_keep_nothing_else_from_being_looked_up(
    web: Web, lookups: Lookups
) -> None:
    """The event loop's own threads look names up for Discord's connections, too."""
    may_come = threading.Event()

    def hang(exchange: Exchange, asked: Asked) -> None:
        may_come.wait(SOON)
        exchange.head(404, Content_Length=0)

    web.pages["/late.ogg"] = hang

    async def act() -> bool:
        looking = [
            asyncio.create_task(lookups.lookup(f"{web.url}/late.ogg?{number}"))
            for number in range(40)
        ]
        while not web.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        names = asyncio.get_running_loop().getaddrinfo("localhost", 80)
        asked = asyncio.ensure_future(names)
        await asyncio.wait([asked], timeout=2)
        was_first = asked.done() and not any(task.done() for task in looking)
        may_come.set()
        await asyncio.gather(*looking, return_exceptions=True)
        await asked
        return was_first

    assert asyncio.run(act())
