"""Whom no player names any more: users who had their data deleted."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from tests.sql.player_rows import (
    ANNA,
    BEN,
    GUILD,
    be_silent,
    beat,
    play,
    queue_of,
    read,
    save,
    save_queue,
    session_of,
    waiting,
)
from tests.sql.queue_rows import Connection, call


class TestForgettingUsers:
    @pytest.fixture(autouse=True)
    def with_their_wishes(self, service: Connection) -> None:
        beat(service)
        save(service, play=play())
        save_queue(service, [waiting("hers"), waiting("his", requester_id=BEN, requested_by="Ben")])
        call(service, "change_music_settings", GUILD, Jsonb({"volume": 70}), ANNA)

    def names(self, service: Connection) -> set[str | None]:
        """Whom any table of the player names."""
        rows = service.execute(
            "select requester_id as id, requested_by as name from music_queue"
            " union select requester_id, requested_by from active_sessions"
            " union select requester_id, requested_by from music_history"
            " union select updated_by, null from music_settings"
        ).fetchall()
        return {value for row in rows for value in row.values()} - {None}

    def test_what_they_wished_for_plays_on_and_nobody_knows_who_it_was(
        self, service: Connection
    ) -> None:
        call(service, "delete_user_data", ANNA)
        assert self.names(service) == {BEN, "Ben"}
        assert queue_of(service) == ["hers", "his"]
        session = session_of(service)
        assert session is not None
        assert session["track_title"] == "Gymnopédie"
        assert read(service)["settings"]["volume"] == 70

    def test_a_worker_that_still_knows_them_does_not_write_them_anew(
        self, service: Connection
    ) -> None:
        call(service, "delete_user_data", ANNA)
        assert save(service, play=play("play-2"))
        his = waiting("his", requester_id=BEN, requested_by="Ben")
        assert save_queue(service, [waiting("hers again"), his])
        assert self.names(service) == {BEN, "Ben"}

    def test_and_is_told_to_forget_them(self, service: Connection) -> None:
        assert beat(service)["forgotten"] == []
        call(service, "delete_user_data", ANNA)
        assert beat(service)["forgotten"] == [ANNA]
        service.execute(
            "update forgotten_requesters set forgotten_at = now() - interval '61 seconds'"
        )
        be_silent(service, seconds=90)
        assert beat(service)["forgotten"] == [ANNA]  # one that was not to be reached meanwhile
        assert beat(service)["forgotten"] == []

    def test_who_comes_back_later_is_named_again(self, service: Connection) -> None:
        call(service, "delete_user_data", ANNA)
        service.execute(
            "update forgotten_requesters set forgotten_at = now() - interval '61 seconds'"
        )
        save(service, play=play("play-2"))
        assert ANNA in self.names(service)

    def test_nobody_is_remembered_for_having_been_forgotten(self, service: Connection) -> None:
        call(service, "delete_user_data", ANNA)
        service.execute("update forgotten_requesters set forgotten_at = now() - interval '2 hours'")
        beat(service)
        assert not service.execute("select from forgotten_requesters").fetchall()
        be_silent(service)
        call(service, "delete_user_data", ANNA)  # no worker could write it anew
        assert not service.execute("select from forgotten_requesters").fetchall()
