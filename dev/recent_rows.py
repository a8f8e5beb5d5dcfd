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


@dataclass(slots=True)
class RecentRows:
    """The newest rows of each table since `mark` was called.

    Rows are told apart by the database's own times, since a hosted one has its own clock. A table
    that cannot be read counts as empty. `is_away`: one has not answered in time, and none is asked
    any more.
    """

    session: aiohttp.ClientSession
    marks: dict[str, str | None]
    is_away: bool = False

    @classmethod
    async def mark(cls, session: aiohttp.ClientSession) -> Self:
        """Begin here. `session` has the Supabase address and key, and how long one waits."""
        rows = cls(session, {})
        for table in SHOWN_COLUMNS:
            newest = await rows._select(table, {"order": "created_at.desc", "limit": "1"})
            if newest is not None:
                rows.marks[table] = str(newest[0]["created_at"]) if newest else None
        return rows

    async def of(self, table: str, **filters: str) -> list[JsonObject]:
        """The table's rows since then, oldest first; `filters` as PostgREST writes them."""
        if table not in self.marks:
            return []  # without a mark all of them would seem new
        mark = self.marks[table]
        since = {"created_at": f"gt.{mark}"} if mark else {}
        return await self._select(table, {"order": "created_at", **since, **filters}) or []

    async def outcome_of(self, interaction_id: str) -> str | None:
        """How an interaction ended; None until that is written down, which comes last of all."""
        query = {"interaction_id": f"eq.{interaction_id}", "select": "outcome"}
        found = await self._select("interaction_log", query)
        return str(found[0]["outcome"]) if found else None

    async def _select(self, table: str, query: Mapping[str, str]) -> list[JsonObject] | None:
        """None: it could not be read."""
        if self.is_away:
            return None
        try:
            async with self.session.get(f"/rest/v1/{table}", params=query) as response:
                rows = await response.json(content_type=None)
        except TimeoutError:
            self.is_away = True
            return None
        except (aiohttp.ClientError, ValueError):
            return None
        return rows if isinstance(rows, list) else None
