"""Rows of the queue in every state. What has not ended is nothing that the stack would take up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from dev.seed.cast import GUILDS, USERS
from dev.seed.rhythm import Span, happens

COLUMNS = (
    "id", "command", "payload", "status", "created_at", "attempts", "run_at", "expires_at",
    "locked_until", "locked_by", "lease_id", "last_error", "failure_reason", "order_key",
    "started_at", "finished_at", "handled_by", "guild_id",
)  # fmt: skip
KEPT = timedelta(days=14)
MOST = 5
"""How often a row is tried, unless it says otherwise."""
TRIED = {"expired": 0, "cancelled": 0, "attempts": MOST}
"""How often rows that failed so had been tried; all others once."""
FAILURES = (
    ("expired", "skip", "It was not done before it expired."),
    ("attempts", "answer", f"begin_command failed (timed_out) Given up after {MOST} attempts."),
    ("unknown_command", "dance", "No handler knows the command dance."),
    ("error", "snapshot", "StoreError: insert failed (503)"),
    ("cancelled", "alert", "It was cancelled."),
    ("dismissed", "answer", "Discord takes no answer any more."),
)


def rows(span: Span, count: int, chance: Random) -> Iterator[tuple[object, ...]]:
    """About that many rows that have ended, and a few that have not."""
    kept = Span(max(span.since, span.until - KEPT), span.until, span.zone)
    for moment in kept.moments(count, chance):
        if happens(chance, 0.02):
            reason, command, error = chance.choice(FAILURES)
            tried = TRIED.get(reason, 1)
            failed = _Row(command, "failed", moment, tried, reason=reason, error=error)
            yield _row(chance, failed)
        else:
            command = "answer" if happens(chance, 0.9) else "snapshot"
            yield _row(chance, _Row(command, "completed", moment))
    now = span.until
    soon, later = now + timedelta(minutes=8), now + timedelta(hours=2)
    yield _row(chance, _Row("skip", "pending", now - timedelta(seconds=20), 0, expires_at=soon))
    for minutes in (25, 55):
        due = now + timedelta(minutes=minutes)
        error = "StoreError: insert failed (503)"
        row = _Row("snapshot", "pending", now - timedelta(minutes=3), 2, run_at=due, error=error)
        yield _row(chance, row)
    yield _row(chance, _Row("pause", "processing", now - timedelta(seconds=4), expires_at=later))


@dataclass(frozen=True, slots=True)
class _Row:
    """What differs from row to row."""

    command: str
    status: str
    moment: datetime
    attempts: int = 1
    run_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None
    error: str | None = None


def _row(chance: Random, row: _Row) -> tuple[object, ...]:
    is_player = row.command in ("skip", "pause")
    guild = chance.choice(GUILDS)
    payload: dict[str, object] = {}
    if row.command == "answer":
        payload = {"command": "ask", "guild_id": guild, "user_id": chance.choice(USERS)}
    elif is_player:
        payload = {"guild_id": guild, "play_id": "1", "by": USERS[0]}
    has_ended, is_held = row.status in ("completed", "failed"), row.status == "processing"
    handler = "worker" if is_player else "functions"
    seconds = timedelta(seconds=chance.uniform(0.8, 9))
    return (
        UUID(int=chance.getrandbits(128), version=4), row.command, json.dumps(payload), row.status,
        row.moment, row.attempts, row.run_at or row.moment, row.expires_at,
        row.moment + timedelta(hours=1) if is_held else None, "worker" if is_held else None,
        UUID(int=chance.getrandbits(128), version=4) if is_held else None, row.error, row.reason,
        f"player:{guild}" if is_player and not has_ended else None,
        None if row.status == "pending" or row.attempts == 0 else row.moment,
        row.moment + seconds if has_ended else None,
        None if row.command == "dance" else handler, payload.get("guild_id"),
    )  # fmt: skip
