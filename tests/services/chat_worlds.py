"""A ChatStore with what a test needs around it: the store on its tables, and time to pass."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import psycopg

from lib.ports import ChatStore, Store
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore
from tests.services.real_tables import Connection, RealTables

MOMENTS = (
    ("reservations", "expires_at"),
    ("model_cooldowns", "until"),
    ("sources", "expires_at"),
    ("conversations", "summary_claimed_until"),
)


class ChatWorld(Protocol):
    """One implementation, seen from outside."""

    @property
    def chat(self) -> ChatStore: ...

    @property
    def store(self) -> Store:
        """The store on the same tables."""

    def now(self) -> datetime:
        """The store's own time."""

    def let_pass(self, seconds: float) -> None:
        """Have what ends at some time be that much nearer to it."""

    def usage(self) -> list[dict[str, Any]]:
        """The rows of `gemini_usage`, the oldest first."""


class MemoryChatWorld:
    """The twin."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._store = MemoryStore(self._clock)
        self._chat = MemoryChatStore(self._clock, store=self._store)

    @property
    def chat(self) -> ChatStore:
        return self._chat

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        return self._clock.now()

    def let_pass(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def usage(self) -> list[dict[str, Any]]:
        return list(self._store.tables.gemini_usage)


class SupabaseChatWorld(RealTables):
    """The real thing."""

    def __init__(self, chat: ChatStore, store: Store, database: Connection) -> None:
        super().__init__(store, database)
        self._chat = chat

    @property
    def chat(self) -> ChatStore:
        return self._chat

    def let_pass(self, seconds: float) -> None:
        self._move_back(MOMENTS, seconds=seconds)

    def usage(self) -> list[dict[str, Any]]:
        with self._database.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            rows = cursor.execute("select * from gemini_usage order by id").fetchall()
        return [{key: row[key] for key in row if key not in {"id", "created_at"}} for row in rows]
