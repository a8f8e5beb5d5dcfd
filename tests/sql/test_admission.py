"""What anybody may insert into command_queue, of whatever shape, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, add, call, claim, row_of

SIX_HOURS = timedelta(hours=6)
"""How long an alert is good for, by its kind."""


@pytest.mark.parametrize(
    "payload",
    [
        None,
        Jsonb(None),
        Jsonb([]),
        Jsonb([{"guild_id": "1"}]),
        Jsonb("text"),
        Jsonb(7),
        Jsonb(True),
    ],
    ids=repr,
)
def test_a_payload_that_is_no_object_is_taken_and_handed_on(
    service: Connection, payload: Jsonb | None
) -> None:
    id_ = add(service, payload=payload)
    row = row_of(service, id_)
    assert (row["status"], row["guild_id"], row["expires_at"]) == ("pending", None, None)
    assert [row["id"] for row in claim(service)] == [id_]


def test_a_plain_insert_knows_who_handles_it_and_of_which_guild_it_is(service: Connection) -> None:
    row = row_of(service, add(service, payload=Jsonb({"guild_id": "1180000000000000100"})))
    assert (row["handled_by"], row["guild_id"]) == ("functions", "1180000000000000100")


def test_a_guild_that_is_written_as_a_number_is_the_same_guild(service: Connection) -> None:
    id_ = add(service, payload=Jsonb({"guild_id": 1180000000000000100}))
    assert row_of(service, id_)["guild_id"] == "1180000000000000100"


@pytest.mark.parametrize(
    "guild_id",
    [
        "",
        "abc",
        "12a",
        "-1",
        "1.5",
        " 1",
        "1\n2",
        "1" * 21,
        "１２",
        None,
        1.5,
        True,
        ["1"],
        {"id": "1"},
    ],
    ids=repr,
)
def test_a_guild_id_that_is_no_snowflake_is_left_out(service: Connection, guild_id: object) -> None:
    id_ = add(service, payload=Jsonb({"guild_id": guild_id}))
    row = row_of(service, id_)
    assert (row["status"], row["guild_id"]) == ("pending", None)
    assert row["payload"] == {"guild_id": guild_id}


def test_a_guild_that_the_insert_names_itself_is_kept(service: Connection) -> None:
    id_ = add(service, guild_id="5", payload=Jsonb({"guild_id": "1"}))
    assert row_of(service, id_)["guild_id"] == "5"


def test_an_order_says_itself_how_long_it_is_good_for(service: Connection) -> None:
    until = datetime(2090, 1, 1, tzinfo=UTC)
    id_ = add(service, command="alert", payload=Jsonb({"expires_at": until.isoformat()}))
    assert row_of(service, id_)["expires_at"] == until


def test_else_its_kind_says_so(service: Connection) -> None:
    row = row_of(service, add(service, command="alert"))
    assert row["expires_at"] == row["created_at"] + SIX_HOURS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-40",
        "null",
        7.5,
        None,
        {},
        [],
        True,
        "infinity",
        "-infinity",
        "12026-01-01",
    ],
    ids=repr,
)
def test_a_term_that_is_no_time_is_as_if_none_were_given(service: Connection, text: object) -> None:
    row = row_of(service, add(service, command="alert", payload=Jsonb({"expires_at": text})))
    assert row["expires_at"] == row["created_at"] + SIX_HOURS
    assert row["payload"] == {"expires_at": text}


def test_a_row_for_later_is_good_for_as_long_from_then_on(service: Connection) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    assert row_of(service, add(service, command="alert", run_at=later))["expires_at"] == (
        later + SIX_HOURS
    )


def test_a_kind_without_a_term_does_not_expire(service: Connection) -> None:
    assert row_of(service, add(service, command="snapshot"))["expires_at"] is None


def test_a_huge_payload_is_kept_and_fails_at_once_in_words(service: Connection) -> None:
    id_ = add(service, payload=Jsonb({"text": "x" * 262_144}))
    row = row_of(service, id_)
    assert (row["status"], row["failure_reason"]) == ("failed", "error")
    assert row["last_error"] == "The payload is larger than 256 kB."
    assert row["finished_at"] is not None
    assert claim(service) == []


def test_a_payload_just_below_that_is_worked_on(service: Connection) -> None:
    id_ = add(service, payload=Jsonb({"text": "x" * 262_000}))
    assert [row["id"] for row in claim(service)] == [id_]


@pytest.mark.parametrize("status", ["done", "Pending", "PENDING", "", "pending ", "cancelled"])
def test_a_status_that_is_none_of_the_four_is_refused_in_words(
    service: Connection, status: str
) -> None:
    id_ = add(service)
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        service.execute("update command_queue set status = %s where id = %s", (status, id_))
    assert caught.value.sqlstate == "23514"
    assert caught.value.diag.message_primary == f"a command cannot be '{status}'"
    hint = "The status is one of pending, processing, completed and failed."
    assert caught.value.diag.message_hint == hint
    assert row_of(service, id_)["status"] == "pending"
    with pytest.raises(psycopg.errors.CheckViolation):
        add(service, status=status)


def test_no_status_at_all_is_refused_as_well(service: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="a command cannot be 'null'"):
        add(service, status=None)


def test_a_command_without_a_name_is_refused(service: Connection) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation):
        service.execute("insert into command_queue (command) values (null)")


def test_a_row_that_nobody_handles_becomes_somebodys_when_its_kind_is_made_known(
    service: Connection,
) -> None:
    id_ = add(service, command="dance")
    assert row_of(service, id_)["handled_by"] is None
    service.execute("insert into command_kinds (command, handled_by) values ('dance', 'functions')")
    try:
        assert [row["id"] for row in claim(service, "dance")] == [id_]
    finally:
        service.execute("delete from command_kinds where command = 'dance'")


def test_a_row_that_says_it_is_old_goes_before_others(service: Connection) -> None:
    new = add(service)
    old = add(service, created_at=datetime.now(UTC) - timedelta(days=1))
    assert [row["id"] for row in claim(service)] == [old, new]


def test_a_moment_is_read_from_any_text_without_an_error(service: Connection) -> None:
    assert call(service, "moment_of", "2026-01-01T00:00:00Z") == datetime(2026, 1, 1, tzinfo=UTC)
    for text in ("", "soon", "\\", None, "9" * 500, "'; drop table command_queue; --"):
        assert call(service, "moment_of", text) is None


UNREADABLE = ["infinity", "-infinity", "9999-01-01", "12026-01-01", "0044-03-15 BC"]
"""Times that no handler could read: Python's own end with the year 9999."""


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_moment_that_no_handler_could_read_is_none(service: Connection, text: str) -> None:
    assert call(service, "moment_of", text) is None


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("column", ["run_at", "expires_at", "created_at"])
def test_a_row_with_such_a_time_is_due_like_any_other(
    service: Connection, column: str, text: str
) -> None:
    before, id_, after = add(service), add(service, **{column: text}), add(service)
    row = row_of(service, id_)
    assert abs(row["run_at"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert abs(row["created_at"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert row["expires_at"] is None
    assert [row["id"] for row in claim(service)] == [before, id_, after]


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("column", ["run_at", "expires_at", "created_at"])
def test_and_so_is_one_that_gets_it_later(service: Connection, column: str, text: str) -> None:
    id_ = add(service)
    service.execute(f"update command_queue set {column} = %s where id = %s".encode(), (text, id_))
    assert call(service, "health_reading", "x")["queue"]["depth"] == 1
    assert [row["id"] for row in claim(service)] == [id_]


def test_a_row_without_a_readable_term_has_that_of_its_kind(service: Connection) -> None:
    row = row_of(service, add(service, command="alert", expires_at="infinity"))
    assert row["expires_at"] == row["created_at"] + SIX_HOURS


def test_a_kind_that_is_taken_out_leaves_no_row_waiting(service: Connection) -> None:
    def know(handled_by: str) -> None:
        service.execute(
            "insert into command_kinds (command, handled_by) values ('dance', %s)"
            " on conflict (command) do update set handled_by = excluded.handled_by",
            (handled_by,),
        )

    know("functions")
    try:
        id_ = add(service, command="dance")
        know("worker")
        assert row_of(service, id_)["handled_by"] == "worker"
        ended = add(service, command="dance", status="completed")
        held = add(service, command="dance", status="processing")
        service.execute("delete from command_kinds where command = 'dance'")
        service.execute("update command_queue set locked_until = now() where id = %s", (held,))
        claim(service)
    finally:
        service.execute("delete from command_kinds where command = 'dance'")
    for lost in (id_, held):
        assert row_of(service, lost)["failure_reason"] == "unknown_command"
    assert row_of(service, ended)["status"] == "completed"
