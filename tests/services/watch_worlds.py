"""A Watch with what a test needs around it: its store, its rows, and time to pass at will."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from lib.ports import Store, Watch
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch


class WatchWorld(Protocol):
    """One implementation, seen from outside."""

    @property
    def watch(self) -> Watch: ...

    @property
    def store(self) -> Store:
        """The store on the same tables."""

    def let_pass(self, seconds: float) -> None:
        """Have everything that is there become that much older."""

    def logged(self) -> list[tuple[str, str]]:
        """Level and message of each row of `bot_logs`."""


class MemoryWatchWorld:
    """The twin."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._store = MemoryStore(self._clock)
        self._watch = MemoryWatch(self._store, self._clock)

    @property
    def watch(self) -> Watch:
        return self._watch

    @property
    def store(self) -> Store:
        return self._store

    def let_pass(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def logged(self) -> list[tuple[str, str]]:
        return [(str(row["level"]), str(row["message"])) for row in self._store.tables.bot_logs]


class SupabaseWatchWorld:
    """The real thing."""

    def __init__(self, watch: Watch, store: Store, database: psycopg.Connection[Any]) -> None:
        self._watch = watch
        self._store = store
        self._database = database

    @property
    def watch(self) -> Watch:
        return self._watch

    @property
    def store(self) -> Store:
        return self._store

    def let_pass(self, seconds: float) -> None:
        past = {"past": timedelta(seconds=seconds)}
        for table, columns in {
            "interaction_log": ["created_at"],
            "deployments": ["first_seen_at"],
            "schedules": ["declared_at"],
            "overrides": ["until"],
            "command_queue": ["run_at", "expires_at", "locked_until"],
        }.items():
            older = ", ".join(f"{column} = {column} - %(past)s" for column in columns)
            self._database.execute(f"update {table} set {older}".encode(), past)

    def logged(self) -> list[tuple[str, str]]:
        with self._database.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("select level, message from bot_logs order by id").fetchall()
        return [(row["level"], row["message"]) for row in rows]
