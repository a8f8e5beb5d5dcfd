"""A player's store with what a test needs around it: time to pass, and other bots."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from lib.ports import Store
from lib.services.supabase_player import SupabasePlayerStore
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.fakes.store import MemoryStore
from tests.services.real_tables import Connection, RealTables

MOMENTS = (
    ("heartbeats", "last_beat_at"),
    ("active_sessions", "updated_at"),
    ("active_sessions", "position_at"),
    ("music_history", "created_at"),
    ("forgotten_requesters", "forgotten_at"),
)


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


class SupabasePlayerWorld(RealTables):
    """The real thing."""

    def __init__(self, players: SupabasePlayerStore, store: Store, database: Connection) -> None:
        super().__init__(store, database)
        self._players = players

    @property
    def players(self) -> SupabasePlayerStore:
        return self._players

    def let_pass(self, seconds: float) -> None:
        with self._database.transaction():
            self._database.execute("set local session_replication_role = replica")  # no triggers
            self._move_back(MOMENTS, seconds=seconds)

    def insert_plainly(self, guild_id: str) -> None:
        self._database.execute("insert into active_sessions (guild_id) values (%s)", (guild_id,))
