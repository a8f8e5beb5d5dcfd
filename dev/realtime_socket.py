"""One page's connection to Realtime: Phoenix' protocol, its channels, and what waits to be sent.

Source: https://supabase.com/docs/guides/realtime/protocol
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import WSMsgType, web

from dev.keys import JsonObject
from dev.realtime_rows import Audience, audience_of
from dev.realtime_subscriptions import Subscription, SubscriptionError

IDLE_SECONDS = 60.0
LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""Who has not taken this much is let go, comes back, and reads the tables anew."""
ARRAYS = "2.0.0"
_TOPIC_PREFIX = "realtime:"
_BAD_TOKEN = "InvalidJWTToken: the token is not ours, or it is over"  # noqa: S105 - a message

Claims = Callable[[str], JsonObject | None]


class Host(Protocol):
    """What a socket asks of the server that it belongs to."""

    async def ready(self) -> bool:
        """Wait until changes are read; False: they cannot be."""


@dataclass(slots=True)
class Channel:
    """What one `channel()` of a page is told of, and with whose rights."""

    topic: str
    join_ref: str | None
    claims: JsonObject
    subscriptions: tuple[Subscription, ...]
    audience: Audience = field(init=False)
    ending: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.authorize(self.claims)

    def authorize(self, claims: JsonObject) -> None:
        self.claims = claims
        self.audience = audience_of(claims)


