"""Rows of command_queue as the tests of sql/ make, claim and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]

KIND = "answer"  # one that migrations list in command_kinds


def add(service: Connection, command: str = KIND, **columns: object) -> UUID:
    """A pending row with these columns; its id."""
    names = ["command", *columns]
    values = [command, *columns.values()]
    row = service.execute(
        sql.SQL("insert into command_queue ({}) values ({}) returning id").format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        ),
        values,
    ).fetchone()
    assert row is not None
    return UUID(str(row["id"]))


def claim(service: Connection, *kinds: str, limit: int = 10, lease_seconds: int = 60) -> list[Row]:
    """Claim rows of these kinds, or of KIND."""
    return service.execute(
        "select * from claim_commands(%s, %s, %s, 'test')",
        (list(kinds or [KIND]), limit, lease_seconds),
    ).fetchall()


def call(service: Connection, function: str, *arguments: object) -> Any:  # noqa: ANN401 - as SQL has it
    row = service.execute(
        sql.SQL("select {}({}) as value").format(
            sql.Identifier(function),
            sql.SQL(", ").join([sql.Placeholder()] * len(arguments)),
        ),
        arguments,
    ).fetchone()
    assert row is not None
    return row["value"]


def begin(service: Connection, **changes: object) -> tuple[UUID, Row]:
    """Begin a command; its id and what begin_command said."""
    arguments: dict[str, object] = {
        "p_id": uuid4(),
        "p_command": KIND,
        "p_payload": Jsonb({"command": "ask"}),
        "p_token": "token",
        "p_interaction": Jsonb({"member": {"user": {"id": "7"}}}),
        "p_lease_seconds": 60,
        "p_expires_at": datetime.now(UTC) + timedelta(minutes=15),
        **changes,
    }
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in arguments
    )
    row = service.execute(
        sql.SQL("select begin_command({}) as said").format(named), arguments
    ).fetchone()
    assert row is not None
    return UUID(str(arguments["p_id"])), row["said"]


def row_of(service: Connection, id: UUID) -> Row:  # noqa: A002 - the column's name
    row = service.execute("select * from command_queue where id = %s", (id,)).fetchone()
    assert row is not None
    return row


def end_lease(service: Connection, id: UUID) -> None:  # noqa: A002 - the column's name
    """As if its time had passed."""
    service.execute(
        "update command_queue set locked_until = now() - interval '1 second' where id = %s", (id,)
    )


def make_due(service: Connection, id: UUID) -> None:  # noqa: A002 - the column's name
    service.execute("update command_queue set run_at = now() where id = %s", (id,))
