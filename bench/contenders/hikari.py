"""hikari's RESTBot: cold with its own server, which is the only way to run it; warm its core.

Source: https://docs.hikari-py.dev
"""

from __future__ import annotations

import asyncio
import os
import socket
from time import perf_counter_ns
from typing import Any

import hikari

from bench.contender import Contender, Reply, Request


class HikariContender:
    """A bot whose event loop stands still between the calls."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._bot = hikari.RESTBot(
            "nobody",
            "Bot",
            os.environ["DISCORD_PUBLIC_KEY"],
            banner=None,
            suppress_optimization_warning=True,
            logs="WARNING",
        )
        self._bot.set_listener(hikari.CommandInteraction, _ping)

    def first(self, request: Request) -> Reply:
        return self._loop.run_until_complete(self._over_http(request))

    def batch(self, request: Request, count: int) -> tuple[list[int], list[Reply]]:
        return self._loop.run_until_complete(self._in_process(request, count))

    async def _over_http(self, request: Request) -> Reply:
        listener = socket.create_server(("127.0.0.1", 0))
        await self._bot.start(socket=listener, check_for_updates=False)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(
            (
                "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(request.body)}\r\n"
                f"X-Signature-Ed25519: {request.signature}\r\n"
                f"X-Signature-Timestamp: {request.timestamp}\r\n\r\n"
            ).encode()
            + request.body
        )
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return Reply(int(head.split()[1]), body)

    async def _in_process(self, request: Request, count: int) -> tuple[list[int], list[Reply]]:
        durations: list[int] = []
        replies: list[Reply] = []
        signature, timestamp = request.signature, request.timestamp
        for _ in range(count):
            begun = perf_counter_ns()
            response = await self._bot.on_interaction(
                request.body, bytes.fromhex(signature), timestamp.encode()
            )
            body = response.payload
            durations.append(perf_counter_ns() - begun)
            replies.append(Reply(response.status_code, bytes(body or b"")))
        return durations, replies


async def _ping(interaction: Any) -> Any:  # noqa: ANN401 - hikari's own types are not installed here
    return interaction.build_response().set_content("Pong")


def enter() -> Contender:
    return HikariContender()
