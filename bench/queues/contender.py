"""What a queue must be able to do to take part. Each module beside this one is one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import psycopg

Connection = psycopg.Connection[Any]


class Entrant(StrEnum):
    """Who takes part: a module beside this one, and what it enters with."""

    HALLEY = "halley"
    HALLEY_SINGLY = "halley_singly"
    PROCRASTINATE = "procrastinate_sql"
    PGMQ = "pgmq_sql"
    HALLEY_REST = "halley_rest"


DIRECT = tuple(entrant for entrant in Entrant if entrant is not Entrant.HALLEY_REST)
"""Those that speak to Postgres themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is: for SQL, and for PostgREST with its key."""

    database: str
    rest: str
    key: str


class Claimed(NamedTuple):
    """A row that was claimed: what finishes it, and when it was enqueued (monotonic ns; 0: never
    mind).
    """

    key: Any
    enqueued_at: int


class Queue(Protocol):
    """One queue, over a connection of its own in autocommit."""

    @property
    def channel(self) -> str:
        """The channel that its own trigger notifies of new rows."""

    def prepare(self) -> None:
        """Make its tables and functions; the database has none of them yet."""

    def clear(self) -> None:
        """Delete every row, finished ones as well."""

    def add_pending(self, count: int) -> None:
        """Enqueue many at once, by the queue's own means."""

    def add_finished(self, count: int) -> None:
        """Leave the tables as `count` finished rows of earlier days leave them."""

    def settle(self) -> None:
        """Vacuum and analyze its tables, as autovacuum does sooner or later."""

    def enqueue(self, at: int) -> None:
        """Enqueue one row, which remembers `at`."""

    def claim(self) -> list[Claimed]:
        """Claim as many rows as its workers claim at once; none if there are none."""

    def finish(self, row: Claimed) -> None:
        """End one row well."""


def enter(entrant: Entrant, address: Address, connection: Connection) -> Queue:
    """The queue that `entrant` names."""
    make: Callable[[Address, Connection], Queue] = import_module(f"bench.queues.{entrant}").enter
    return make(address, connection)
