"""One client's conversation with the voice server, version 8 of its protocol.

https://discord.com/developers/docs/topics/voice-connections
"""

from __future__ import annotations

import json
import struct
from enum import IntEnum
from typing import Final, Protocol

from dev.simulator.errors import JsonObject
from dev.voice import dave
from dev.voice.calls import Calls, Connection, Pass
from dev.voice.certificate import HOST
from dev.voice.dave import BinaryFrame, DaveOp, Frame
from dev.voice.rtp import Mode
from dev.voice.sockets import DECODE_ERROR, CloseError
from dev.voice.wire import Outbox, Wire

HEARTBEAT_MS: Final = 13_750
VERSION: Final = 8


class Op(IntEnum):
    """The opcodes of plain voice, all JSON."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9
    CLIENTS_CONNECT = 11
    CLIENT_CONNECT = 12
    CLIENT_DISCONNECT = 13


class VoiceClose(IntEnum):
    """Why the voice server closes."""

    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    SESSION_INVALID = 4006
    SESSION_TIMEOUT = 4009
    SERVER_NOT_FOUND = 4011
    UNKNOWN_PROTOCOL = 4012
    DISCONNECTED = 4014
    SERVER_CRASHED = 4015
    UNKNOWN_MODE = 4016
    DAVE_REQUIRED = 4017
    BAD_REQUEST = 4020
    RATE_LIMITED = 4021
    CALL_TERMINATED = 4022


RESUMABLE: Final = frozenset({VoiceClose.SERVER_CRASHED})
"""After these the client may go on with RESUME."""


class Host(Protocol):
    """What a conversation asks of the server that it belongs to."""

    calls: Calls
    modes: tuple[Mode, ...]

    @property
    def udp_port(self) -> int: ...

    def refusal(self) -> int | None:
        """The code with which the next session is to be refused, if one is."""

    def forget(self, guild_id: str) -> None:
        """Another session takes the place of the one in that server."""

    def ended(
        self, connection: Connection | None, wire: Wire, code: int, *, by_client: bool
    ) -> None:
        """A websocket has gone, with what it was for, if it came so far."""


class VoiceSocket:
    """Takes what one websocket brings. CloseError is how it ends what is out of order."""

    def __init__(self, host: Host, wire: Wire) -> None:
        self._host = host
        self._wire = wire
        self._outbox = Outbox()
        self.connection: Connection | None = None
        wire.send(_json(Op.HELLO, {"v": VERSION, "heartbeat_interval": HEARTBEAT_MS}))

    def take(self, message: JsonObject | bytes) -> None:
        try:
            if isinstance(message, bytes):
                self._take_binary(message)
            else:
                self._take_json(int(message["op"]), message.get("d") or {})
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise CloseError(DECODE_ERROR) from error

    def end(self, code: int, *, by_client: bool) -> None:
        self._host.ended(self.connection, self._wire, code, by_client=by_client)

    def _take_json(self, op: int, data: JsonObject) -> None:
        match op:
            case Op.HEARTBEAT:
                self._wire.send(_json(Op.HEARTBEAT_ACK, {"t": data["t"]}))
            case Op.IDENTIFY:
                self._identify(data)
            case Op.RESUME:
                self._resume(data)
            case Op.SELECT_PROTOCOL:
                self._select_protocol(data)
            case Op.SPEAKING | Op.CLIENT_CONNECT:
                self._known()
            case DaveOp.TRANSITION_READY:
                self._group().take_ready(int(data["transition_id"]))
            case DaveOp.INVALID_COMMIT_WELCOME:
                self._group().take_invalid()
            case _:
                raise CloseError(VoiceClose.UNKNOWN_OPCODE)

    def _take_binary(self, message: bytes) -> None:
        op, content = message[0], message[1:]
        match op:
            case DaveOp.KEY_PACKAGE:
                self._group().take_key_package(content)
            case DaveOp.COMMIT_WELCOME:
                self._group().take_commit(content)
            case _:
                raise CloseError(VoiceClose.UNKNOWN_OPCODE)

    # --- the beginning -------------------------------------------------------------------------

    def _identify(self, data: JsonObject) -> None:
        if self.connection is not None:
            raise CloseError(VoiceClose.ALREADY_AUTHENTICATED)
        card = self._admitted(data)
        calls = self._host.calls
        if calls.encrypted and int(data.get("max_dave_protocol_version") or 0) < dave.VERSION:
            raise CloseError(VoiceClose.DAVE_REQUIRED)
        self._host.forget(card.guild_id)
        self.connection = calls.connect(card, self._send_frame)
        self._outbox = self.connection.outbox
        self._outbox.attach(self._wire)
        self.send(
            Op.READY,
            {
                "ssrc": self.connection.ssrc,
                "ip": HOST,
                "port": self._host.udp_port,
                "modes": [str(mode) for mode in self._host.modes],
                "experiments": [],
            },
        )

    def _admitted(self, data: JsonObject) -> Pass:
        refused = self._host.refusal()
        if refused is not None:
            raise CloseError(refused)
        card = self._host.calls.pass_for(str(data["server_id"]))
        if card is None:
            raise CloseError(VoiceClose.SERVER_NOT_FOUND)
        if str(data["session_id"]) != card.session_id:
            raise CloseError(VoiceClose.SESSION_INVALID)
        if data["token"] != card.token or str(data.get("user_id", card.user_id)) != card.user_id:
            raise CloseError(VoiceClose.AUTHENTICATION_FAILED)
        return card

    def _select_protocol(self, data: JsonObject) -> None:
        connection = self._known()
        if data["protocol"] != "udp":
            raise CloseError(VoiceClose.UNKNOWN_PROTOCOL)
        if data["data"]["mode"] not in self._host.modes:
            raise CloseError(VoiceClose.UNKNOWN_MODE)
        connection.mode = Mode(data["data"]["mode"])
        self.send(
            Op.SESSION_DESCRIPTION,
            {
                "mode": str(connection.mode),
                "secret_key": list(connection.secret),
                "audio_codec": "opus",
                "media_session_id": f"local-{connection.number}",
                "dave_protocol_version": dave.VERSION if connection.group else 0,
            },
        )
        people = self._host.calls.people_in(connection.card.channel_id)
        if people:
            self.send(Op.CLIENTS_CONNECT, {"user_ids": people})
        if connection.group is not None:
            connection.group.bot_joins()

    def _resume(self, data: JsonObject) -> None:
        if self.connection is not None:
            raise CloseError(VoiceClose.ALREADY_AUTHENTICATED)
        refused = self._host.refusal()
        if refused is not None:
            raise CloseError(refused)
        connection = self._host.calls.connection_in(str(data["server_id"]))
        if connection is None or str(data["session_id"]) != connection.card.session_id:
            raise CloseError(VoiceClose.SESSION_INVALID)
        if data["token"] != connection.card.token:
            raise CloseError(VoiceClose.AUTHENTICATION_FAILED)
        self.connection = connection
        self._outbox = connection.outbox
        self._outbox.resume(self._wire, after=int(data.get("seq_ack", -1)))
        self._wire.send(_json(Op.RESUMED, None))

    # --- what is sent --------------------------------------------------------------------------

    def send(self, op: int, data: JsonObject) -> None:
        """A numbered frame, which RESUME brings again."""
        self._outbox.put(lambda number: json.dumps({"op": int(op), "d": data, "seq": number}))

    def _send_frame(self, frame: Frame) -> None:
        if isinstance(frame, BinaryFrame):
            content = frame.content
            op = frame.op
            self._outbox.put(lambda number: struct.pack(">HB", number & 0xFFFF, op) + content)
        else:
            self.send(frame.op, dict(frame.data))

    # --- who it is -----------------------------------------------------------------------------

    def _known(self) -> Connection:
        if self.connection is None:
            raise CloseError(VoiceClose.NOT_AUTHENTICATED)
        return self.connection

    def _group(self) -> dave.DaveGroup:
        group = self._known().group
        if group is None:
            raise CloseError(VoiceClose.UNKNOWN_OPCODE)
        return group


def _json(op: int, data: JsonObject | None) -> str:
    return json.dumps({"op": int(op), "d": data})
