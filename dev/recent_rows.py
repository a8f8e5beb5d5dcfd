"""The rows that something made: what the tables hold beyond a moment that was marked before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp

JsonObject = dict[str, object]

SHOWN_COLUMNS = {
    "command_queue": ("command", "status", "attempts", "failure_reason", "last_error"),
    "gemini_usage": ("model", "prompt_tokens", "completion_tokens", "total_tokens"),
    "bot_logs": ("level", "message"),
}


@dataclass(frozen=True, slots=True)
class RecentRows:
    """The newest rows of each table since `mark` was called.

    Rows are told apart by the database's own times, since a hosted one has its own clock. A table
    that cannot be read counts as empty.
    """

    session: aiohttp.ClientSession
    marks: Mapping[str, str | None]

    @classmethod
    async def mark(cls, session: aiohttp.ClientSession) -> Self:
        """Begin here. `session` has the Supabase address and key."""
        marks: dict[str, str | None] = {}
        for table in SHOWN_COLUMNS:
            newest = await _select(session, table, {"order": "created_at.desc", "limit": "1"})
            marks[table] = str(newest[0]["created_at"]) if newest else None
        return cls(session, marks)

    async def of(self, table: str, **filters: str) -> list[JsonObject]:
        """The table's rows since then, oldest first; `filters` as PostgREST writes them."""
        mark = self.marks[table]
        since = {"created_at": f"gt.{mark}"} if mark else {}
        return await _select(self.session, table, {"order": "created_at", **since, **filters})


async def _select(
    session: aiohttp.ClientSession, table: str, query: Mapping[str, str]
) -> list[JsonObject]:
    try:
        async with session.get(f"/rest/v1/{table}", params=query) as response:
            rows = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return []
    return rows if isinstance(rows, list) else []
