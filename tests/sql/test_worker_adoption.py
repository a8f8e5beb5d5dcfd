"""Who goes on with a session, and when nobody does: those of other bots, and of long ago."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from dev.migrations import apply_migrations, read_migrations
from tests.sql.player_rows import (
    ANNA,
    GUILD,
    OTHER_GUILD,
    adopt,
    be_silent,
    beat,
    order,
    play,
    played,
    queue_of,
    read,
    save,
    save_queue,
    session_of,
    waiting,
)
from tests.sql.queue_rows import Connection, call


@pytest.fixture
def untouched(database: psycopg.Connection, service: Connection) -> Iterator[None]:
    """Sessions keep the time that a test gives them."""
    database.execute("alter table active_sessions disable trigger touch_updated_at")
    yield
    database.execute("alter table active_sessions enable trigger touch_updated_at")


def age(service: Connection, minutes: float, guild: str = GUILD) -> None:
    """As if nobody had touched the session for so long. Needs `untouched`."""
    service.execute(
        "update active_sessions set updated_at = now() - make_interval(secs => %s)"
        " where guild_id = %s",
        (minutes * 60, guild),
    )


@pytest.mark.usefixtures("untouched")
class TestAdopting:
    @pytest.fixture(autouse=True)
    def with_two_workers(self, service: Connection, untouched: None) -> None:
        for run in ("run-1", "run-2"):
            beat(service, run)

    def test_who_goes_on_gets_everything(self, service: Connection) -> None:
        save(service, "run-1", position_ms=42_000)
        save_queue(service, [waiting("a"), waiting("b")])
        call(service, "change_music_settings", GUILD, Jsonb({"volume": 70}), ANNA)
        be_silent(service, "run-1", seconds=60)
        adopted = adopt(service, "run-2")[GUILD]
        session = adopted["session"]
        assert session["position_ms"] == 42_000  # nobody has played it meanwhile
        assert (session["is_playing"], session["is_paused"]) == (False, False)
        assert [each["track_title"] for each in adopted["queue"]] == ["a", "b"]
        assert adopted["settings"] == {"dj_role_id": None, "volume": 70, "autoplay": False}
        assert save(service, "run-2")
        assert not save(service, "run-1")

    def test_nobody_gets_what_a_living_worker_holds(self, service: Connection) -> None:
        save(service, "run-1")
        assert adopt(service, "run-2") == {}
        assert adopt(service, "run-2", guild=GUILD) == {}

    def test_as_many_as_asked_for_or_that_of_one_guild(self, service: Connection) -> None:
        for guild in ("1", "2", "3"):
            save(service, "run-1", guild)
        be_silent(service, "run-1")
        assert set(adopt(service, "run-2", guild="2")) == {"2"}
        assert len(adopt(service, "run-2", limit=1)) == 1
        assert len(adopt(service, "run-2")) == 1
        assert adopt(service, "run-2") == {}

    def test_who_ends_in_order_lets_go_at_once(self, service: Connection) -> None:
        save(service, "run-1", is_paused=True)
        save(service, "run-2", OTHER_GUILD)
        call(service, "end_worker", "of run-1", "run-1")
        assert order(service) == "ordered"  # the other one lives
        assert beat(service, "run-2")["free"] == 1
        session = session_of(service)
        assert session is not None
        assert not session["is_playing"]
        assert adopt(service, "run-2")[GUILD]["session"]["is_paused"]
        call(service, "end_worker", "of run-2", "run-2")
        assert order(service) == "no_worker"

    def test_a_replaced_run_does_not_end_its_successor(self, service: Connection) -> None:
        beat(service, "new", name="of run-1", begins=True)
        call(service, "end_worker", "of run-1", "run-1")
        assert not beat(service, "new", name="of run-1")["replaced"]

    def test_after_ten_minutes_nobody_wishes_for_it_any_more(self, service: Connection) -> None:
        for guild in (GUILD, OTHER_GUILD):
            save(service, "run-1", guild)
            save_queue(service, [waiting("a")], guild=guild)
        be_silent(service, "run-1")
        age(service, 11)
        age(service, 9, OTHER_GUILD)
        assert set(adopt(service, "run-2")) == {OTHER_GUILD}
        assert session_of(service) is None
        assert queue_of(service) == []
        assert queue_of(service, OTHER_GUILD) == ["a"]

    def test_a_pause_of_an_hour_is_no_reason(self, service: Connection) -> None:
        save(service, "run-1", is_paused=True, is_playing=False)
        age(service, 60)
        assert adopt(service, "run-2") == {}
        assert session_of(service) is not None

    def test_two_at_once_never_get_the_same(self, service: Connection, database_url: str) -> None:
        guilds = {str(number) for number in range(40)}
        beat(service, "dead")
        for guild in guilds:
            save(service, "dead", guild)
        be_silent(service, "dead")
        taken: dict[str, list[str]] = {"run-1": [], "run-2": []}
        start = threading.Barrier(2)

        def work(run: str) -> None:
            with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as own:
                start.wait()
                while adopted := adopt(own, run, limit=3):
                    taken[run] += adopted

        threads = [threading.Thread(target=work, args=(run,)) for run in taken]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken["run-1"] + taken["run-2"]) == sorted(guilds)

    def test_whoever_is_about_to_take_one_keeps_nobody_waiting(
        self, service: Connection, database_url: str
    ) -> None:
        for guild in (GUILD, OTHER_GUILD, "3"):
            save(service, "run-1", guild)
        be_silent(service, "run-1")
        age(service, 11, "3")
        with psycopg.connect(database_url, row_factory=dict_row) as slow:
            assert len(adopt(slow, "slow", limit=1)) == 1  # and does not commit yet
            service.execute("set lock_timeout = '2s'")
            assert len(adopt(service, "run-2")) == 1


@pytest.mark.usefixtures("untouched")
class TestRowsOfOtherBots:
    """What an older bot wrote has no worker: nobody adopts or forgets it, but anybody may play."""

    @pytest.fixture(autouse=True)
    def with_their_rows(self, service: Connection) -> None:
        beat(service)
        service.execute(
            "insert into active_sessions (guild_id, track_title, position_ms, is_playing)"
            " values (%s, 'La mer', 10, true)",
            (GUILD,),
        )
        service.execute(  # and one that knows of channels, as dashboards show them
            "insert into active_sessions (guild_id, track_title, channel_id, is_playing)"
            " values (%s, 'La mer', '200', true)",
            (OTHER_GUILD,),
        )

    def test_no_worker_goes_into_a_channel_for_it(self, service: Connection) -> None:
        assert beat(service)["free"] == 0
        assert adopt(service, "run-1") == {}
        assert adopt(service, "run-1", guild=OTHER_GUILD) == {}

    def test_it_stays_however_old_it_is(self, service: Connection) -> None:
        age(service, 60 * 48)
        adopt(service, "run-1")
        call(service, "delete_old_rows", 1000)
        session = session_of(service)
        assert session is not None
        assert session["track_title"] == "La mer"

    def test_nor_does_anybody_clear_it_while_no_worker_lives(self, service: Connection) -> None:
        be_silent(service)
        age(service, 60 * 48)
        adopt(service, "run-1")
        call(service, "delete_old_rows", 1000)
        session = session_of(service)
        assert session is not None
        assert session["worker_id"] is None

    def test_a_worker_that_is_wished_for_there_plays(self, service: Connection) -> None:
        assert save(service)
        session = session_of(service)
        assert session is not None
        assert (session["worker_id"], session["track_title"]) == ("run-1", "Gymnopédie")

    def test_it_can_be_read_like_any_other(self, service: Connection) -> None:
        session = read(service)["session"]
        assert (session["track_title"], session["play_id"]) == ("La mer", None)
        assert session["position_ms"] == 10  # nobody said since when


@pytest.mark.usefixtures("untouched")
class TestRetention:
    """Where no worker ever comes back, nothing of what waited is kept for long."""

    def test_a_session_of_yesterday_goes_with_its_queue(self, service: Connection) -> None:
        beat(service)
        for guild in (GUILD, OTHER_GUILD):
            save(service, guild=guild)
            save_queue(service, [waiting("a")], guild=guild)
        be_silent(service)
        age(service, 60 * 25)
        age(service, 60 * 23, OTHER_GUILD)
        counts = call(service, "delete_old_rows", 1000)
        assert (counts["active_sessions"], queue_of(service)) == (1, [])
        assert session_of(service) is None
        assert queue_of(service, OTHER_GUILD) == ["a"]

    def test_what_waits_where_nothing_plays_goes(self, service: Connection) -> None:
        beat(service)
        for guild in (GUILD, OTHER_GUILD):
            save(service, guild=guild)
            save_queue(service, [waiting("a")], guild=guild)
        service.execute("update music_queue set created_at = now() - interval '25 hours'")
        service.execute("delete from active_sessions where guild_id = %s", (GUILD,))  # by hand
        assert call(service, "delete_old_rows", 1000)["music_queue"] == 1
        assert queue_of(service) == []
        assert queue_of(service, OTHER_GUILD) == ["a"]


GUIDES_SESSIONS = """
create table active_sessions (guild_id text primary key, track_title text, position_ms int,
  duration_ms int, is_playing boolean, updated_at timestamp default now());
