"""The voice server: a TLS port for its websockets, a UDP port for the sound."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import Final

from aiohttp import web

from dev.simulator.errors import JsonObject
from dev.voice.calls import Calls, Connection
from dev.voice.certificate import HOST, Certificate, make_certificate
from dev.voice.datagrams import DatagramDoor
from dev.voice.rtp import Mode
from dev.voice.sockets import Sockets
from dev.voice.voice_socket import RESUMABLE, Op, VoiceClose, VoiceSocket
from dev.voice.wire import Wire

IDLE_SECONDS: Final = 30.0
"""Clients send a heartbeat every few seconds; whoever is silent for so long is let go."""
LEFT: Final = frozenset({1000, 1001, int(VoiceClose.DISCONNECTED)})
"""A client that closes with one of these does not come back."""


class VoiceServer:
    """One voice server for every call. All but `calls.listener` belongs to its event loop."""

    def __init__(self, *, encrypted: bool = True, modes: tuple[Mode, ...] = tuple(Mode)) -> None:
        self.calls = Calls(encrypted=encrypted)
        self.modes = modes
        self.certificate: Certificate | None = None
        self.closed: list[int] = []
        """The codes with which websockets ended, oldest first; 1006 for those that vanished."""
        self._sockets = Sockets()
        self._door = DatagramDoor(lambda datagram, at: self.calls.hear(datagram, arrived=at))
        self._refusals: deque[int] = deque()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        """What VOICE_SERVER_UPDATE names."""
        return f"{HOST}:{self._port}"

    @property
    def udp_port(self) -> int:
        return self._door.port

    async def start(self, folder: Path) -> None:
        """Listen on free ports; the certificate's files are put into `folder`."""
        self.certificate = make_certificate(folder)
        self._door.open(asyncio.get_running_loop())
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0, ssl_context=self.certificate.context)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._sockets.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._door.close(asyncio.get_running_loop())

    # --- people --------------------------------------------------------------------------------

    def person_joins(self, guild_id: str, channel_id: str, user_id: str) -> None:
        self.calls.person_joins(channel_id, user_id)
        self._tell(guild_id, channel_id, Op.CLIENTS_CONNECT, {"user_ids": [user_id]})

    def person_leaves(self, guild_id: str, channel_id: str, user_id: str) -> None:
        self.calls.person_leaves(channel_id, user_id)
        self._tell(guild_id, channel_id, Op.CLIENT_DISCONNECT, {"user_id": user_id})

    def _tell(self, guild_id: str, channel_id: str, op: Op, data: JsonObject) -> None:
        connection = self.calls.connection_in(guild_id)
        if connection is not None and connection.card.channel_id == channel_id:
            connection.outbox.put(
                lambda number: json.dumps({"op": int(op), "d": data, "seq": number})
            )

    # --- what goes wrong on purpose ------------------------------------------------------------

    def close(self, code: int, *, guild_id: str | None = None) -> None:
        """Close the voice websocket of one server's call, or of all, with a code."""
        for connection in self.calls.connections():
            if guild_id in (None, connection.card.guild_id):
                wire = connection.outbox.wire
                if wire is not None:
                    wire.close(code)
                if code not in RESUMABLE:
                    self.calls.end(connection)

    def refuse(self, code: int, *, times: int = 1) -> None:
        """Refuse the next sessions with a code, as they identify or resume."""
        self._refusals.extend([code] * times)

    def cut(self) -> None:
        """Lose every websocket and datagram until `restore`."""
        self._door.is_cut = True
        self._sockets.cut()

    def restore(self) -> None:
        self._door.is_cut = False
        self._sockets.is_cut = False

    # --- for the conversations -----------------------------------------------------------------

    def refusal(self) -> int | None:
        return self._refusals.popleft() if self._refusals else None

    def forget(self, guild_id: str) -> None:
        connection = self.calls.connection_in(guild_id)
        if connection is None:
            return
        wire = connection.outbox.wire
        if wire is not None:
            wire.close(VoiceClose.DISCONNECTED)
        self.calls.end(connection)

    def ended(
        self, connection: Connection | None, wire: Wire, code: int, *, by_client: bool
    ) -> None:
        self.closed.append(code)
        if connection is not None:
            connection.outbox.detach(wire)
            if by_client and code in LEFT:
                self.calls.end(connection)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        return await self._sockets.serve(
            request,
            begin=lambda wire: VoiceSocket(self, wire),
            idle_seconds=IDLE_SECONDS,
            idle_code=VoiceClose.SESSION_TIMEOUT,
        )
