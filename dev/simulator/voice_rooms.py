"""The voice channels of the playground's server, as its page shows them: who is in, who speaks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from dev.simulator.errors import JsonObject
from dev.simulator.events import EventKind, EventLog
from dev.simulator.guilds import Guilds
from dev.simulator.options import InvalidInputError
from dev.simulator.voice_states import VoiceMove, VoiceState, VoiceStates
from dev.simulator.world import GUILD_ID, ChannelType, Permission


class VoiceRooms:
    """Only for the simulator's own thread. `is_heard` is whether the page can listen in."""

    def __init__(self, *, guilds: Guilds, states: VoiceStates, events: EventLog) -> None:
        self._guilds = guilds
        self._states = states
        self._events = events
        self._speaking: set[str] = set()
        self.is_heard = False

    def as_json(self) -> JsonObject:
        return {
            "is_heard": self.is_heard,
            "people": [
                {
                    "user_id": state.user_id,
                    "channel_id": state.channel_id,
                    "is_speaking": state.user_id in self._speaking,
                }
                for state in self._states.in_guild(GUILD_ID)
            ],
        }

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have the page hear of every change while the block runs."""
        with self._states.listening(self._moved):
            yield

    def enter(self, user_id: str, channel_id: str) -> None:
        """Somebody joins a voice channel, or moves there; InvalidInputError where they cannot."""
        guild = self._guilds.with_channel(channel_id)
        member = guild.member(user_id) if guild else None
        channel = guild.channel(channel_id) if guild else None
        if guild is None or member is None or channel is None:
            raise InvalidInputError(f"{user_id} knows no channel {channel_id}")
        if channel.type is not ChannelType.VOICE:
            raise InvalidInputError(f"{channel.name} is no voice channel")
        if Permission.CONNECT not in guild.permissions(member, channel):
            raise InvalidInputError(f"{member.username} may not join {channel.name}")
        others = [one for one in self._states.in_channel(channel.id) if one.user_id != user_id]
        if channel.user_limit and len(others) >= channel.user_limit:
            raise InvalidInputError(f"{channel.name} is full")
        self._states.put(VoiceState(guild.id, channel.id, user_id, secrets.token_hex(16)))

    def leave(self, user_id: str) -> None:
        """Somebody leaves; nothing happens when they were in no channel."""
        self._states.remove(GUILD_ID, user_id)

    def share(self, one_id: str, other_id: str) -> bool:
        """Whether two are in the same channel, and so hear each other."""
        one, other = self._states.of(GUILD_ID, one_id), self._states.of(GUILD_ID, other_id)
        return one is not None and other is not None and one.channel_id == other.channel_id

    def mark_speaking(self, user_id: str, *, speaking: bool) -> None:
        if speaking is not (user_id in self._speaking):
            (self._speaking.add if speaking else self._speaking.discard)(user_id)
            self._tell()

    def _moved(self, move: VoiceMove) -> None:
        if move.state.guild_id != GUILD_ID:
            return
        if move.after is None:
            self._speaking.discard(move.state.user_id)
        self._tell()

    def _tell(self) -> None:
        self._events.publish(EventKind.VOICE, self.as_json(), replaces="voice")
