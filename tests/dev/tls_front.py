"""A front for a database that speaks TLS alone, as hosted ones do."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.servers.certificate import certificate_for_localhost


@contextmanager
def tls_front(database_url: str, folder: Path) -> Iterator[tuple[str, list[bytes]]]:
    """The address by TLS, and the first eight bytes that each connection sends."""
    parts = urlsplit(database_url)
    pem = folder / f"front-{parts.path.strip('/')}.pem"
    pem.write_bytes(certificate_for_localhost())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    heard: list[bytes] = []

    async def carry(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            heard.append(await near.readexactly(8))
            back.write(b"S")
            await back.drain()
            await back.start_tls(context)
            far, forth = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                await asyncio.gather(_pour(near, forth), _pour(far, back))
            finally:
                forth.close()
        back.transport.abort()  # for a farewell by TLS would wait for the client's

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(carry, "127.0.0.1", 0), loop
    ).result()
    port = server.sockets[0].getsockname()[1]
    netloc = parts.netloc.rpartition(":")[0] + f":{port}"
    try:
        yield urlunsplit(parts._replace(netloc=netloc, query="sslmode=require")), heard
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # in which transports that were closed let go of their sockets
