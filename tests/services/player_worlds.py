"""A player's store with what a test needs around it: time to pass, and other bots."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

import psycopg

from lib.ports import Store
from lib.services.supabase_player import SupabasePlayerStore
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.fakes.store import MemoryStore

Connection = psycopg.Connection[Any]


class PlayerWorld(Protocol):
    """One implementation, seen from outside."""

    @property
    def players(self) -> SupabasePlayerStore | MemoryPlayerStore:
        """As the functions and as the workers see it."""

    @property
    def store(self) -> Store:
        """The store on the same tables."""

    def now(self) -> datetime:
        """The store's own time."""

    def let_pass(self, seconds: float) -> None:
        """Have everything that is there become that much older."""

    def insert_plainly(self, guild_id: str) -> None:
        """A row of `active_sessions` as another bot writes it."""


class MemoryPlayerWorld:
    """The twin."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._store = MemoryStore(self._clock)
        self._players = MemoryPlayerStore(self._clock, store=self._store)

    @property
    def players(self) -> MemoryPlayerStore:
        return self._players

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        return self._clock.now()

    def let_pass(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def insert_plainly(self, guild_id: str) -> None:
        self._players.insert_plainly(guild_id)


class SupabasePlayerWorld:
    """The real thing."""

    def __init__(self, players: SupabasePlayerStore, store: Store, database: Connection) -> None:
        self._players = players
        self._store = store
        self._database = database

    @property
    def players(self) -> SupabasePlayerStore:
        return self._players

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        row = self._database.execute("select now()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment

    def let_pass(self, seconds: float) -> None:
        past = timedelta(seconds=seconds)
        with self._database.transaction():
            self._database.execute("set local session_replication_role = replica")  # no triggers
            for table, column in (
                ("heartbeats", "last_beat_at"),
                ("active_sessions", "updated_at"),
                ("active_sessions", "position_at"),
                ("music_history", "created_at"),
                ("forgotten_requesters", "forgotten_at"),
            ):
                statement = f"update {table} set {column} = {column} - %s"
                self._database.execute(statement.encode(), (past,))

    def insert_plainly(self, guild_id: str) -> None:
        self._database.execute("insert into active_sessions (guild_id) values (%s)", (guild_id,))
