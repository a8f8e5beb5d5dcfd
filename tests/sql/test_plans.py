"""What a claim reads: the rows that it takes, and none of those that have ended or wait behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.sql.queue_rows import Connection, call, claim

ENDED, WAITING = 20_000, 5_000


@pytest.fixture
def full(database: psycopg.Connection, service: Connection) -> Iterator[Connection]:
    """A queue with many rows that have ended, and many that wait."""
    database.execute("set session_replication_role = replica")  # faster, and nobody is woken
    database.execute(
        "insert into command_queue (command, status, handled_by)"
        " select 'answer', 'completed', 'functions' from generate_series(1, %s)",
        (ENDED,),
    )
    database.execute(
        "insert into command_queue (command, handled_by, run_at)"
        " select 'answer', 'functions', now() - make_interval(secs => n)"
        " from generate_series(1, %s) as n",
        (WAITING,),
    )
    database.execute("analyze command_queue")
    yield service
    database.execute("delete from command_queue")
    database.execute("reset session_replication_role")
    database.execute("vacuum analyze command_queue")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement read of `command_queue`, by Postgres' own count.

    `scans` are reads of the whole table, `rows` those that an index led to, `walked` the entries of
    the index of what is due that were looked at.
    """

    scans: int
    rows: int
    walked: int


def reading_of(service: Connection, statement: str) -> Reading:
    with service.transaction(force_rollback=True):
        service.execute(statement.encode())
        row = service.execute(
            "select seq_scan as scans, idx_tup_fetch as rows,"
            " pg_stat_get_xact_tuples_returned('command_queue_due'::regclass) as walked"
            " from pg_stat_xact_user_tables where relname = 'command_queue'"
        ).fetchone()
    assert row is not None
    return Reading(**row)


CLAIM = "select * from claim_commands(array['answer', 'snapshot', 'alert'], {limit})"


@pytest.mark.parametrize("limit", [1, 10])
def test_a_claim_reads_about_as_many_rows_as_it_takes(full: Connection, limit: int) -> None:
    reading = reading_of(full, CLAIM.format(limit=limit))
    assert reading.scans == 0
    assert 1 <= reading.walked <= limit + 1
    assert reading.rows <= 3 * limit + 5  # once to choose it, once to take it


def test_the_same_where_the_longest_waiting_rows_are_somebody_elses(
    full: Connection, database: psycopg.Connection
) -> None:
    database.execute("update command_queue set handled_by = 'worker' where status = 'pending'")
    database.execute("vacuum analyze command_queue")
    database.execute(
        "insert into command_queue (command, handled_by, seq) values ('snapshot', 'functions', 1)"
    )
    reading = reading_of(full, CLAIM.format(limit=10))
    assert reading.scans == 0
    assert reading.walked == 1
    assert reading.rows <= 5


def test_and_where_all_that_waits_waits_for_its_time(
    full: Connection, database: psycopg.Connection
) -> None:
    database.execute(
        "update command_queue set run_at = now() + interval '1 hour' where status = 'pending'"
    )
    database.execute("vacuum analyze command_queue")
    reading = reading_of(full, CLAIM.format(limit=10))
    assert (reading.scans, reading.walked) == (0, 0)


def test_and_where_some_rows_have_lapsed_or_expired(
    full: Connection, database: psycopg.Connection
) -> None:
    database.execute(
        "insert into command_queue (command, handled_by, status, attempts, lease_id, locked_until)"
        " select 'answer', 'functions', 'processing', 1, gen_random_uuid(), now() from"
        " generate_series(1, 3);"
        "insert into command_queue (command, handled_by, expires_at)"
        " select 'answer', 'functions', now() from generate_series(1, 3)"
    )
    reading = reading_of(full, CLAIM.format(limit=10))
    assert reading.scans == 0
    assert reading.rows <= 40


@pytest.mark.parametrize(
    "statement",
    [
        "select fail_lost_commands()",
        "select complete_command(gen_random_uuid(), gen_random_uuid())",
        "select fail_command(gen_random_uuid(), gen_random_uuid(), 'no')",
        "select renew_command(gen_random_uuid(), gen_random_uuid())",
        "select release_command(gen_random_uuid(), gen_random_uuid())",
    ],
)
def test_nothing_that_comes_with_every_row_reads_the_table(
    full: Connection, statement: str
) -> None:
    reading = reading_of(full, statement)
    assert (reading.scans, reading.rows, reading.walked) == (0, 0, 0)


def test_all_of_them_can_be_claimed_all_the_same(full: Connection) -> None:
    taken = claim(full, limit=WAITING + 1)
    assert len(taken) == WAITING
    due = [row["id"] for row in taken]
    assert len(set(due)) == WAITING
    assert call(full, "complete_command", taken[0]["id"], taken[0]["lease_id"]) is True
