"""What every real store's world has: the store on the same tables, and their time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from lib.ports import Store

Connection = psycopg.Connection[Any]


class RealTables:
    """Tables of a real database."""

    def __init__(self, store: Store, database: Connection) -> None:
        self._store = store
        self._database = database

    @property
    def store(self) -> Store:
        return self._store

    def now(self) -> datetime:
        row = self._database.execute("select now()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment

    def _move_back(self, columns: Iterable[tuple[str, str]], *, seconds: float) -> None:
        """Have the moments in these columns, each with its table's name, be that much earlier."""
        past = timedelta(seconds=seconds)
        for table, column in columns:
            statement = f"update {table} set {column} = {column} - %s"
            self._database.execute(statement.encode(), (past,))
