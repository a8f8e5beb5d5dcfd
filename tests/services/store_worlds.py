"""A Store with what a test needs around it: its rows, plain inserts, and time to pass at will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from supabase import Client

from lib.ports import Store
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore

ADDED = frozenset({"id", "created_at", "updated_at"})
ADDED_TO: Mapping[str, frozenset[str]] = {
    "gemini_usage": frozenset({"cost_usd", "purpose", "outcome", "estimated", "command_id"}),
    "music_history": frozenset({"requester_id", "play_id"}),
    "active_sessions": frozenset(
        {
            *("play_id", "requested_by", "requester_id", "track_url", "channel_id", "position_at"),
            *("worker_id", "text_channel_id", "is_paused", "loop_mode", "volume", "autoplay"),
            *("locale", "notice_id"),
        }
    ),
}
"""Columns that a Store's methods say nothing of: of every table, and of these."""
ROW = "status, attempts, last_error, failure_reason, progress, payload"


@dataclass(frozen=True, slots=True)
class SeenRow:
    """What a row of `command_queue` says, and whether its secrets are still there."""

    status: str
    attempts: int
    last_error: str | None
    failure_reason: str | None
    progress: Mapping[str, object] | None
    payload: Mapping[str, object] | None
    has_secret: bool


class StoreWorld(Protocol):
    """One implementation, seen from outside."""

    @property
    def store(self) -> Store: ...

    def now(self) -> datetime:
        """The store's own time."""

    def let_pass(self, seconds: float) -> None:
        """Have everything that is there become that much older."""

    def insert_plainly(self, command: str, payload: Mapping[str, object] | None = None) -> UUID:
        """Insert a row as the older guides do: by its command and payload alone."""

    def row(self, command_id: UUID) -> SeenRow | None: ...

    def table(self, name: str) -> list[dict[str, Any]]:
        """A table's rows, oldest first, without what the database adds."""


class MemoryWorld:
    """The twin."""

    def __init__(self) -> None:
        self._clock = ManualClock()
        self._store = MemoryStore(self._clock)

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        return self._clock.now()

    def let_pass(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def insert_plainly(self, command: str, payload: Mapping[str, object] | None = None) -> UUID:
        return self._store.insert(command, payload)

    def row(self, command_id: UUID) -> SeenRow | None:
        row = self._store.rows.get(command_id)
        if row is None:
            return None
        return SeenRow(
            status=row.status,
            attempts=row.attempts,
            last_error=row.last_error,
            failure_reason=row.failure_reason,
            progress=row.progress,
            payload=row.payload,
            has_secret=row.token is not None,
        )

    def table(self, name: str) -> list[dict[str, Any]]:
        rows = getattr(self._store.tables, name)
        return list(rows.values() if isinstance(rows, dict) else rows)


class SupabaseWorld:
    """The real thing. `client` is the official one with the secret key, as dashboards have it."""

    def __init__(self, store: Store, database: psycopg.Connection[Any], client: Client) -> None:
        self._store = store
        self._database = database
        self._client = client

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        moment: datetime = self._query("select now() as now")[0]["now"]
        return moment

    def let_pass(self, seconds: float) -> None:
        past = timedelta(seconds=seconds)
        self._database.execute(
            "update command_queue set created_at = created_at - %(past)s,"
            " run_at = run_at - %(past)s, locked_until = locked_until - %(past)s,"
            " expires_at = expires_at - %(past)s",
            {"past": past},
        )
        self._database.execute("update cooldowns set until = until - %s", (past,))

    def insert_plainly(self, command: str, payload: Mapping[str, object] | None = None) -> UUID:
        row = {"command": command, "payload": dict(payload or {})}
        response = self._client.table("command_queue").insert(row).execute()
        (inserted,) = response.data
        assert isinstance(inserted, dict)
        return UUID(str(inserted["id"]))

    def row(self, command_id: UUID) -> SeenRow | None:
        rows = self._query(
            f"select {ROW}, exists (select from command_secrets as s where s.command_id = q.id)"
            " as has_secret from command_queue as q where id = %s",
            command_id,
        )
        return SeenRow(**rows[0]) if rows else None

    def table(self, name: str) -> list[dict[str, Any]]:
        order = "guild_id" if name == "active_sessions" else "id"
        query = sql.SQL("select * from {} order by {}").format(
            sql.Identifier(name), sql.Identifier(order)
        )
        added = ADDED | ADDED_TO.get(name, frozenset())
        return [
            {column: value for column, value in row.items() if column not in added}
            for row in self._query(query)
        ]

    def _query(self, query: str | sql.Composed, *arguments: object) -> list[dict[str, Any]]:
        with self._database.cursor(row_factory=dict_row) as cursor:
            text = query if isinstance(query, sql.Composed) else query.encode()
            return cursor.execute(text, arguments).fetchall()
