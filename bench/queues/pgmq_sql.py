"""pgmq's tables and functions, one message at a time; a finished one is archived, not deleted.

Source: https://github.com/pgmq/pgmq
"""

from __future__ import annotations

from pgmq._sql import ARCHIVE, CREATE_QUEUE, ENABLE_NOTIFY, READ, SEND, SEND_BATCH
from pgmq.install import get_embedded_install_sql
from psycopg.types.json import Jsonb

from bench.queues.contender import Address, Claimed, Connection, Queue

QUEUE = "bench"
LEASE_SECONDS = 60
PART = 1000


class PgmqQueue:
    """One queue of it, which notifies of every message."""

    channel = f"pgmq.q_{QUEUE}.INSERT"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def prepare(self) -> None:
        self._connection.execute(get_embedded_install_sql().encode(), prepare=False)
        self._connection.execute(CREATE_QUEUE, (QUEUE,))
        self._connection.execute(ENABLE_NOTIFY, (QUEUE, 0))

    def clear(self) -> None:
        self._connection.execute("truncate pgmq.q_bench, pgmq.a_bench")

    def add_pending(self, count: int) -> None:
        # In parts: its trigger updates the same row for every message, which a long transaction
        # pays for in the square.
        for begin in range(0, count, PART):
            self._connection.execute(
                SEND_BATCH, (QUEUE, [Jsonb({"at": 0})] * min(PART, count - begin))
            )

    def add_finished(self, count: int) -> None:
        self._connection.execute(
            "insert into pgmq.a_bench (msg_id, read_ct, enqueued_at, archived_at, vt, message)"
            " select nextval(pg_get_serial_sequence('pgmq.q_bench', 'msg_id')), 1, at, at, at,"
            " '{\"at\": 0}' from generate_series(1, %s) as g,"
            " lateral (select now() - interval '1 day' - g * interval '1 second' as at) as past",
            (count,),
        )

    def settle(self) -> None:
        self._connection.execute("vacuum analyze pgmq.q_bench")
        self._connection.execute("vacuum analyze pgmq.a_bench")

    def enqueue(self, at: int) -> None:
        self._connection.execute(SEND, (QUEUE, Jsonb({"at": at})))

    def claim(self) -> list[Claimed]:
        rows = self._connection.execute(READ, (QUEUE, LEASE_SECONDS, 1)).fetchall()
        return [Claimed(row[0], row[5]["at"]) for row in rows]

    def finish(self, row: Claimed) -> None:
        self._connection.execute(ARCHIVE, (QUEUE, row.key))


def enter(_address: Address, connection: Connection) -> Queue:
    return PgmqQueue(connection)
