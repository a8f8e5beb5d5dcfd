"""What the assistant noted of its calls, and the days that they are counted by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.sql.queue_rows import Connection

TOKYO = "Asia/Tokyo"


class Call(NamedTuple):
    """A row of gemini_usage."""

    created_at: datetime
    model: str | None = "small"
    guild_id: str | None = "1"
    user_id: str | None = "7"
    prompt_tokens: int | None = 3
    completion_tokens: int | None = 4
    total_tokens: int | None = 7
    cost_usd: float | None = 0.25
    purpose: str | None = "answer"
    outcome: str | None = "complete"


def insert(service: Connection, calls: list[Call]) -> None:
    columns, marks = ", ".join(Call._fields), ", ".join(["%s"] * len(Call._fields))
    with service.cursor() as cursor:
        cursor.executemany(f"insert into gemini_usage ({columns}) values ({marks})".encode(), calls)


def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def moment(zone: str, days_ago: int, hour: int = 12) -> datetime:
    """That hour of a day of the zone."""
    day = today(zone) - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))
