"""Who may see a row that changed: it is read once more, with the rights of who would hear of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg import AsyncConnection, errors, sql
from psycopg.types.json import Jsonb

from dev.keys import JsonObject
from dev.realtime_changes import Key, Table

STATEMENT_SECONDS = 5
_BECOME = """
select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),
       set_config('statement_timeout', %s, true),
       -- Few keys of a table that may be long: its index is the way.
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
"""
_ROWS = """
select e.number, to_jsonb(t)
  from jsonb_array_elements(%s) with ordinality as e (key, number)
  cross join lateral jsonb_populate_record(null::{table}, e.key) as k
  join {table} as t using ({key})
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """All whose tokens claim the same: they see the same."""

    role: str
    claims: str


class RowReader:
    """Reads rows as others would."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def opened(cls, database_url: str) -> AsyncIterator[RowReader]:
        async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
            yield cls(connection)

    async def rows(
        self, table: Table, keys: Sequence[Key], audience: Audience
    ) -> dict[int, JsonObject]:
        """The rows that `audience` sees, by the places of their keys in `keys`."""
        if not keys:
            return {}
        query = sql.SQL(_ROWS).format(
            table=sql.Identifier(table.schema, table.name),
            key=sql.SQL(", ").join(sql.Identifier(name) for name in keys[0]),
        )
        try:
            async with self._connection.transaction():
                await self._become(audience)
                found = await self._connection.execute(query, (Jsonb(list(keys)),))
                return {number - 1: row for number, row in await found.fetchall()}
        except (errors.ProgrammingError, errors.DataError, errors.QueryCanceled):
            return {}  # no rights to it, or no such table any more

    async def may_read(self, table: Table, audience: Audience) -> bool:
        """Whether its role may read the table at all: of a deleted row no policy can say more."""
        name = sql.Identifier(table.schema, table.name).as_string(self._connection)
        found = await self._connection.execute(
            "select has_table_privilege(%s::name, to_regclass(%s), 'select')",
            (audience.role, name),
        )
        row = await found.fetchone()
        return row is not None and bool(row[0])

    async def _become(self, audience: Audience) -> None:
        await self._connection.execute(
            _BECOME, (audience.role, audience.claims, f"{STATEMENT_SECONDS}s")
        )


def audience_of(claims: JsonObject) -> Audience:
    """Whose token has these claims."""
    return Audience(str(claims["role"]), json.dumps(claims, sort_keys=True))
