"""The way out of a websocket, and what is kept for a client that comes back for it."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from aiohttp import web

Payload: TypeAlias = str | bytes
KEPT_FRAMES: Final = 1000
CLOSE_SECONDS: Final = 1.0


class Wire:
    """What is to be sent on one websocket waits here in its order, also a close.

    `compressed` is Discord's `zlib-stream`: one stream over all messages.
    """

    def __init__(self, websocket: web.WebSocketResponse, *, compressed: bool = False) -> None:
        self._websocket = websocket
        self._waiting: asyncio.Queue[Payload | int] = asyncio.Queue()
        self._stream = zlib.compressobj() if compressed else None
        self.closed_with: int | None = None
        """The code of the close that this side began, if it did."""

    def send(self, payload: Payload) -> None:
        self._waiting.put_nowait(payload)

    def close(self, code: int) -> None:
        """Close with a code, once everything before it has been sent."""
        if self.closed_with is None:
            self.closed_with = code
        self._waiting.put_nowait(code)

    async def write(self) -> None:
        """Send until it is time to close, or the client has gone."""
        try:
            while True:
                payload = await self._waiting.get()
                if isinstance(payload, int):
                    return
                await self._write(payload)
        except ConnectionError:
            return  # the client has gone: whoever reads notices as well

    async def _write(self, payload: Payload) -> None:
        if isinstance(payload, bytes):
            await self._websocket.send_bytes(payload)
        elif self._stream is None:
            await self._websocket.send_str(payload)
        else:
            packed = self._stream.compress(payload.encode())
            await self._websocket.send_bytes(packed + self._stream.flush(zlib.Z_SYNC_FLUSH))


class Outbox:
    """The numbered frames of a session, of which the latest can be sent once more."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Payload]] = deque(maxlen=KEPT_FRAMES)
        self._wire: Wire | None = None
        self.sequence = 0

    @property
    def wire(self) -> Wire | None:
        """The websocket that the session has now."""
        return self._wire

    def put(self, render: Callable[[int], Payload]) -> None:
        """Send a frame made from its number, now or when the client comes back."""
        self.sequence += 1
        payload = render(self.sequence)
        self._kept.append((self.sequence, payload))
        if self._wire is not None:
            self._wire.send(payload)

    def attach(self, wire: Wire) -> None:
        self._wire = wire

    def resume(self, wire: Wire, *, after: int) -> None:
        """Go on over another websocket with what the client has not got yet."""
        self._wire = wire
        for number, payload in self._kept:
            if number > after:
                wire.send(payload)

    def detach(self, wire: Wire) -> None:
        """That websocket has gone; nothing happens when another one has taken its place."""
        if self._wire is wire:
            self._wire = None
