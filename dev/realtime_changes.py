"""What changes in the tables of Realtime's publication, read from the database's own log.

As hosted: a logical replication slot with Postgres' `pgoutput`, asked every tenth of a second. So
the tables need no triggers, and whoever writes much waits for nobody. The slot is a temporary one,
and Postgres lets go of it, and of the log that it holds back, with the connection.
Source: https://www.postgresql.org/docs/16/protocol-logicalrep-message-formats.html
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import psycopg
from psycopg import AsyncConnection

PUBLICATION = "supabase_realtime"
BATCH = 500
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WHOLE_ROWS = "f"
_BOOLEANS = {"t": "true", "f": "false"}
_WHOLE_NUMBERS = frozenset(("int2", "int4", "int8"))
_READ = (
    "select data from pg_catalog.pg_logical_slot_get_binary_changes("
    "%s, null, %s, 'proto_version', '1', 'publication_names', %s)"
)


class Action(StrEnum):
    """What was done to a row."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, its type by Postgres' short name, and whether it is of the key."""

    name: str
    type: str
    is_key: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table, as it was when the change was made."""

    schema: str
    name: str
    columns: tuple[Column, ...]


Key = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change. `old_key` is its key before, which an update seldom changes.

    `values` are the columns as text, as they were then; of a deleted row those of its key.
    """

    table: Table
    action: Action
    key: Key
    old_key: Key
    values: Mapping[str, str]
    committed_at: datetime


class ChangeFeed:
    """The changes since it was opened. Raises psycopg.Error when the database goes away."""

    def __init__(self, connection: AsyncConnection, slot: str) -> None:
        self._connection = connection
        self._slot = slot

    @classmethod
    @asynccontextmanager
    async def opened(cls, database_url: str) -> AsyncIterator[ChangeFeed]:
        """A feed of its own. Transactions that are under way have to end before it opens."""
        slot = f"halley_realtime_{secrets.token_hex(6)}"
        async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
            await connection.execute(
                "select pg_catalog.pg_create_logical_replication_slot(%s, 'pgoutput', true)",
                (slot,),
            )
            yield cls(connection, slot)

    async def batches(self) -> AsyncIterator[list[Change]]:
        """What was committed since the last time, in order, BATCH changes at most in each list."""
        decoder = Decoder()
        batch: list[Change] = []
        async with self._connection.cursor(binary=True) as cursor:
            # Row by row, so that a transaction of any size takes no more memory than a batch.
            async for (message,) in cursor.stream(_READ, (self._slot, BATCH, PUBLICATION)):
                change = decoder.read(message)
                if change is not None:
                    batch.append(change)
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch


class Decoder:
    """Makes changes of `pgoutput`'s messages, version 1; other messages are of no interest."""

    def __init__(self) -> None:
        self._tables: dict[int, Table] = {}
        self._committed_at = _POSTGRES_EPOCH

    def read(self, message: bytes) -> Change | None:
        """The change that the next message tells of. One without a key is told to nobody."""
        reader = _Reader(message)
        match reader.letter():
            case "B":
                reader.number("q")
                self._committed_at = _POSTGRES_EPOCH + timedelta(microseconds=reader.number("q"))
            case "R":
                self._learn(reader)
            case "I":
                return self._change(Action.INSERT, reader)
            case "U":
                return self._change(Action.UPDATE, reader)
            case "D":
                return self._change(Action.DELETE, reader)
        return None

    def _learn(self, reader: _Reader) -> None:
        number, schema, name = reader.number("I"), reader.text(), reader.text()
        # Where whole rows identify rows, every column is called one of the key. Such a table's
        # changes are told to nobody: of a deleted row nobody may be told more than its key.
        has_key = reader.letter() != _WHOLE_ROWS
        columns = []
        for _ in range(reader.number("H")):
            flags, column, type_number = reader.number("B"), reader.text(), reader.number("I")
            reader.number("i")
            columns.append(
                Column(column, _type_name(type_number), is_key=has_key and bool(flags & 1))
            )
        self._tables[number] = Table(schema, name, tuple(columns))

    def _change(self, action: Action, reader: _Reader) -> Change | None:
        table = self._tables[reader.number("I")]
        kind = reader.letter()
        values = old_values = _values(table, reader) if kind in "KO" else {}
        if action is not Action.DELETE:
            if kind != "N":
                reader.letter()
            values = _values(table, reader)
        key, old_key = _key(table, values), _key(table, old_values)
        if not key:
            return None
        return Change(table, action, key, old_key or key, values, self._committed_at)


class _Reader:
    """Takes a message apart from its beginning."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._at = 0

    def letter(self) -> str:
        return chr(self.number("B"))

    def number(self, kind: str) -> int:
        """A number of a kind as `struct` names it."""
        (found,) = struct.unpack_from(f"!{kind}", self._message, self._at)
        self._at += struct.calcsize(f"!{kind}")
        return int(found)

    def text(self) -> str:
        end = self._message.index(0, self._at)
        found = self._message[self._at : end].decode()
        self._at = end + 1
        return found

    def tuple(self) -> list[str | None]:
        """The values of a row; None also for one that was not written down."""
        values: list[str | None] = []
        for _ in range(self.number("H")):
            if self.letter() != "t":
                values.append(None)
                continue
            length = self.number("I")
            values.append(self._message[self._at : self._at + length].decode())
            self._at += length
        return values


def _values(table: Table, reader: _Reader) -> dict[str, str]:
    found = zip(table.columns, reader.tuple(), strict=True)
    return {
        column.name: _BOOLEANS[value] if column.type == "bool" else value
        for column, value in found
        if value is not None
    }


def _key(table: Table, values: Mapping[str, str]) -> Key:
    return {
        column.name: int(value) if column.type in _WHOLE_NUMBERS else value
        for column in table.columns
        if column.is_key and (value := values.get(column.name)) is not None
    }


def _type_name(number: int) -> str:
    known = psycopg.adapters.types.get(number)
    return "text" if known is None else known.name
