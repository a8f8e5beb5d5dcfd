"""A client that speaks Discord's protocols by hand, for what discord.py never does."""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dev.simulator.errors import JsonObject
from dev.simulator.world import GUILD_ID, LOUNGE_ID
from dev.voice.rtp import SAMPLES_PER_PACKET
from dev.voice.running import RunningDiscordVoice

PATIENCE_SECONDS: Final = 20.0
INTENTS: Final = 1 << 0 | 1 << 7


@dataclass
class RawSocket:
    """One websocket: what it sent, and how it ended."""

    websocket: aiohttp.ClientWebSocketResponse
    received: list[JsonObject] = field(default_factory=list)

    async def send(self, op: int, data: object) -> None:
        await self.websocket.send_str(json.dumps({"op": op, "d": data}))

    async def next(self, op: int, *, event: str | None = None) -> JsonObject:
        """The next message of an opcode; AssertionError when it closes instead."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = await self.websocket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, message
                frame: JsonObject = json.loads(message.data)
                self.received.append(frame)
                if frame["op"] == op and frame.get("t") == event:
                    return frame

    async def closed(self) -> int:
        """The code it is closed with."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.websocket.closed:
                await self.websocket.receive()
        assert self.websocket.close_code is not None
        return self.websocket.close_code


@dataclass
class RawClient:
    """A bot's session at the main gateway, by which it gets into voice."""

    voice: RunningDiscordVoice
    http: aiohttp.ClientSession
    sockets: list[RawSocket] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)

    async def connect(self, address: str, *, context: ssl.SSLContext | None = None) -> RawSocket:
        socket = RawSocket(await self.http.ws_connect(address, ssl=context or True))
        self.sockets.append(socket)
        connection = socket.websocket._response.connection
        assert connection is not None
        assert connection.transport is not None
        self.transports.append(connection.transport)
        return socket

    async def open_gateway(self) -> RawSocket:
        socket = await self.connect(f"{self.voice.gateway_url}?v=10&encoding=json")
        await socket.next(10)
        return socket

    async def identify(self, **changed: object) -> RawSocket:
        socket = await self.open_gateway()
        token = self.voice.discord.simulator.config.bot_token
        await socket.send(2, {"token": token, "intents": INTENTS, "properties": {}} | changed)
        return socket

    async def ticket(self) -> JsonObject:
        """What a voice session has to show, of a bot that has just asked to join."""
        gateway = await self.identify()
        await gateway.next(0, event="GUILD_CREATE")
        asked = {"guild_id": GUILD_ID, "channel_id": LOUNGE_ID}
        await gateway.send(4, asked | {"self_mute": False, "self_deaf": False})
        state = (await gateway.next(0, event="VOICE_STATE_UPDATE"))["d"]
        server = (await gateway.next(0, event="VOICE_SERVER_UPDATE"))["d"]
        return {
            "server_id": GUILD_ID,
            "user_id": state["user_id"],
            "session_id": state["session_id"],
            "token": server["token"],
            "max_dave_protocol_version": 1,
        }

    async def open_voice(self) -> RawSocket:
        context = ssl.create_default_context(cafile=self.voice.environment["SSL_CERT_FILE"])
        address = f"wss://{self.voice.voice.endpoint}/?v=8"
        socket = await self.connect(address, context=context)
        await socket.next(8)
        return socket


@asynccontextmanager
async def raw_client(voice: RunningDiscordVoice) -> AsyncIterator[RawClient]:
    async with aiohttp.ClientSession() as http:
        client = RawClient(voice, http)
        yield client
        for socket in client.sockets:
            await socket.websocket.close()
        for transport in client.transports:
            transport.abort()  # by itself the end of TLS takes longer than the test
    await asyncio.sleep(0)


def sealed_with_aes(opus: bytes, *, key: bytes, ssrc: int, sequence: int) -> bytes:
    """A voice packet as clients send it that choose AES."""
    header = struct.pack(">BBHII", 0x80, 0x78, sequence, sequence * SAMPLES_PER_PACKET, ssrc)
    nonce = struct.pack(">I", sequence)
    return header + AESGCM(key).encrypt(nonce.ljust(12, b"\0"), opus, header) + nonce