@dataclass(frozen=True, slots=True)
class Message:
    """One of Phoenix' messages, in either form."""

    topic: str
    event: str
    payload: JsonObject
    ref: str | None = None
    join_ref: str | None = None

    @classmethod
    def of(cls, text: str) -> Message:
        """Raises ValueError for anything else."""
        found = json.loads(text)
        try:
            if isinstance(found, list):
                join_ref, ref, topic, event, payload = found
            else:
                topic, event, payload = found["topic"], found["event"], found.get("payload")
                join_ref, ref = found.get("join_ref"), found.get("ref")
        except (KeyError, TypeError) as error:
            raise ValueError("no message of Phoenix'") from error
        return cls(topic, event, payload if isinstance(payload, dict) else {}, ref, join_ref)

    def encoded(self, version: str) -> str:
        if version == ARRAYS:
            parts = [self.join_ref, self.ref, self.topic, self.event, self.payload]
            return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        return json.dumps(
            {
                "topic": self.topic,
                "event": self.event,
                "payload": self.payload,
                "ref": self.ref,
                "join_ref": self.join_ref,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


class Socket:
    """A connection. `claims_of` reads a key or a user's token; `key` is the one it came with."""

    def __init__(self, request: web.Request, *, host: Host, key: str, claims_of: Claims) -> None:
        self._request = request
        self._version = request.query.get("vsn", "1.0.0")
        self._host = host
        self._key = key
        self._claims_of = claims_of
        self._channels: dict[str, Channel] = {}
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._backlog_bytes = 0

    @property
    def channels(self) -> Iterable[Channel]:
        return tuple(self._channels.values())

    async def run(self) -> web.WebSocketResponse:
        """Serve it until it ends."""
        response = web.WebSocketResponse()
        await response.prepare(self._request)
        writing = asyncio.create_task(self._write(response))
        try:
            while True:
                frame = await response.receive(timeout=IDLE_SECONDS)
                if frame.type is WSMsgType.TEXT:
                    await self._hear(frame.data)
                elif frame.type is not WSMsgType.BINARY:
                    break
        except TimeoutError:
            self.abort()  # it has not sent a heartbeat for long
        finally:
            writing.cancel()
            for topic in tuple(self._channels):
                self._leave(topic)
        return response

    def abort(self) -> None:
        """Cut the line, without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def push(self, channel: Channel, event: str, payload: JsonObject) -> None:
        """Send a message to a channel when its page takes it."""
        self._send(Message(channel.topic, event, payload, join_ref=channel.join_ref))

    async def _write(self, response: web.WebSocketResponse) -> None:
        while True:
            text = await self._outbox.get()
            try:
                await response.send_str(text)
            except ConnectionError:
                return  # it went away; the reading side sees that, too
            self._backlog_bytes -= len(text)

    def _send(self, message: Message) -> None:
        text = message.encoded(self._version)
        if self._backlog_bytes + len(text) > LARGEST_BACKLOG_BYTES:
            self.abort()
            return
        self._backlog_bytes += len(text)
        self._outbox.put_nowait(text)

    async def _hear(self, text: str) -> None:
        try:
            message = Message.of(text)
        except ValueError:
            return
        match message.event:
            case "heartbeat":
                self._reply(message, {})
            case "phx_join":
                await self._join(message)
            case "phx_leave":
                self._leave(message.topic)
                self._reply(message, {})
                self._send(Message(message.topic, "phx_close", {}, message.ref, message.join_ref))
            case "access_token":
                self._authorize(message)
            case _ if message.topic in self._channels:
                self._reply(message, {})  # broadcast and presence, which nobody here listens to
            case _:
                self._reply(message, {"reason": "unmatched topic"}, status="error")

    async def _join(self, message: Message) -> None:
        claims = self._claims_of(str(message.payload.get("access_token") or self._key))
        if claims is None:
            self._reply(message, {"reason": _BAD_TOKEN}, status="error")
            return
        config = message.payload.get("config")
        asked = config.get("postgres_changes") if isinstance(config, dict) else None
        entries = [one for one in asked or () if isinstance(one, dict)]
        try:
            numbered = tuple(Subscription.of(number, one) for number, one in enumerate(entries, 1))
            fault = None
        except SubscriptionError as error:
            numbered, fault = (), str(error)
        self._leave(message.topic)
        channel = Channel(message.topic, message.join_ref or message.ref, claims, numbered)
        self._channels[message.topic] = channel
        self._end_with_token(channel)
        if numbered and not await self._host.ready():
            self._leave(message.topic)
            self._reply(message, {"reason": "The database does not answer."}, status="error")
            return
        changes = [{"id": number, **one} for number, one in enumerate(entries, 1)]
        self._reply(message, {"postgres_changes": changes})
        if entries:
            self._tell(
                channel,
                fault or "Subscribed to PostgreSQL",
                status="error" if fault else "ok",
                extension="postgres_changes",
            )

    def _authorize(self, message: Message) -> None:
        channel = self._channels.get(message.topic)
        if channel is None:
            return
        claims = self._claims_of(str(message.payload.get("access_token") or self._key))
        if claims is None:
            self._close(channel)
            return
        channel.authorize(claims)
        self._end_with_token(channel)

    def _end_with_token(self, channel: Channel) -> None:
        """Close the channel when its token is over."""
        if channel.ending is not None:
            channel.ending.cancel()
            channel.ending = None
        ends = channel.claims.get("exp")
        if isinstance(ends, int | float):
            loop = asyncio.get_running_loop()
            channel.ending = loop.call_later(ends - time.time(), self._close, channel)

    def _close(self, channel: Channel) -> None:
        self._tell(channel, _BAD_TOKEN, status="error", extension="system")
        self.push(channel, "phx_close", {})
        self._leave(channel.topic)

    def _leave(self, topic: str) -> None:
        channel = self._channels.pop(topic, None)
        if channel is not None and channel.ending is not None:
            channel.ending.cancel()

    def _tell(self, channel: Channel, message: str, *, status: str, extension: str) -> None:
        self.push(
            channel,
            "system",
            {
                "channel": channel.topic.removeprefix(_TOPIC_PREFIX),
                "extension": extension,
                "message": message,
                "status": status,
            },
        )

    def _reply(self, message: Message, response: JsonObject, *, status: str = "ok") -> None:
        payload: JsonObject = {"status": status, "response": response}
        self._send(Message(message.topic, "phx_reply", payload, message.ref, message.join_ref))
