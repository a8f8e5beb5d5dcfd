"""Who is in which voice channel now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from dev.simulator.errors import JsonObject
from dev.simulator.guilds import Guild
from dev.simulator.world import User


@dataclass(frozen=True, slots=True)
class VoiceState:
    """Where somebody is. `session_id` tells whose: the gateway session that asked for it."""

    guild_id: str
    channel_id: str
    user_id: str
    session_id: str
    self_mute: bool = False
    self_deaf: bool = False

    def as_json(self, guild: Guild, user: User, *, left: bool = False) -> JsonObject:
        """As events and `GET …/voice-states/…` have it; `left` for the event of leaving."""
        return {
            "guild_id": self.guild_id,
            "channel_id": None if left else self.channel_id,
            "user_id": self.user_id,
            "session_id": self.session_id,
            "member": guild.member_json(user),
            "deaf": False,
            "mute": False,
            "self_deaf": self.self_deaf,
            "self_mute": self.self_mute,
            "self_stream": False,
            "self_video": False,
            "suppress": False,
            "request_to_speak_timestamp": None,
        }


@dataclass(frozen=True, slots=True)
class VoiceMove:
    """A change: somebody came (`before` is None), left (`after` is None) or moved."""

    before: VoiceState | None
    after: VoiceState | None

    @property
    def state(self) -> VoiceState:
        """The latest that is known."""
        state = self.after or self.before
        if state is None:
            raise ValueError("a move of nobody")
        return state


MoveListener: TypeAlias = Callable[[VoiceMove], None]


class VoiceStates:
    """The voice states of every server. Only for the simulator's own thread."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], VoiceState] = {}
        self._listeners: list[MoveListener] = []

    @contextmanager
    def listening(self, listener: MoveListener) -> Iterator[None]:
        """Call `listener` with each change while the block runs."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def of(self, guild_id: str, user_id: str) -> VoiceState | None:
        return self._states.get((guild_id, user_id))

    def in_guild(self, guild_id: str) -> list[VoiceState]:
        return [state for state in self._states.values() if state.guild_id == guild_id]

    def in_channel(self, channel_id: str) -> list[VoiceState]:
        return [state for state in self._states.values() if state.channel_id == channel_id]

    def of_session(self, session_id: str) -> list[VoiceState]:
        return [state for state in self._states.values() if state.session_id == session_id]

    def put(self, state: VoiceState) -> None:
        """Somebody comes, moves, or comes again."""
        key = (state.guild_id, state.user_id)
        before = self._states.get(key)
        self._states[key] = state
        self._tell(VoiceMove(before, state))

    def remove(self, guild_id: str, user_id: str) -> None:
        """Somebody leaves; nothing happens when they were not there."""
        before = self._states.pop((guild_id, user_id), None)
        if before is not None:
            self._tell(VoiceMove(before, None))

    def _tell(self, move: VoiceMove) -> None:
        for listener in tuple(self._listeners):
            listener(move)
