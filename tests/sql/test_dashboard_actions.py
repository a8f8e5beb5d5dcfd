"""What an admin does from the dashboard, and that nobody else does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, add, call, claim, row_of
from tests.sql.signed_in import ADMIN, STRANGER, asked, become

GUILD, OTHER = "1180200000000000001", "1180200000000000002"
RETRY, CANCEL = "admin_retry_command(%s)", "admin_cancel_command(%s)"
CONTROL = "admin_control_player(%s, %s, %s)"
CONTROL_BY_TRACK = "admin_control_player(%s, %s, null, %s, %s)"


@pytest.fixture
def stranger(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        become(connection, STRANGER)
        yield connection


def play(service: Connection, guild_id: str = GUILD, play_id: str | None = "7") -> None:
    service.execute(
        "insert into active_sessions (guild_id, play_id, track_title, is_playing)"
        " values (%s, %s, 'Clair de lune', true)",
        (guild_id, play_id),
    )


def told(service: Connection) -> list[str]:
    rows = service.execute("select level, message from bot_logs order by id").fetchall()
    return [f"{row['level']} {row['message']}" for row in rows]


def orders(service: Connection) -> list[dict[str, Any]]:
    return service.execute("select * from command_queue order by seq").fetchall()


class TestThePlayer:
    @pytest.mark.parametrize("action", ["pause", "resume", "skip", "stop"])
    def test_an_order_is_a_row_of_the_queue_that_names_the_track_and_the_admin(
        self, admin: psycopg.Connection, service: Connection, action: str
    ) -> None:
        play(service)
        answer = asked(admin, CONTROL, GUILD, action, "7")
        (row,) = orders(service)
        assert answer["result"] == row["status"] == "pending"
        assert UUID(answer["id"]) == row["id"]
        assert row["command"] == action
        assert row["payload"] == {"guild_id": GUILD, "play_id": "7", "by": ADMIN}
        assert (row["order_key"], row["guild_id"]) == (f"player:{GUILD}", GUILD)
        assert row["handled_by"] == "worker"
        assert (row["expires_at"] - row["created_at"]).total_seconds() == 30
        assert told(service) == [
            (
                f"info admin_controlled_player  admin={ADMIN} action={action} guild_id={GUILD}"
                f" id={answer['id']} result=pending"
            )
        ]

    def test_a_worker_takes_it_and_those_of_one_player_in_their_order(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service)
        for action in ("pause", "resume"):
            asked(admin, CONTROL, GUILD, action, "7")
        kinds = ("pause", "resume", "skip", "stop")
        (first,) = claim(service, *kinds)
        assert first["command"] == "pause"
        assert claim(service, *kinds) == []
        assert call(service, "complete_command", first["id"], first["lease_id"])
        (second,) = claim(service, *kinds)
        assert second["command"] == "resume"

    def test_what_nobody_takes_in_half_a_minute_has_expired(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service)
        answer = asked(admin, CONTROL, GUILD, "skip", "7")
        service.execute("update command_queue set expires_at = now() - interval '1 second'")
        claim(service, "answer")
        row = row_of(service, UUID(answer["id"]))
        assert (row["status"], row["failure_reason"]) == ("failed", "expired")

    def test_without_a_session_there_is_no_order(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service, OTHER)
        assert asked(admin, CONTROL, GUILD, "skip", "7") == {
            "result": "no_session",
            "id": None,
            "expires_at": None,
        }
        assert orders(service) == []
        assert told(service)[0].endswith("id= result=no_session")

    @pytest.mark.parametrize(("now", "shown"), [("8", "7"), (None, "7"), ("7", None)])
    def test_an_order_for_another_track_than_plays_now_is_none(
        self, admin: psycopg.Connection, service: Connection, now: str | None, shown: str | None
    ) -> None:
        play(service, play_id=now)
        assert asked(admin, CONTROL, GUILD, "skip", shown)["result"] == "other_track"
        assert orders(service) == []

    @pytest.mark.parametrize("url", [None, "https://music.example/1"])
    def test_where_a_session_names_no_play_an_order_names_its_track(
        self, admin: psycopg.Connection, service: Connection, url: str | None
    ) -> None:
        play(service, play_id=None)
        service.execute("update active_sessions set track_url = %s", (url,))
        answer = asked(admin, CONTROL_BY_TRACK, GUILD, "stop", "Clair de lune", url)
        assert answer["result"] == "pending"
        (row,) = orders(service)
        assert row["payload"] == {
            "guild_id": GUILD,
            "play_id": None,
            "track_title": "Clair de lune",
            "track_url": url,
            "by": ADMIN,
        }

    @pytest.mark.parametrize(
        "shown",
        [("Another", "https://music.example/1"), ("Clair de lune", None), (None, None)],
    )
    def test_and_another_track_than_plays_now_gets_none(
        self, admin: psycopg.Connection, service: Connection, shown: tuple[str | None, str | None]
    ) -> None:
        play(service, play_id=None)
        service.execute("update active_sessions set track_url = 'https://music.example/1'")
        assert asked(admin, CONTROL_BY_TRACK, GUILD, "skip", *shown)["result"] == "other_track"
        assert orders(service) == []

    def test_whoever_orders_the_same_twice_is_told_of_the_first_order(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service)
        first = asked(admin, CONTROL, GUILD, "skip", "7")
        assert asked(admin, CONTROL, GUILD, "skip", "7") == first
        claim(service, "skip")
        under_way = asked(admin, CONTROL, GUILD, "skip", "7")
        assert under_way == {**first, "result": "processing"}
        assert len(orders(service)) == 1

    def test_an_order_that_is_another_or_has_ended_stands_in_for_none(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service)
        ids = [asked(admin, CONTROL, GUILD, action, "7")["id"] for action in ("pause", "resume")]
        # Paused, resumed, and to be paused again.
        ids.append(asked(admin, CONTROL, GUILD, "pause", "7")["id"])
        service.execute("update command_queue set expires_at = now() - interval '1 second'")
        ids.append(asked(admin, CONTROL, GUILD, "pause", "7")["id"])
        service.execute("update command_queue set status = 'completed'")
        ids.append(asked(admin, CONTROL, GUILD, "pause", "7")["id"])
        service.execute("update active_sessions set play_id = '8'")
        ids.append(asked(admin, CONTROL, GUILD, "pause", "8")["id"])
        assert len(set(ids)) == len(orders(service)) == 6

    @pytest.mark.parametrize("action", ["answer", "", None])
    def test_what_is_no_order_is_refused(
        self, admin: psycopg.Connection, service: Connection, action: str | None
    ) -> None:
        play(service)
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            asked(admin, CONTROL, GUILD, action, "7")
        assert orders(service) == []


class TestTheQueue:
    def test_a_failed_row_is_put_back(self, admin: psycopg.Connection, service: Connection) -> None:
        identity = add(service, "snapshot", status="failed", attempts=5)
        assert asked(admin, RETRY, identity) == {"result": "pending"}
        row = row_of(service, identity)
        assert (row["status"], row["attempts"]) == ("pending", 0)
        assert told(service) == [
            f"info admin_retried_command  admin={ADMIN} id={identity} result=pending"
        ]

    def test_why_a_row_is_not_put_back_is_said(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        waiting = add(service, "snapshot")
        answer = add(service, "answer", status="failed")
        for identity, result in (
            (waiting, "not_failed"),
            (answer, "secrets_gone"),
            (uuid4(), "gone"),
        ):
            assert asked(admin, RETRY, identity) == {"result": result}

    @pytest.mark.parametrize("status", ["pending", "processing"])
    def test_a_row_that_has_not_ended_is_cancelled(
        self, admin: psycopg.Connection, service: Connection, status: str
    ) -> None:
        identity = add(service, "snapshot", status=status)
        assert asked(admin, CANCEL, identity) == {"result": "cancelled"}
        row = row_of(service, identity)
        assert (row["status"], row["failure_reason"]) == ("failed", "cancelled")
        assert told(service) == [
            f"info admin_cancelled_command  admin={ADMIN} id={identity} result=cancelled"
        ]

    def test_a_row_that_has_ended_or_gone_is_not(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        done = add(service, "snapshot", status="completed")
        assert asked(admin, CANCEL, done) == {"result": "not_open"}
        assert asked(admin, CANCEL, uuid4()) == {"result": "gone"}
        assert row_of(service, done)["status"] == "completed"


@pytest.mark.parametrize("who", ["stranger", "a former admin", "nobody", "anon", "service_role"])
def test_nobody_else_can_do_any_of_it(
    stranger: psycopg.Connection, service: Connection, who: str
) -> None:
    play(service)
    failed, waiting = add(service, "snapshot", status="failed"), add(service, "snapshot")
    if who == "a former admin":
        become(stranger, ADMIN)
        service.execute("delete from dashboard_admins")
    elif who == "nobody":
        stranger.execute("select set_config('request.jwt.claims', '', false)")
    elif who in ("anon", "service_role"):
        stranger.execute(f"reset role; set role {who}".encode())
    before = [row_of(service, failed), row_of(service, waiting)]
    for action, arguments in (
        (RETRY, (failed,)),
        (CANCEL, (waiting,)),
        (CONTROL, (GUILD, "stop", "7")),
        # Who is refused learns nothing of what there is, and of what may be said.
        (CONTROL, (OTHER, "stop", None)),
        (CONTROL, (GUILD, "dance", None)),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            asked(stranger, action, *cast("tuple[object, ...]", arguments))
    assert [row_of(service, failed), row_of(service, waiting)] == before
    assert len(orders(service)) == 2
    assert told(service) == []


def test_sessions_and_plays_are_written_as_before(service: Connection) -> None:
    service.execute(
        "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)"
        " values ('1', 'Clair de lune', 10, 20, true);"
        "insert into music_history (guild_id, track_title, track_url, duration_ms, requested_by)"
        " values ('1', 'Clair de lune', 'https://music.example', 20, 'Emma')"
    )
    (session,) = service.execute("select * from active_sessions").fetchall()
    assert (session["play_id"], session["position_at"]) == (None, None)


def test_what_users_wished_for_goes_with_their_data_by_their_id_as_well(
    service: Connection, database_url: str
) -> None:
    for user in ("7", "8"):
        service.execute(
            "insert into music_history (requested_by, requester_id) values ('Emma', %s)", (user,)
        )
        service.execute(
            "insert into active_sessions (guild_id, requested_by, requester_id)"
            " values (%s, 'Emma', %s)",
            (user, user),
        )
    assert call(service, "delete_user_data", "7")["music_history"] == 1
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        plays = connection.execute("select requester_id from music_history").fetchall()
        sessions = connection.execute(
            "select requested_by, requester_id from active_sessions order by guild_id"
        ).fetchall()
    assert plays == [{"requester_id": "8"}]
    assert [tuple(row.values()) for row in sessions] == [(None, None), ("Emma", "8")]


def test_an_order_that_an_older_dashboard_inserts_expires_too(service: Connection) -> None:
    identity = add(service, "pause", payload=Jsonb({"guild_id": GUILD}))
    row = row_of(service, identity)
    assert (row["expires_at"] - row["created_at"]).total_seconds() == 30
