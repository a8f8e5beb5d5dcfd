"""What the tests of the watch do and look at."""

from __future__ import annotations

import re
from typing import Any

from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, Row, call

ENTRY: dict[str, object] = {
    "interaction_id": "1180000000000000001",
    "command": "ask",
    "kind": "command",
    "guild_id": "1180000000000000100",
    "user_id": "1180000000000000300",
    "deferred": True,
    "acknowledged_ms": 12.5,
    "margin_ms": 2800,
    "finished_ms": 1234.5,
    "outcome": "answered",
    "error": None,
    "cold_start": True,
}


def record(service: Connection, **parts: object) -> dict[str, Any]:
    """Record an invocation made of these parts."""
    said: dict[str, Any] = call(
        service, "record_invocation", Jsonb({"deployment": "a-deployment", **parts})
    )
    return said


def rows(service: Connection, query: str) -> list[Row]:
    return service.execute(query.encode()).fetchall()


def about(detail: str) -> str:
    """The same with whole tens of seconds, since some pass while a test looks."""
    return re.sub(r"for (\d+) s", lambda match: f"for about {int(match[1]) // 10 * 10} s", detail)


def findings(service: Connection) -> dict[str, str]:
    """What is wrong now: its name, and about what is said of it."""
    found = rows(service, "select * from watch_findings()")
    return {row["name"]: about(row["detail"]) for row in found}


def watch(service: Connection) -> None:
    service.execute("select watch()")


def tell(service: Connection, application_id: str = "app") -> list[Row]:
    """Enqueue what is to be told in the owner's channel; all there is to tell so far."""
    service.execute("select enqueue_alerts(%s)", (application_id,))
    return alerts_in_queue(service)


def told(service: Connection) -> list[str]:
    return [
        about(f"{row['level']} {row['message']}")
        for row in rows(service, "select level, message from bot_logs order by id")
    ]


def alerts_in_queue(service: Connection) -> list[Row]:
    return rows(service, "select * from command_queue where command = 'alert' order by seq")


def make_tick_late(service: Connection, name: str = "cron_stats", *, seconds: int) -> None:
    """Have a tick be that many seconds ago, of one that comes each minute."""
    service.execute(
        "update schedules set every_seconds = 60, since = now() - make_interval(secs => %s),"
        " last_run_at = null where name = %s",
        (seconds, name),
    )
