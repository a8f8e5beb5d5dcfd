"""Whoever handles new rows is woken, once a statement, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.sql.queue_rows import Connection, add, call, claim, end_lease, row_of

MARK = "halley_test_mark"


class Listener:
    """Hears what is sent on both channels. A mark of its own tells that nothing more will come."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        for channel in ("halley_functions", "halley_worker", MARK):
            connection.execute(f"listen {channel}".encode())

    def heard(self) -> list[tuple[str, str]]:
        """Channel and payload of all that came since the last call."""
        self._connection.execute("select pg_notify(%s, '')", (MARK,))
        heard: list[tuple[str, str]] = []
        for notice in self._connection.notifies():
            if notice.channel == MARK:
                return heard
            heard.append((notice.channel, notice.payload))
        raise AssertionError("the connection has ended")


@pytest.fixture
def listener(database_url: str) -> Iterator[Listener]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Listener(connection)


@pytest.fixture
def kind_of_the_workers(service: Connection) -> Iterator[str]:
    service.execute("insert into command_kinds (command, handled_by) values ('dance', 'worker')")
    yield "dance"
    service.execute("delete from command_kinds where command = 'dance'")


FUNCTIONS, WORKER = ("halley_functions", ""), ("halley_worker", "")


def test_an_insert_wakes_whoever_handles_it(
    service: Connection, listener: Listener, kind_of_the_workers: str
) -> None:
    add(service)
    assert listener.heard() == [FUNCTIONS]
    add(service, command=kind_of_the_workers)
    assert listener.heard() == [WORKER]


def test_a_row_that_nobody_handles_wakes_nobody(service: Connection, listener: Listener) -> None:
    add(service, command="fly")
    assert listener.heard() == []


def test_many_rows_of_one_insert_wake_each_handler_once(
    service: Connection, listener: Listener, kind_of_the_workers: str
) -> None:
    service.execute(
        "insert into command_queue (command)"
        " select unnest(array['snapshot', 'alert', %s, %s]) from generate_series(1, 50)",
        (kind_of_the_workers, kind_of_the_workers),
    )
    assert sorted(listener.heard()) == [FUNCTIONS, WORKER]


def test_an_insert_that_is_undone_wakes_nobody(service: Connection, listener: Listener) -> None:
    with service.transaction(force_rollback=True):
        add(service)
    assert listener.heard() == []


@pytest.mark.parametrize(
    "columns",
    [
        {"run_at": datetime(2090, 1, 1, tzinfo=UTC)},
        {"status": "completed"},
        {"status": "failed"},
        {"status": "processing"},
    ],
    ids=str,
)
def test_a_row_that_nobody_can_claim_yet_wakes_nobody(
    service: Connection, listener: Listener, columns: dict[str, Any]
) -> None:
    add(service, **columns)
    assert listener.heard() == []


def test_a_row_that_is_given_back_wakes_its_handler_again(
    service: Connection, listener: Listener
) -> None:
    id_ = add(service)
    (row,) = claim(service)
    listener.heard()
    call(service, "release_command", id_, row["lease_id"])
    assert listener.heard() == [FUNCTIONS]


def test_a_row_that_is_wished_for_again_wakes_its_handler(
    service: Connection, listener: Listener
) -> None:
    id_ = add(service, command="alert")
    call(service, "cancel_command", id_)
    listener.heard()
    call(service, "retry_command", id_)
    assert listener.heard() == [FUNCTIONS]
    service.execute("update command_queue set status = 'failed' where id = %s", (id_,))
    service.execute("update command_queue set status = 'pending' where id = %s", (id_,))
    assert listener.heard() == [FUNCTIONS]


def test_a_failed_attempt_that_waits_for_its_next_wakes_nobody(
    service: Connection, listener: Listener
) -> None:
    id_ = add(service)
    (row,) = claim(service)
    listener.heard()
    call(service, "fail_command", id_, row["lease_id"], "503")
    assert row_of(service, id_)["run_at"] > datetime.now(UTC) + timedelta(seconds=1)
    assert listener.heard() == []


def test_working_on_a_row_and_ending_it_wakes_nobody(
    service: Connection, listener: Listener
) -> None:
    ended, other = add(service), add(service)
    rows = {row["id"]: row for row in claim(service)}
    listener.heard()
    call(service, "renew_command", ended, rows[ended]["lease_id"])
    call(service, "complete_command", ended, rows[ended]["lease_id"])
    end_lease(service, other)
    claim(service)
    call(service, "cancel_command", other)
    assert listener.heard() == []
