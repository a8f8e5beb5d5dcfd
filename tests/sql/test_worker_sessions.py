"""What workers keep: their beats, their sessions, and what waits in them."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.sql.player_rows import (
    ANNA,
    GUILD,
    OTHER_GUILD,
    adopt,
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
from tests.sql.queue_rows import Connection, Row, call

NOTHING: Row = {"replaced": False, "lost": [], "free": 0, "forgotten": []}


def history(service: Connection) -> list[Row]:
    return service.execute("select * from music_history order by id").fetchall()


class TestBeats:
    def test_a_run_is_told_that_all_is_well(self, service: Connection) -> None:
        assert beat(service) == NOTHING
        (row,) = service.execute("select * from heartbeats").fetchall()
        assert (row["name"], row["every_seconds"]) == ("worker of run-1", 5)
        assert row["detail"] == {"guilds": 1, "run": "run-1"}

    def test_who_begins_takes_the_name_and_the_one_before_learns_of_it(
        self, service: Connection
    ) -> None:
        beat(service, "old", name="w")
        save(service, "old")
        assert beat(service, "new", name="w")["replaced"]  # a name is not taken by chance
        assert beat(service, "new", name="w", begins=True) == NOTHING | {"free": 1}
        assert beat(service, "old", name="w", sessions=[(GUILD, 9, True)]) == {
            **NOTHING,
            "replaced": True,
        }
        session = session_of(service)
        assert session is not None
        assert session["position_ms"] == 1000
        assert set(adopt(service, "new")) == {GUILD}

    def test_positions_are_kept_and_what_is_lost_is_told(self, service: Connection) -> None:
        for run in ("run-1", "run-2"):
            beat(service, run)
        save(service, "run-1")
        save(service, "run-2", OTHER_GUILD)
        told = [(GUILD, 5000, False), (OTHER_GUILD, 7000, False), ("9", 1, True)]
        assert set(beat(service, sessions=told)["lost"]) == {OTHER_GUILD, "9"}
        mine, others = session_of(service), session_of(service, OTHER_GUILD)
        assert mine is not None
        assert others is not None
        assert (mine["position_ms"], mine["is_playing"]) == (5000, False)
        assert (others["position_ms"], others["is_playing"]) == (1000, True)

    def test_sessions_that_wait_for_a_worker_are_counted(self, service: Connection) -> None:
        for run in ("run-1", "run-2"):
            beat(service, run)
        save(service, "run-1")
        assert beat(service, "run-2")["free"] == 0
        be_silent(service)
        assert beat(service, "run-2")["free"] == 1

    def test_one_that_died_goes_in_the_end_and_other_beats_do_not(
        self, service: Connection
    ) -> None:
        beat(service, "dead")
        be_silent(service, "dead", seconds=601)
        service.execute(
            "insert into heartbeats (name, every_seconds, last_beat_at)"
            " values ('voice', 5, now() - interval '1 day')"
        )
        beat(service)
        names = service.execute("select name from heartbeats order by name").fetchall()
        assert [row["name"] for row in names] == ["voice", "worker of run-1"]


class TestKeepingSessions:
    @pytest.fixture(autouse=True)
    def with_two_workers(self, service: Connection) -> None:
        for run in ("run-1", "run-2"):
            beat(service, run)

    def test_a_session_is_as_it_was_kept_last(self, service: Connection) -> None:
        assert save(service, play=play())
        assert save(service, is_paused=True, is_playing=False, volume=55, loop_mode="queue")
        session = session_of(service)
        assert session is not None
        assert (session["is_paused"], session["volume"], session["loop_mode"]) == (
            True,
            55,
            "queue",
        )
        assert session["worker_id"] == "run-1"
        (row,) = history(service)
        assert (row["play_id"], row["requester_id"]) == ("play-1", ANNA)

    def test_a_play_that_is_told_of_twice_is_noted_once(self, service: Connection) -> None:
        for _ in range(2):
            save(service, play=play())
        save(service, play=play("play-2"))
        assert [row["play_id"] for row in history(service)] == ["play-1", "play-2"]

    def test_nobody_changes_what_another_living_worker_holds(self, service: Connection) -> None:
        save(service, "run-1")
        assert not save(service, "run-2", volume=1, play=play("theirs"))
        session = session_of(service)
        assert session is not None
        assert (session["worker_id"], session["volume"]) == ("run-1", 100)
        assert history(service) == []
        assert not save_queue(service, [waiting("a")], "run-2")
        assert not call(service, "end_session", "run-2", GUILD)
        assert session_of(service) is not None

    def test_what_a_dead_one_held_is_taken_over(self, service: Connection) -> None:
        save(service, "run-1")
        be_silent(service, "run-1")
        assert save(service, "run-2", track_title="La mer")
        assert beat(service, "run-1", sessions=[(GUILD, 1, True)])["lost"] == [GUILD]
        assert not save(service, "run-1")
        session = session_of(service)
        assert session is not None
        assert session["track_title"] == "La mer"

    def test_one_that_was_away_for_a_while_goes_on_if_nobody_took_it(
        self, service: Connection
    ) -> None:
        save(service, "run-1")
        be_silent(service, "run-1", seconds=60)
        assert beat(service, "run-1", sessions=[(GUILD, 9, True)]) == NOTHING
        assert save(service, "run-1")

    def test_the_end_of_a_session_is_the_end_of_its_queue(self, service: Connection) -> None:
        for guild in (GUILD, OTHER_GUILD):
            save(service, "run-1", guild)
            save_queue(service, [waiting("a")], guild=guild)
        assert call(service, "end_session", "run-1", GUILD)
        assert session_of(service) is None
        assert queue_of(service) == []
        assert queue_of(service, OTHER_GUILD) == ["a"]
        assert not call(service, "end_session", "run-1", GUILD)

    @pytest.mark.parametrize("wrong", [{"loop_mode": "round"}, {"is_paused": None}])
    def test_what_no_session_can_be_is_refused(self, service: Connection, wrong: Row) -> None:
        with pytest.raises(psycopg.errors.IntegrityError):
            save(service, **wrong)


class TestKeepingQueues:
    @pytest.fixture(autouse=True)
    def with_a_session(self, service: Connection) -> None:
        beat(service)
        save(service)

    def test_tracks_wait_in_the_order_that_was_told_last(self, service: Connection) -> None:
        one, two, three = (waiting(title) for title in ("one", "two", "three"))
        assert save_queue(service, [one, two, three])
        assert queue_of(service) == ["one", "two", "three"]
        assert save_queue(service, [three, one, waiting("four")])
        assert queue_of(service) == ["three", "one", "four"]
        assert save_queue(service, [])
        assert queue_of(service) == []

    def test_five_hundred_of_them(self, service: Connection) -> None:
        tracks = [waiting(f"{number}") for number in range(500)]
        assert save_queue(service, tracks)
        tracks.reverse()
        assert save_queue(service, tracks)
        assert queue_of(service) == [track["track_title"] for track in tracks]
        said = read(service, GUILD, 490, 20)
        assert (said["waiting"], said["waiting_ms"]) == (500, 500 * 60_000)
        assert [each["track_title"] for each in said["queue"]] == list(map(str, range(9, -1, -1)))

    def test_one_that_is_told_of_twice_waits_once_where_it_came_first(
        self, service: Connection
    ) -> None:
        tracks = [waiting(f"{number}") for number in range(50)]
        assert save_queue(service, tracks + tracks[::-1])
        assert queue_of(service) == [track["track_title"] for track in tracks]

    def test_a_guild_cannot_move_anothers_track(self, service: Connection) -> None:
        theirs = waiting("theirs")
        save(service, "run-1", OTHER_GUILD)
        save_queue(service, [theirs, waiting("second")], guild=OTHER_GUILD)
        assert save_queue(service, [waiting("a"), waiting("b"), theirs])
        assert queue_of(service, OTHER_GUILD) == ["theirs", "second"]
        assert queue_of(service) == ["a", "b"]

    def test_without_a_session_nothing_waits(self, service: Connection) -> None:
        assert not save_queue(service, [waiting("a")], guild=OTHER_GUILD)
        assert queue_of(service, OTHER_GUILD) == []


def test_ids_of_plays_may_be_anything(service: Connection) -> None:
    beat(service)
    assert save(service, play=play(str(uuid4())), play_id="not a uuid")
