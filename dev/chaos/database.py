"""Questions to a database that comes and goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from dev.errors import StackError

PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Database:
    """The harness' own way in: past the API, with a new connection for each question."""

    url: str

    async def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement, asked again while the database is away.

        So the statement must stand its repetition. Raises StackError after a minute.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._ask_once(statement, values)
            except psycopg.OperationalError as error:
                if time.monotonic() > end:
                    raise StackError("The database does not come back.") from error
                await asyncio.sleep(_PAUSE_SECONDS)

    async def number(self, statement: str, values: Sequence[object] = ()) -> int:
        """The one number that a statement gives."""
        return int((await self.ask(statement, values))[0][0])

    async def _ask_once(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
        async with connection:
            cursor = await connection.execute(statement.encode(), values or None)
            return await cursor.fetchall() if cursor.description else []
