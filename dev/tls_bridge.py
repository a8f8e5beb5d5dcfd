"""A closed Unix socket that leads, encrypted, to a database which speaks TLS.

The package's own pg_dump and psql were built without TLS; sent plainly, a hosted database's rows
could be read on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PORT = 5432
CONNECT_SECONDS = 20.0
_CHUNK = 65536
_WISH_FOR_TLS = struct.pack("!ii", 8, 80877103)  # the protocol's SSLRequest
_VERIFYING = {"verify-ca", "verify-full"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A server; `mode` and `authorities` are libpq's sslmode and sslrootcert."""

    host: str
    port: int
    mode: str = "require"
    authorities: str | None = None

    def context(self) -> ssl.SSLContext:
        """As strict as libpq is in this mode."""
        cafile = None if self.authorities == "system" else self.authorities
        context = ssl.create_default_context(cafile=cafile)
        context.check_hostname = self.mode == "verify-full"
        if self.mode not in _VERIFYING:
            context.verify_mode = ssl.CERT_NONE
        return context


@contextmanager
def bridge_to(remote: Remote) -> Iterator[Path]:
    """The folder of the socket, as PGHOST takes it; with PORT as its port."""
    with (
        tempfile.TemporaryDirectory(prefix="halley-", dir="/tmp") as folder,
        _loop_in_a_thread() as run,
    ):
        context = remote.context()

        async def carry(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
            # The streams' own callback takes a cancelled task for a fault; it is ours, at the end.
            with contextlib.suppress(
                OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError
            ):
                await _carry(remote, context, near, back)
            back.close()

        path = Path(folder) / f".s.PGSQL.{PORT}"
        server = run(asyncio.start_unix_server(carry, path))
        try:
            yield Path(folder)
        finally:
            run(_close(server))


async def _carry(
    remote: Remote,
    context: ssl.SSLContext,
    near: asyncio.StreamReader,
    back: asyncio.StreamWriter,
) -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        far, forth = await asyncio.open_connection(remote.host, remote.port)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            forth.write(_WISH_FOR_TLS)
            if await far.readexactly(1) != b"S":
                return
            await forth.start_tls(context, server_hostname=remote.host)
        async with asyncio.TaskGroup() as group:
            group.create_task(_pour(near, forth))
            group.create_task(_pour(far, back))
    except* OSError:
        pass  # one side has gone, and the other is told by the end of its stream
    finally:
        # What was to be said has been. A farewell by TLS would wait for the server's, and the
        # bridge may be gone by then, with the connection still open.
        forth.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        target.write(data)
        await target.drain()
    target.close()


class _Runner:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def _loop_in_a_thread() -> Iterator[_Runner]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="TLS bridge", daemon=True)
    thread.start()
    try:
        yield _Runner(loop)
    finally:
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    """Close it inside its loop, for a connection that ends just then does the same."""
    server.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # in which transports that were closed let go of their sockets
