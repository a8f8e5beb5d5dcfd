"""Halley's queue by direct SQL, ten rows at a claim, as her functions drain it."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from bench.queues.contender import Address, Claimed, Connection, Queue

COMMAND = "snapshot"
LEASE_SECONDS = 60
AT_ONCE = 10
"""As lib.jobs.queue has it, which needs more packages than are installed here."""


class HalleyQueue:
    """`command_queue` and its functions; the database has them from the migrations."""

    channel = "halley_functions"

    def __init__(self, connection: Connection, *, at_once: int) -> None:
        self._connection = connection
        self._at_once = at_once

    def prepare(self) -> None:
        pass

    def clear(self) -> None:
        self._connection.execute("truncate public.command_queue cascade")

    def add_pending(self, count: int) -> None:
        self._connection.execute(
            "insert into public.command_queue (command, payload)"
            """ select %s, '{"at": 0}' from generate_series(1, %s)""",
            (COMMAND, count),
        )

    def add_finished(self, count: int) -> None:
        with self._connection.transaction():
            self._connection.execute("set local session_replication_role = replica")
            self._connection.execute(
                "insert into public.command_queue (command, payload, status, handled_by, attempts,"
                " created_at, run_at, started_at, finished_at)"
                " select %s, '{\"at\": 0}', 'completed', 'functions', 1, at, at, at, at"
                " from generate_series(1, %s) as g,"
                " lateral (select now() - interval '1 day' - g * interval '1 s' as at) as past",
                (COMMAND, count),
            )

    def settle(self) -> None:
        self._connection.execute("vacuum analyze public.command_queue")

    def enqueue(self, at: int) -> None:
        self._connection.execute(
            "insert into public.command_queue (command, payload) values (%s, %s)",
            (COMMAND, Jsonb({"at": at})),
        )

    def claim(self) -> list[Claimed]:
        rows = self._connection.execute(
            "select id, lease_id, payload, attempts, created_at, expires_at, progress, token,"
            " interaction from public.claim_commands(%s::text[], %s, %s, 'bench', null)",
            ([COMMAND], self._at_once, LEASE_SECONDS),
        ).fetchall()
        return [Claimed((row[0], row[1]), row[2]["at"]) for row in rows]

    def finish(self, row: Claimed) -> None:
        self._connection.execute("select public.complete_command(%s, %s)", row.key)


def enter(_address: Address, connection: Connection) -> Queue:
    return HalleyQueue(connection, at_once=AT_ONCE)
