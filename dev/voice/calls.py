"""The calls of the voice server: a connection each, who is in them, and what is heard.

The bot has at most one voice connection in a server. What the main gateway says of channels and
sessions comes in as a `Pass`, which the connection has to show.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from dev.voice.dave import DaveGroup, Frame
from dev.voice.listener import Listener
from dev.voice.rtp import Header, Mode, PacketError, decrypt, receiver_report
from dev.voice.wire import Outbox

REPORTED_PACKETS: Final = 50


@dataclass(frozen=True, slots=True)
class Pass:
    """What lets a gateway session into the voice server: VOICE_SERVER_UPDATE gives its token."""

    guild_id: str
    channel_id: str
    user_id: str
    session_id: str
    token: str = field(repr=False)


@dataclass(slots=True)
class Connection:
    """A voice session of the bot, which outlives its websocket for as long as it can be resumed."""

    number: int
    card: Pass
    ssrc: int
    listener: Listener = field(repr=False)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    outbox: Outbox = field(default_factory=Outbox, repr=False)
    mode: Mode | None = None
    received: int = 0
    group: DaveGroup | None = field(default=None, repr=False)

    def hear(self, datagram: bytes, header: Header, *, arrived: float) -> bytes | None:
        """Take in a datagram; one that is not for this connection's key is passed over.

        Once a second there is something to send back.
        """
        if self.mode is None:
            return None
        try:
            payload = decrypt(datagram, header, key=self.secret, mode=self.mode)
        except PacketError:
            return None
        group = self.group
        opus = group.decrypt(int(self.card.user_id), payload) if group else payload
        self.listener.take(
            connection=self.number,
            sequence=header.sequence,
            timestamp=header.timestamp,
            arrived=arrived,
            opus=opus,
            was_encrypted=opus != payload,
        )
        self.received += 1
        if self.received % REPORTED_PACKETS != 1:
            return None
        return receiver_report(header, self.received, key=self.secret, mode=self.mode)


class Calls:
    """Every call there is. Only for the voice server's own thread."""

    def __init__(self, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        self._passes: dict[str, Pass] = {}
        self._connections: dict[str, Connection] = {}
        self._people: dict[str, list[str]] = {}
        self._listeners: dict[str, Listener] = {}
        self._numbers = count(1)

    # --- the main gateway's side ---------------------------------------------------------------

    def admit(self, *, guild_id: str, channel_id: str, user_id: str, session_id: str) -> Pass:
        """A pass for the session that is in the channel now; it takes the place of any before."""
        card = Pass(guild_id, channel_id, user_id, session_id, secrets.token_hex(8))
        self._passes[guild_id] = card
        return card

    def dismiss(self, guild_id: str) -> None:
        """The bot is in no channel of the server any more."""
        self._passes.pop(guild_id, None)

    def person_joins(self, channel_id: str, user_id: str) -> None:
        """Somebody can listen in the channel from now on."""
        people = self._people.setdefault(channel_id, [])
        if user_id not in people:
            people.append(user_id)
        for group in self._groups_in(channel_id):
            group.person_joins(int(user_id))

    def person_leaves(self, channel_id: str, user_id: str) -> None:
        people = self._people.get(channel_id, [])
        if user_id in people:
            people.remove(user_id)
        for group in self._groups_in(channel_id):
            group.person_leaves(int(user_id))

    def listener(self, guild_id: str) -> Listener:
        """The ear in a server's calls, the same for as long as the voice server runs."""
        return self._listeners.setdefault(guild_id, Listener())

    # --- the voice websocket's side ------------------------------------------------------------

    def pass_for(self, guild_id: str) -> Pass | None:
        return self._passes.get(guild_id)

    def people_in(self, channel_id: str) -> list[str]:
        return list(self._people.get(channel_id, []))

    def connect(self, card: Pass, send: Callable[[Frame], None]) -> Connection:
        """A new voice session in the pass's server, in the place of the last one."""
        number = next(self._numbers)
        connection = Connection(number, card, 1000 + number, self.listener(card.guild_id))
        if self.encrypted:
            group = DaveGroup(int(card.channel_id), send)
            for user_id in self.people_in(card.channel_id):
                group.person_joins(int(user_id))
            connection.group = group
        self._connections[card.guild_id] = connection
        return connection

    def connections(self) -> list[Connection]:
        return list(self._connections.values())

    def connection_in(self, guild_id: str) -> Connection | None:
        return self._connections.get(guild_id)

    def end(self, connection: Connection) -> None:
        """A voice session is over and cannot be resumed."""
        if self._connections.get(connection.card.guild_id) is connection:
            del self._connections[connection.card.guild_id]

    def hear(self, datagram: bytes, *, arrived: float) -> bytes | None:
        """Give a datagram to the connection that its source number names: what to send back."""
        try:
            header = Header.of(datagram)
        except PacketError:
            return None
        for connection in self._connections.values():
            if connection.ssrc == header.ssrc:
                return connection.hear(datagram, header, arrived=arrived)
        return None

    def _groups_in(self, channel_id: str) -> Iterator[DaveGroup]:
        for connection in tuple(self._connections.values()):
            if connection.card.channel_id == channel_id and connection.group is not None:
                yield connection.group
