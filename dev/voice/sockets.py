"""What both gateways do with a websocket: take it in, read it, write it, cut it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final, Protocol

from aiohttp import WSMsgType, web

from dev.simulator.errors import JsonObject
from dev.voice.wire import CLOSE_SECONDS, Wire

DECODE_ERROR: Final = 4002
VANISHED: Final = 1006
LARGEST_MESSAGE: Final = 1 << 20


class CloseError(Exception):
    """The websocket is to be closed with `code`: the client broke a rule."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close with {code}")
        self.code = code


class Conversation(Protocol):
    """One client's talk with a server over one websocket."""

    def take(self, message: JsonObject | bytes) -> None:
        """A message has come; CloseError when the client broke a rule."""

    def end(self, code: int, *, by_client: bool) -> None:
        """The websocket was closed with this code, by either side; VANISHED without a goodbye."""


class Sockets:
    """The open websockets of one server, and the network between them and the clients."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, web.Request] = {}
        self.is_cut = False
        """While true, nobody gets through."""

    def cut(self) -> None:
        """Lose every connection without a goodbye, and let none in until `is_cut` is false."""
        self.is_cut = True
        for request in tuple(self._open.values()):
            _abort(request)

    async def serve(
        self,
        request: web.Request,
        *,
        begin: Callable[[Wire], Conversation],
        idle_seconds: float,
        idle_code: int,
        compressed: bool = False,
    ) -> web.WebSocketResponse:
        """Talk with a client until its end. Who sends nothing for so long is let go."""
        websocket = web.WebSocketResponse(timeout=CLOSE_SECONDS, max_msg_size=LARGEST_MESSAGE)
        if self.is_cut:
            _abort(request)
            return websocket
        await websocket.prepare(request)
        wire = Wire(websocket, compressed=compressed)
        self._open[websocket] = request
        conversation = begin(wire)
        reading = asyncio.create_task(
            _read(websocket, conversation, wire, idle_seconds=idle_seconds, idle_code=idle_code)
        )
        writing = asyncio.create_task(wire.write())
        try:
            await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._open[websocket]
            reading.cancel()
            writing.cancel()
            read, _ = await asyncio.gather(reading, writing, return_exceptions=True)
            # The answer to a close has a code as well: only the first close counts.
            by_client = isinstance(read, int)
            code = read if isinstance(read, int) else wire.closed_with
            conversation.end(code or VANISHED, by_client=by_client)
        if isinstance(read, Exception):
            raise read
        if wire.closed_with is not None:
            # Only when nobody reads any more: else aiohttp does not wait for the client's answer,
            # and the client may lose the code.
            await websocket.close(code=wire.closed_with)
        return websocket


async def _read(
    websocket: web.WebSocketResponse,
    conversation: Conversation,
    wire: Wire,
    *,
    idle_seconds: float,
    idle_code: int,
) -> int:
    """Take messages in until the client closes: its code, or VANISHED."""
    while True:
        try:
            message = await websocket.receive(timeout=idle_seconds)
            if message.type is WSMsgType.CLOSE:
                return int(message.data)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return VANISHED
            conversation.take(_decoded(message.data))
        except TimeoutError:
            wire.close(idle_code)
            await asyncio.Event().wait()
        except CloseError as error:
            wire.close(error.code)
            await asyncio.Event().wait()


def _decoded(data: str | bytes) -> JsonObject | bytes:
    if isinstance(data, bytes):
        return data
    try:
        message = json.loads(data)
    except ValueError as error:
        raise CloseError(DECODE_ERROR) from error
    if not isinstance(message, dict):
        raise CloseError(DECODE_ERROR)
    return message


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
