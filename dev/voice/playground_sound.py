"""What the bot plays in the playground's server: a mark by its name while it does, and the sound
itself for whoever is in the same voice channel and listens in the browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from aiohttp import web

from dev.simulator.simulator import Simulator
from dev.simulator.world import GUILD_ID
from dev.voice.calls import Calls
from dev.voice.listener import HeardPacket, Listener
from dev.voice.sound import OpusDecoder

PATH: Final = "/playground/sound"
SPEAKING_SECONDS: Final = 0.3
"""For how long after a packet the bot is still shown as speaking."""
MOST_BEHIND: Final = 50
"""How many packets a slow page may fall behind before the oldest are left out."""
LOOK_SECONDS: Final = 5.0
"""How often a stream in which nothing is played looks whether anybody still listens."""
SILENCE: Final = b"\xf8\xff\xfe"
"""The packets that clients send as they stop."""


class PlaygroundSound:
    """The route, and the mark. All of it belongs to the simulator's event loop."""

    def __init__(self, simulator: Simulator, calls: Calls) -> None:
        self._simulator = simulator
        self._calls = calls
        self._last_heard = 0.0
        self._falling_silent: asyncio.TimerHandle | None = None
        self._streams: set[asyncio.Queue[bytes | None]] = set()

    def add_to(self, app: web.Application) -> None:
        app.router.add_get(PATH, self.sound)
        app.cleanup_ctx.append(self._living)
        app.on_shutdown.append(self._close)

    async def _living(self, _: web.Application) -> AsyncIterator[None]:
        listener: Listener = self._calls.listener(GUILD_ID)
        leave = listener.subscribe(self._hear)
        self._simulator.voice_rooms.is_heard = True
        yield
        leave()
        if self._falling_silent is not None:
            self._falling_silent.cancel()

    async def _close(self, _: web.Application) -> None:
        for stream in self._streams:
            _put(stream, None)

    # --- the mark ------------------------------------------------------------------------------

    def _hear(self, packet: HeardPacket) -> None:
        if packet.opus is None or packet.opus == SILENCE:
            return
        for stream in self._streams:
            _put(stream, packet.opus)
        loop = asyncio.get_running_loop()
        self._last_heard = loop.time()
        if self._falling_silent is None:
            self._mark(speaking=True)
            self._falling_silent = loop.call_later(SPEAKING_SECONDS, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._last_heard + SPEAKING_SECONDS - loop.time()
        if left > 0:
            self._falling_silent = loop.call_later(left, self._look)
        else:
            self._falling_silent = None
            self._mark(speaking=False)

    def _mark(self, *, speaking: bool) -> None:
        self._simulator.voice_rooms.mark_speaking(self._simulator.world.bot.id, speaking=speaking)

    # --- the sound -----------------------------------------------------------------------------

    async def sound(self, request: web.Request) -> web.StreamResponse:
        """What somebody hears of the bot from now on, without an end: 48 kHz, stereo, 16 bit.

        `user_id` is who listens; while they are not in its channel there is nothing, as there is
        in a pause.
        """
        user_id = request.query.get("user_id", "")
        response = web.StreamResponse(
            headers={"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        decoder = OpusDecoder()
        with self._streaming() as stream, suppress(ConnectionResetError):
            while not _is_gone(request):
                try:
                    packet = await asyncio.wait_for(stream.get(), LOOK_SECONDS)
                except TimeoutError:
                    continue
                if packet is None:
                    break
                if self._simulator.voice_rooms.share(user_id, self._simulator.world.bot.id):
                    with suppress(ValueError):  # no Opus: nothing to be heard
                        await response.write(decoder.decode(packet))
        return response

    @contextmanager
    def _streaming(self) -> Iterator[asyncio.Queue[bytes | None]]:
        stream: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_BEHIND)
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.remove(stream)


def _put(stream: asyncio.Queue[bytes | None], packet: bytes | None) -> None:
    if stream.full():
        stream.get_nowait()
    stream.put_nowait(packet)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
