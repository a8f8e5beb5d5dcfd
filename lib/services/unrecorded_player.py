"""The PlayerStore where no database is set: nothing plays, since no worker could be told."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from lib.ports import (
    JsonObject,
    MusicSettings,
    Ordered,
    PlayerOrder,
    PlayerReading,
    PlaysPage,
    Track,
)


class UnrecordedPlayerStore:
    """A PlayerStore (see lib.ports) of a bot without a database."""

    def order_player(self, order: PlayerOrder) -> Ordered:
        return Ordered.NO_WORKER

    def read_player(
        self, *, guild_id: str, offset: int = 0, limit: int = 10, order_id: UUID | None = None
    ) -> PlayerReading:
        return PlayerReading(
            has_worker=False,
            session=None,
            queue=(),
            waiting=0,
            waiting_ms=0,
            settings=MusicSettings(),
        )

    def read_plays(self, *, guild_id: str, offset: int = 0, limit: int = 10) -> PlaysPage:
        return PlaysPage(plays=(), total=0)

    def suggest_tracks(self, *, guild_id: str, typed: str, limit: int = 25) -> Sequence[Track]:
        return ()

    def change_music_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> MusicSettings:
        return MusicSettings()
