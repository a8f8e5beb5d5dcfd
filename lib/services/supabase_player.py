"""What players are asked and what workers keep, on Supabase: each method one lean call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from lib.ports.base import JsonObject
from lib.ports.player import (
    AdoptedSession,
    BeatReading,
    MusicSettings,
    Ordered,
    Play,
    PlayerOrder,
    PlayerReading,
    PlaysPage,
    QueuedTrack,
    Session,
    SessionPosition,
    Track,
)
from lib.services import player_answers as answers
from lib.services.postgrest_answers import boolean_of, reading, rows_of
from lib.services.postgrest_rpc import PostgrestRpc

T = TypeVar("T")


class SupabasePlayerStore:
    """A PlayerStore and a SessionStore (see lib.ports)."""

    def __init__(self, rpc: PostgrestRpc) -> None:
        self._rpc = rpc

    def order_player(self, order: PlayerOrder) -> Ordered:
        arguments = {
            "p_id": order.id,
            "p_command": order.command,
            "p_payload": order.payload,
            "p_token": order.token,
            "p_interaction": order.interaction,
        }
        return self._ask("order_player", arguments, lambda said: Ordered(str(said)))

    def read_player(
        self, *, guild_id: str, offset: int = 0, limit: int = 10, order_id: UUID | None = None
    ) -> PlayerReading:
        arguments = {**_page(guild_id, offset, limit), "p_order_id": order_id}
        return self._ask("read_player", arguments, answers.player)

    def read_plays(self, *, guild_id: str, offset: int = 0, limit: int = 10) -> PlaysPage:
        return self._ask("read_plays", _page(guild_id, offset, limit), answers.plays)

    def suggest_tracks(self, *, guild_id: str, typed: str, limit: int = 25) -> Sequence[Track]:
        arguments = {"p_guild_id": guild_id, "p_typed": typed, "p_limit": limit}
        return self._ask(
            "suggest_tracks", arguments, lambda rows: tuple(map(answers.track, rows_of(rows)))
        )

    def change_music_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> MusicSettings:
        arguments = {"p_guild_id": guild_id, "p_changes": changes, "p_user_id": user_id}
        return self._ask("change_music_settings", arguments, answers.music_settings)

    def beat_worker(
        self,
        *,
        name: str,
        run: str,
        every_seconds: int,
        detail: Mapping[str, object],
        sessions: Sequence[SessionPosition],
        begins: bool = False,
    ) -> BeatReading:
        arguments = {
            "p_name": name,
            "p_run": run,
            "p_every_seconds": every_seconds,
            "p_detail": detail,
            "p_sessions": [_position(session) for session in sessions],
            "p_begins": begins,
        }
        return self._ask("beat_worker", arguments, answers.beat)

    def save_session(self, *, run: str, session: Session, play: Play | None = None) -> bool:
        arguments = {
            "p_run": run,
            "p_session": _session(session),
            "p_play": None if play is None else _play(play),
        }
        return self._ask("save_session", arguments, boolean_of)

    def save_queue(self, *, run: str, guild_id: str, queue: Sequence[QueuedTrack]) -> bool:
        arguments = {
            "p_run": run,
            "p_guild_id": guild_id,
            "p_tracks": [{"id": each.id, **_track(each.track)} for each in queue],
        }
        return self._ask("save_queue", arguments, boolean_of)

    def adopt_sessions(
        self, *, run: str, limit: int, guild_id: str | None = None
    ) -> Sequence[AdoptedSession]:
        arguments = {"p_run": run, "p_limit": limit, "p_guild_id": guild_id}
        return self._ask(
            "adopt_sessions", arguments, lambda rows: tuple(map(answers.adopted, rows_of(rows)))
        )

    def end_session(self, *, run: str, guild_id: str) -> bool:
        return self._ask("end_session", {"p_run": run, "p_guild_id": guild_id}, boolean_of)

    def end_worker(self, *, name: str, run: str) -> None:
        self._rpc.call("end_worker", {"p_name": name, "p_run": run})

    def pick_track(self, *, guild_id: str, without: Sequence[str]) -> Track | None:
        arguments = {"p_guild_id": guild_id, "p_except": list(without)}
        return self._ask("pick_track", arguments, answers.track_or_none)

    def _ask(
        self, function: str, arguments: Mapping[str, object], read: Callable[[object], T]
    ) -> T:
        answer = self._rpc.call(function, arguments)
        with reading(function):
            return read(answer)


def _page(guild_id: str, offset: int, limit: int) -> JsonObject:
    return {"p_guild_id": guild_id, "p_offset": offset, "p_limit": limit}


def _track(track: Track) -> JsonObject:
    """A track in the columns that sessions, queues and plays have alike."""
    return {
        "track_title": track.title,
        "track_url": track.url,
        "duration_ms": track.duration_ms or None,
        "requested_by": track.requested_by or None,
        "requester_id": track.requester_id or None,
    }


def _session(session: Session) -> JsonObject:
    return {
        **_track(session.track),
        # Dashboards made for the guides' table expect a number here.
        "duration_ms": session.track.duration_ms,
        "guild_id": session.guild_id,
        "play_id": session.play_id,
        "position_ms": session.position_ms,
        "is_playing": session.is_playing,
        "is_paused": session.is_paused,
        "channel_id": session.channel_id,
        "text_channel_id": session.text_channel_id,
        "loop_mode": session.loop_mode.value,
        "volume": session.volume,
        "autoplay": session.autoplay,
        "locale": session.locale,
    }


def _play(play: Play) -> JsonObject:
    return {**_track(play.track), "guild_id": play.guild_id, "play_id": play.id}


def _position(position: SessionPosition) -> JsonObject:
    return {
        "guild_id": position.guild_id,
        "position_ms": position.position_ms,
        "is_playing": position.is_playing,
    }
