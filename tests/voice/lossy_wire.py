"""A TCP connection to somewhere that can be cut, and mended again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Forwards what comes to `port` of 127.0.0.1, unless it is cut."""

    host: str
    target: int
    port: int = 0
    is_cut: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def cut(self) -> None:
        """Break every connection, and let none come about."""
        self.is_cut = True
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        self.is_cut = False

    def _break(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        there_reader, there = await asyncio.open_connection(self.host, self.target)
        self._writers |= {writer, there}
        try:
            await asyncio.gather(_pump(reader, there), _pump(there_reader, writer))
        finally:
            self._writers -= {writer, there}
            writer.close()
            there.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    """A wire while the block runs."""
    wire = Wire(host, port)
    thread = threading.Thread(target=wire._loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(wire._serve, "127.0.0.1", 0)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        wire._break()
        await asyncio.sleep(0.05)  # what was forwarded ends

    server = asyncio.run_coroutine_threadsafe(start(), wire._loop).result(20)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), wire._loop).result(20)
        wire._loop.call_soon_threadsafe(wire._loop.stop)
        thread.join()
        wire._loop.close()
