"""Sound files whose pitch tells what is played, and where in it; and a server that has them."""

from __future__ import annotations

import asyncio
import math
import threading
import wave
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

RATE = 16000
HEIGHT = 8000
LEVEL = HEIGHT / math.sqrt(2)
"""What the root mean square of every tone here is."""
RISING_FROM_HZ = 500
RISING_HZ_A_SECOND = 10


def tone(path: Path, hz: float, *, seconds: float) -> Path:
    """A tone of one pitch."""
    return _write(path, lambda t: hz * t, seconds)


def rising(path: Path, *, seconds: float) -> Path:
    """A tone that rises by RISING_HZ_A_SECOND: it tells where one is."""
    return _write(path, lambda t: RISING_FROM_HZ * t + RISING_HZ_A_SECOND * t * t / 2, seconds)


def seconds_of(hz: float) -> float:
    """Where in a rising tone its pitch is `hz`."""
    return (hz - RISING_FROM_HZ) / RISING_HZ_A_SECOND


def _write(path: Path, turns: Callable[[float], float], seconds: float) -> Path:
    samples = array(
        "h",
        (
            round(HEIGHT * math.sin(2 * math.pi * turns(index / RATE)))
            for index in range(round(RATE * seconds))
        ),
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """The address of a folder's files on a free port of 127.0.0.1; it knows ranges."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app)

    async def start() -> str:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
