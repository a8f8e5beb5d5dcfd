"""One client's conversation with the main gateway, version 10 of its protocol.

https://discord.com/developers/docs/events/gateway
"""

from __future__ import annotations

import asyncio
import json
from typing import Final, Protocol

from dev.simulator.errors import JsonObject
from dev.voice.gateway_session import (
    KNOWN_INTENTS,
    PRIVILEGED,
    GatewayClose,
    GatewayOp,
    GatewaySession,
    Intent,
)
from dev.voice.sockets import DECODE_ERROR, CloseError
from dev.voice.wire import Wire

ACK_SECONDS: Final = 0.03
"""After a heartbeat its answer takes so long, as over a real network: discord.py notes when it has
sent one only afterwards, and measures an answer that is there before from the heartbeat before."""


class Host(Protocol):
    """What a conversation asks of the gateway that it belongs to."""

    heartbeat_ms: int
    is_silent: bool

    def knows(self, token: str) -> bool:
        """Whether this is the bot's token."""

    def opened(self, session: GatewaySession) -> None:
        """A session begins: it gets READY and the servers."""

    def session(self, session_id: str) -> GatewaySession | None:
        """The session that can be resumed by this id."""

    def resumed(self, session: GatewaySession) -> None:
        """A session has its client back."""

    def voice_asked(self, session: GatewaySession, data: JsonObject) -> None:
        """A session asks to join, to move or to leave a voice channel."""

    def ended(
        self, session: GatewaySession | None, wire: Wire, code: int, *, by_client: bool
    ) -> None:
        """A websocket has gone."""


class GatewaySocket:
    """Takes what one websocket brings. CloseError is how it ends what is out of order."""

    def __init__(self, host: Host, wire: Wire) -> None:
        self._host = host
        self._wire = wire
        self._session: GatewaySession | None = None
        wire.send(_frame(GatewayOp.HELLO, {"heartbeat_interval": host.heartbeat_ms}))

    def take(self, message: JsonObject | bytes) -> None:
        if isinstance(message, bytes):
            raise CloseError(DECODE_ERROR)
        try:
            self._take(int(message["op"]), message.get("d"))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CloseError(DECODE_ERROR) from error

    def end(self, code: int, *, by_client: bool) -> None:
        self._host.ended(self._session, self._wire, code, by_client=by_client)

    def _take(self, op: int, data: JsonObject | None) -> None:
        match op:
            case GatewayOp.HEARTBEAT:
                if not self._host.is_silent:
                    ack = _frame(GatewayOp.HEARTBEAT_ACK, None)
                    asyncio.get_running_loop().call_later(ACK_SECONDS, self._wire.send, ack)
            case GatewayOp.IDENTIFY:
                self._identify(data or {})
            case GatewayOp.RESUME:
                self._resume(data or {})
            case GatewayOp.VOICE_STATE_UPDATE:
                self._host.voice_asked(self._known(), data or {})
            case (
                GatewayOp.PRESENCE_UPDATE
                | GatewayOp.REQUEST_GUILD_MEMBERS
                | GatewayOp.REQUEST_SOUNDBOARD_SOUNDS
            ):
                self._known()
            case _:
                raise CloseError(GatewayClose.UNKNOWN_OPCODE)

    def _identify(self, data: JsonObject) -> None:
        self._check_newcomer(data)
        intents = int(data["intents"])
        if intents & ~KNOWN_INTENTS:
            raise CloseError(GatewayClose.INVALID_INTENTS)
        if intents & PRIVILEGED:
            raise CloseError(GatewayClose.DISALLOWED_INTENTS)
        number, count = data.get("shard", (0, 1))
        if not 0 <= number < count:
            raise CloseError(GatewayClose.INVALID_SHARD)
        self._session = GatewaySession(Intent(intents), (number, count))
        self._session.outbox.attach(self._wire)
        self._host.opened(self._session)

    def _resume(self, data: JsonObject) -> None:
        self._check_newcomer(data)
        session = self._host.session(str(data["session_id"]))
        if session is None:
            self._wire.send(_frame(GatewayOp.INVALID_SESSION, data=False))
            return
        if int(data["seq"]) > session.outbox.sequence:
            raise CloseError(GatewayClose.INVALID_SEQUENCE)
        self._session = session
        session.outbox.resume(self._wire, after=int(data["seq"]))
        self._host.resumed(session)

    def _check_newcomer(self, data: JsonObject) -> None:
        if self._session is not None:
            raise CloseError(GatewayClose.ALREADY_AUTHENTICATED)
        if not self._host.knows(str(data["token"])):
            raise CloseError(GatewayClose.AUTHENTICATION_FAILED)

    def _known(self) -> GatewaySession:
        if self._session is None:
            raise CloseError(GatewayClose.NOT_AUTHENTICATED)
        return self._session


def _frame(op: GatewayOp, data: JsonObject | bool | None) -> str:  # noqa: FBT001 - as it is sent
    return json.dumps({"op": int(op), "d": data, "t": None, "s": None})
