"""The deliveries under way: started by the page's requests, ended with the application."""

from __future__ import annotations

import asyncio

import aiohttp

from dev.simulator.delivery import Delivery
from dev.simulator.interactions import Interaction
from dev.simulator.message_bodies import CallbackType
from dev.simulator.simulator import Simulator


class Deliveries:
    """Runs each delivery as a task of its own, over one HTTP session."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.closing = False

    @property
    def delivery(self) -> Delivery:
        """The way to the bot; its session is opened when first needed, inside the event loop.

        A connection serves one request: a bot that works on after its answer would otherwise
        hold up the next interaction on the same connection.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True), auto_decompress=True
            )
        return Delivery(self._simulator, self._session)

    def start(self, interaction: Interaction) -> None:
        task = asyncio.create_task(self._see_through(interaction))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, interaction: Interaction) -> None:
        """Deliver it, and where the bot has deferred, look after it when its token runs out."""
        await self.delivery.deliver(interaction)
        if interaction.acknowledged is CallbackType.DEFERRED_MESSAGE:
            await asyncio.sleep(self._simulator.config.token_lifetime_seconds)
            self._simulator.interactions.expire(interaction)

    async def close(self) -> None:
        """Ends what is under way."""
        self.closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
