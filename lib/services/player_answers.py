"""What the SQL functions of the player answer, read strictly.

The functions below raise KeyError, TypeError or ValueError; `reading` stands around them.
"""

from __future__ import annotations

from uuid import UUID

from lib.ports.base import JsonObject
from lib.ports.player import (
    AdoptedSession,
    BeatReading,
    LoopMode,
    MusicSettings,
    Play,
    PlayerReading,
    PlaysPage,
    QueuedTrack,
    Session,
    Track,
)
from lib.services.postgrest_answers import boolean_of, moment_of, object_of, rows_of


def track(row: JsonObject) -> Track:
    """A track in the columns that sessions, queues and plays have alike; some have fewer."""
    return Track(
        title=_text(row["track_title"]),
        url=_text(row["track_url"]),
        duration_ms=_whole(row.get("duration_ms")),
        requested_by=_text(row.get("requested_by")),
        requester_id=_text(row.get("requester_id")),
    )


def track_or_none(value: object) -> Track | None:
    return None if value is None else track(object_of(value))


def session(row: JsonObject) -> Session:
    """A row of `active_sessions`. One that somebody else made has only the guides' six columns."""
    return Session(
        guild_id=str(row["guild_id"]),
        track=track(row),
        play_id=_text(row["play_id"]),
        position_ms=_whole(row["position_ms"]),
        is_playing=row["is_playing"] is True,
        is_paused=boolean_of(row["is_paused"]),
        channel_id=_text(row["channel_id"]),
        text_channel_id=_text(row["text_channel_id"]),
        loop_mode=LoopMode(str(row["loop_mode"])),
        volume=_whole(row["volume"]),
        autoplay=boolean_of(row["autoplay"]),
        locale=str(row["locale"]),
    )


def player(value: object) -> PlayerReading:
    said = object_of(value)
    return PlayerReading(
        has_worker=boolean_of(said["has_worker"]),
        session=None if said["session"] is None else session(object_of(said["session"])),
        queue=_queue(said["queue"]),
        waiting=_whole(said["waiting"]),
        waiting_ms=_whole(said["waiting_ms"]),
        settings=music_settings(said["settings"]),
        is_ordered=boolean_of(said["is_ordered"]),
    )


def plays(value: object) -> PlaysPage:
    said = object_of(value)
    return PlaysPage(
        plays=tuple(
            Play(id="", guild_id="", track=track(row), played_at=moment_of(row["created_at"]))
            for row in rows_of(said["plays"])
        ),
        total=_whole(said["total"]),
    )


def music_settings(value: object) -> MusicSettings:
    said = object_of(value)
    return MusicSettings(
        dj_role_id=_text(said["dj_role_id"]),
        volume=_whole(said["volume"]),
        autoplay=boolean_of(said["autoplay"]),
    )


def beat(value: object) -> BeatReading:
    said = object_of(value)
    return BeatReading(
        replaced=boolean_of(said["replaced"]),
        lost=_ids(said["lost"]),
        free=_whole(said["free"]),
        forgotten=_ids(said["forgotten"]),
    )


def adopted(row: JsonObject) -> AdoptedSession:
    return AdoptedSession(
        session=session(object_of(row["session"])),
        queue=_queue(row["queue"]),
        settings=music_settings(row["settings"]),
    )


def _queue(value: object) -> tuple[QueuedTrack, ...]:
    return tuple(QueuedTrack(id=UUID(str(row["id"])), track=track(row)) for row in rows_of(value))


def _ids(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError("no list of ids")
    return frozenset(map(str, value))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _whole(value: object) -> int:
    return 0 if value is None else int(str(value))
