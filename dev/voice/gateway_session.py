"""One session of the bot at the main gateway, and the websocket it has now, if it has one."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from dev.simulator.errors import JsonObject
from dev.voice.wire import Outbox


class GatewayOp(IntEnum):
    """The main gateway's opcodes, as far as the bot uses them."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11
    REQUEST_SOUNDBOARD_SOUNDS = 31


class GatewayClose(IntEnum):
    """Why the main gateway closes."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    SESSION_TIMEOUT = 4009
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Intent(IntFlag):
    """Which events a session asks for."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
KNOWN_INTENTS = (1 << 26) - 1


@dataclass(slots=True)
class GatewaySession:
    """What a session has been promised: its id, its intents, and the events it has yet to get."""

    intents: Intent
    shard: tuple[int, int]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    outbox: Outbox = field(default_factory=Outbox, repr=False)

    def dispatch(self, event: str, data: JsonObject) -> None:
        """Tell of an event, now or after a RESUME."""
        self.outbox.put(
            lambda number: json.dumps(
                {"op": int(GatewayOp.DISPATCH), "t": event, "s": number, "d": data}
            )
        )

    def sees(self, guild_id: str) -> bool:
        """Whether a server is on this session's shard."""
        number, count = self.shard
        return (int(guild_id) >> 22) % count == number