create table music_history (id {id} primary key, guild_id text, track_title text, track_url text,
  duration_ms int, requested_by text, created_at timestamp);
insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)
  values ('7', 'La mer', 10, 200000, true);
"""


@pytest.mark.parametrize("id_type", ["int", "uuid", "text"])
def test_tables_as_older_guides_made_them_do_for_a_worker(
    empty_database_url: str, migrations_folder: Path, id_type: str
) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(GUIDES_SESSIONS.format(id=id_type).encode())
    apply_migrations(empty_database_url, read_migrations(migrations_folder))
    with psycopg.connect(empty_database_url, autocommit=True, row_factory=dict_row) as service:
        service.execute("set role service_role")
        beat(service)
        assert save(service, play=play())
        assert save(service, guild="7", play=play("play-2", "7", track_title="La mer"))
        assert save_queue(service, [waiting("a")])
        assert beat(service, sessions=[(GUILD, 5000, True)])["lost"] == []
        assert 5000 <= read(service)["session"]["position_ms"] < 180_000
        played(service, "Arabesque", "Rêverie")
        assert call(service, "read_plays", GUILD)["total"] == 3
        suggested = call(service, "suggest_tracks", GUILD, "e")
        assert {each["track_title"] for each in suggested} == {
            "Gymnopédie",
            "Arabesque",
            "Rêverie",
        }
        assert call(service, "pick_track", GUILD, []) is not None
        assert order(service) == "ordered"
        be_silent(service)
        beat(service, "run-2")
        assert set(adopt(service, "run-2")) == {GUILD, "7"}
        assert call(service, "end_session", "run-2", GUILD)
        call(service, "end_worker", "of run-2", "run-2")
        updated = service.execute(
            "select now() - updated_at as ago from active_sessions"
        ).fetchone()
        assert updated is not None
        assert updated["ago"] < timedelta(minutes=1)
        call(service, "delete_user_data", ANNA)
        call(service, "delete_old_rows", 10)
