"""Rows of `command_queue` as their owner looks at them. Their secrets are never read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from dev.errors import StackError

_PREFIX = re.compile(r"[0-9a-f]{1,8}(-[0-9a-f]{0,4}){0,3}(-[0-9a-f]{0,12})?")
_BLANK_ID = "00000000-0000-0000-0000-000000000000"
_LIST = """
select id::text, command, status, now() as seen_at, created_at::timestamptz as created_at,
       attempts, max_attempts, run_at, locked_until, expires_at, finished_at, failure_reason,
       last_error
  from public.command_queue
  where (%(statuses)s::text[] is null or status = any (%(statuses)s))
    and (%(command)s::text is null or command = %(command)s)
  order by status in ('completed', 'failed'), created_at desc, seq desc
  limit %(limit)s
"""


class Status(StrEnum):
    """The states of a row."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """What a list shows of a row. `seen_at` is the database's own time when it was read."""

    id: str
    command: str
    status: str
    seen_at: datetime
    created_at: datetime
    attempts: int
    max_attempts: int
    run_at: datetime
    locked_until: datetime | None
    expires_at: datetime | None
    finished_at: datetime | None
    failure_reason: str | None
    last_error: str | None


def listed(
    connection: psycopg.Connection,
    *,
    statuses: Sequence[Status] = (),
    command: str | None = None,
    limit: int = 20,
) -> list[QueueRow]:
    """Rows that have not ended, newest first, then those that have; no `statuses`: any."""
    with connection.cursor(row_factory=class_row(QueueRow)) as cursor:
        cursor.execute(
            _LIST, {"statuses": list(statuses) or None, "command": command, "limit": limit}
        )
        return cursor.fetchall()


def full_row(connection: psycopg.Connection, identity: str) -> dict[str, Any]:
    """Every column of one row, by its name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("select * from public.command_queue where id = %s::uuid", (identity,))
        row = cursor.fetchone()
    if row is None:
        raise StackError(f"There is no row {identity} any more.")
    return row


def identified(connection: psycopg.Connection, prefix: str) -> str:
    """The one id that begins with `prefix`. Raises StackError if there is not just one."""
    prefix = prefix.lower()
    if not _PREFIX.fullmatch(prefix):
        raise StackError(f"{prefix!r} is no id, nor the beginning of one: python3 dev queue lists.")
    rest = _BLANK_ID[len(prefix) :]
    found = connection.execute(
        "select id::text from public.command_queue where id between %s::uuid and %s::uuid limit 2",
        (prefix + rest, prefix + rest.replace("0", "f")),
    ).fetchall()
    if not found:
        raise StackError(f"No row's id begins with {prefix}.")
    if len(found) > 1:
        raise StackError(f"More than one row's id begins with {prefix}: write more of it.")
    return str(found[0][0])


def retry(connection: psycopg.Connection, identity: str) -> str | None:
    """Put a failed row back; what keeps it from that, if anything does."""
    match _called(connection, "select public.retry_command(%s::uuid)", identity):
        case "pending":
            return None
        case "not_failed":
            return "it has not failed"
        case "secrets_gone":
            return "the interaction that it would answer has been forgotten"
        case _:
            return "it is gone"


def cancel(connection: psycopg.Connection, identity: str) -> str | None:
    """End a row that has not ended; what keeps it from that, if anything does."""
    match _called(connection, "select public.cancel_command(%s::uuid)", identity):
        case "failed":
            return None
        case "not_open":
            return "it has ended already"
        case _:
            return "it is gone"


def _called(connection: psycopg.Connection, call: str, identity: str) -> str | None:
    row = connection.execute(call.encode(), (identity,)).fetchone()
    return None if row is None else row[0]
