"""procrastinate's tables and queries, one job at a time, as its workers use them.

Its Python is left out: what is measured is its SQL, at its best.
Source: https://procrastinate.readthedocs.io
"""

from __future__ import annotations

from procrastinate.manager import get_channel_for_queues
from procrastinate.schema import SchemaManager
from procrastinate.sql import queries
from psycopg.types.json import Jsonb

from bench.queues.contender import Address, Claimed, Connection, Queue

QUEUE, TASK = "default", "snapshot"


class ProcrastinateQueue:
    """A registered worker of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        (self.channel,) = get_channel_for_queues()
        self._worker: int | None = None

    def prepare(self) -> None:
        self._connection.execute(SchemaManager.get_schema(), prepare=False)

    def clear(self) -> None:
        self._connection.execute("truncate procrastinate_jobs, procrastinate_events cascade")

    def add_pending(self, count: int) -> None:
        self._connection.execute(
            "select procrastinate_defer_jobs_v1(array_agg("
            """row(%s, %s, 0, null, null, '{"at": 0}', null)::procrastinate_job_to_defer_v1))"""
            " from generate_series(1, %s)",
            (QUEUE, TASK, count),
        )

    def add_finished(self, count: int) -> None:
        with self._connection.transaction():
            self._connection.execute("set local session_replication_role = replica")
            self._connection.execute(
                "insert into procrastinate_jobs (queue_name, task_name, args, status, attempts)"
                """ select %s, %s, '{"at": 0}', 'succeeded', 1 from generate_series(1, %s)""",
                (QUEUE, TASK, count),
            )
            # A job that succeeded has left three of them.
            self._connection.execute(
                "insert into procrastinate_events (job_id, type, at)"
                " select id, unnest('{deferred,started,succeeded}'"
                "::procrastinate_job_event_type[]), now() - interval '1 day'"
                " from procrastinate_jobs where status = 'succeeded'"
            )

    def settle(self) -> None:
        self._connection.execute("vacuum analyze procrastinate_jobs")
        self._connection.execute("vacuum analyze procrastinate_events")

    def enqueue(self, at: int) -> None:
        self._connection.execute(
            "select unnest(procrastinate_defer_jobs_v1(array["
            "row(%s, %s, 0, null, null, %s, null)::procrastinate_job_to_defer_v1]))",
            (QUEUE, TASK, Jsonb({"at": at})),
        )

    def claim(self) -> list[Claimed]:
        if self._worker is None:
            registered = self._connection.execute(queries["register_worker"]).fetchone()
            assert registered is not None  # noqa: S101 - it returns the id
            self._worker = registered[0]
        row = self._connection.execute(
            queries["fetch_job"], {"queues": None, "worker_id": self._worker}
        ).fetchone()
        # With nothing to do it returns one row of nulls.
        return [] if row is None or row[0] is None else [Claimed(row[0], row[6]["at"])]

    def finish(self, row: Claimed) -> None:
        self._connection.execute(
            queries["finish_job"],
            {"job_id": row.key, "status": "succeeded", "delete_job": False},
        )


def enter(_address: Address, connection: Connection) -> Queue:
    return ProcrastinateQueue(connection)
