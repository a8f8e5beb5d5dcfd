r"""The process that is measured: it holds rows of one queue at a time, as a worker would.

`python -m bench.queues.holder`. Orders come over standard input and results go back over standard
output, each a line of JSON::

    -> ["drain"]
    <- {"count": 250, "begun": NANOSECONDS, "ended": NANOSECONDS}

All times are of the monotonic clock, which every process of a machine shares.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic_ns, sleep

import psycopg
from psycopg import sql

from bench.queues.contender import Address, Connection, Entrant, Queue, enter

LOOK_AGAIN_SECONDS = 1.0
"""As every worker that listens, it looks by itself now and then."""


class Holder:
    """Carries out orders; a public method is one."""

    def __init__(self, stack: ExitStack, answer: Callable[[object], None]) -> None:
        self._stack = stack
        self._answer = answer
        self._address: Address | None = None
        self._connection: Connection | None = None
        self._queue: Queue | None = None

    def enter(self, entrant: str, address: dict[str, str]) -> None:
        """Be that contender from now on, on that database."""
        self._stack.close()
        self._address = Address(**address)
        self._connection = self._connect()
        self._queue = enter(Entrant(entrant), self._address, self._connection)

    def prepare(self) -> None:
        self._at_hand.prepare()

    def fill(self, pending: int, finished: int | None) -> None:
        """Have that many rows; `finished` None leaves those that are there, and their number."""
        queue, connection = self._at_hand, self._connection
        assert connection is not None  # noqa: S101 - `enter` made it
        if finished is not None:
            queue.clear()
            if finished:
                queue.add_finished(finished)
        if pending:
            queue.add_pending(pending)
        queue.settle()
        # What was filled in is written now, not during what is measured next.
        connection.execute("checkpoint")

    def drain(self) -> dict[str, int]:
        """Claim and finish until there is nothing left."""
        queue, count, begun = self._at_hand, 0, monotonic_ns()
        while rows := queue.claim():
            for row in rows:
                queue.finish(row)
            count += len(rows)
        return {"count": count, "begun": begun, "ended": monotonic_ns()}

    def claims(self, count: int) -> list[int]:
        """Claim `count` times, and finish nothing: the nanoseconds of each."""
        took = []
        for _ in range(count):
            begun = monotonic_ns()
            self._at_hand.claim()
            took.append(monotonic_ns() - begun)
        return took

    def enqueue(self, count: int, pause_seconds: float) -> None:
        """Enqueue rows one by one."""
        for _ in range(count):
            self._at_hand.enqueue(monotonic_ns())
            sleep(pause_seconds)

    def wait(self) -> list[int]:
        """Begin rows as they come, until the next line: the nanoseconds each had waited."""
        queue, waited = self._at_hand, []
        # A connection that claims would swallow what it is notified of meanwhile.
        with self._connect() as listener:
            listener.execute(sql.SQL("listen {}").format(sql.Identifier(queue.channel)))
            self._answer(None)  # from here on it is awake
            is_told_to_stop = False
            while True:
                while rows := queue.claim():
                    now = monotonic_ns()
                    for row in rows:
                        waited.append(now - row.enqueued_at)
                        queue.finish(row)
                if is_told_to_stop:
                    sys.stdin.readline()
                    return waited
                ready, _, _ = select.select([sys.stdin, listener], [], [], LOOK_AGAIN_SECONDS)
                is_told_to_stop = sys.stdin in ready
                if listener in ready:
                    list(listener.notifies(timeout=0))

    def _connect(self) -> Connection:
        assert self._address is not None  # noqa: S101 - `enter` comes first
        connection: Connection = psycopg.connect(
            self._address.database, autocommit=True, prepare_threshold=0
        )
        return self._stack.enter_context(connection)

    @property
    def _at_hand(self) -> Queue:
        assert self._queue is not None  # noqa: S101 - `enter` comes first
        return self._queue


def main() -> None:
    """Carry out orders until standard input ends."""
    with ExitStack() as stack:
        results = stack.enter_context(os.fdopen(os.dup(1), "w", buffering=1))
        os.dup2(2, 1)  # what a library prints is no result

        def answer(result: object) -> None:
            results.write(json.dumps(result) + "\n")

        holder = Holder(stack.enter_context(ExitStack()), answer)
        # One line at a time: `wait` asks the system whether another has come.
        while line := sys.stdin.readline():
            order, *arguments = json.loads(line)
            answer(getattr(holder, order)(*arguments))


if __name__ == "__main__":
    main()
