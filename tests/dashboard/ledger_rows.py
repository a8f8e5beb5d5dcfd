"""Rows of what the bot did, as its functions write them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to a model; `age` is how long ago it ended."""

    age: timedelta = timedelta(0)
    model: str | None = "small"
    guild_id: str | None = "1180200000000000001"
    user_id: str | None = "302000000000000001"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    purpose: str = "answer"
    outcome: str = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the ledger; `age` is how long ago it came."""

    command: str = "ask"
    age: timedelta = timedelta(0)
    kind: str = "command"
    guild_id: str | None = "1180200000000000001"
    user_id: str | None = "302000000000000001"
    acknowledged_ms: float | None = 40
    finished_ms: float | None = 1000
    margin_ms: int | None = 2900
    outcome: str = "answered"
    error: str | None = None
    cold_start: bool = False


def called(database: psycopg.Connection, *calls: Call) -> None:
    """Write these calls."""
    for call in calls:
        row = asdict(call)
        row["total_tokens"] = call.prompt_tokens + call.completion_tokens
        _insert(database, "gemini_usage", row)


def used(database: psycopg.Connection, *commands: Command) -> None:
    """Write these commands."""
    for command in commands:
        _insert(database, "interaction_log", asdict(command))


def _insert(database: psycopg.Connection, table: str, row: dict[str, object]) -> None:
    age = row.pop("age")
    statement = sql.SQL("insert into {} ({}, created_at) values ({}, now() - %s)").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    database.execute(statement, [*row.values(), age])
