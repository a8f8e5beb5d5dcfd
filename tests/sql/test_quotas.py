"""Quotas as tables: whose day and month it is, and what an owner does by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.sql.queue_rows import Connection, call


def reserve(service: Connection, *, guild_id: str | None = "5", cost: str = "0.01") -> Any:  # noqa: ANN401 - as SQL has it
    return call(
        service, "reserve_answer", uuid4(), guild_id, "1", "7", "personal", "UTC", 1, 10, cost, 60,
        None,
    )["limit"]  # fmt: skip


def test_what_was_used_on_another_day_and_in_another_month_counts_no_more(
    service: Connection,
) -> None:
    service.execute("update quotas set answers_a_day = 1, budget_usd_a_month = 1")
    service.execute(
        "insert into used_days (user_id, day, answers)"
        " values ('7', (now() at time zone 'UTC')::date - 1, 1);"
        "insert into used_months (scope, month, cost_usd)"
        " values ('5', date_trunc('month', now() at time zone 'UTC') - interval '1 month', 1)"
    )
    assert reserve(service) is None
    assert reserve(service) == "answers"


def test_an_owner_who_takes_the_common_limits_away_has_none(service: Connection) -> None:
    service.execute("delete from quotas")
    for guild_id in ("5", None):
        assert reserve(service, guild_id=guild_id, cost="1000000") is None


@pytest.mark.parametrize(
    ("zone", "known"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("UTC", "UTC"), ("No/Where", "UTC"), ("", "UTC"), (None, "UTC")],
)
def test_a_zone_that_postgres_does_not_know_is_utc(
    service: Connection, zone: str | None, known: str
) -> None:
    assert call(service, "zone_of", zone) == known


def test_usage_is_read_of_rows_that_the_guides_wrote_by_the_owner_s_days(
    service: Connection,
) -> None:
    service.execute(
        "insert into gemini_usage (user_id, prompt_tokens, created_at) values"
        " ('7', 3, (now() at time zone 'Asia/Tokyo')::date::timestamp at time zone 'Asia/Tokyo'),"
        " ('7', 5, ((now() at time zone 'Asia/Tokyo')::date::timestamp - interval '1 second')"
        " at time zone 'Asia/Tokyo')"
    )
    rows = service.execute("select * from read_usage('7', null, 'Asia/Tokyo', 2)").fetchall()
    assert [row["prompt_tokens"] for row in rows] == [5, 3]
    assert {(row["model"], row["calls"], row["cost_usd"]) for row in rows} == {("", 1, "0")}
    newest = service.execute("select * from read_usage('7', null, 'Asia/Tokyo', 1)").fetchall()
    assert newest == rows[1:]


def test_a_settlement_is_whole_or_not_at_all(service: Connection) -> None:
    command_id = uuid4()
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        service.execute(
            "select settle_answer(%s, '5', '7', 'UTC', %s, null)",
            (command_id, '[{"model": "m", "total_tokens": 5}, {"total_tokens": "many"}]'),
        )
    counted = service.execute(
        "select (select count(*) from gemini_usage) as calls,"
        " (select count(*) from used_days) as days,"
        " (select count(*) from reservations) as reservations"
    ).fetchone()
    assert counted == {"calls": 0, "days": 0, "reservations": 0}


def test_the_moment_it_opens_again_has_a_zone(service: Connection) -> None:
    service.execute("update quotas set answers_a_day = 0")
    said = call(
        service, "reserve_answer", uuid4(), "5", "1", "7", "personal", "Asia/Tokyo", 1, 1, 0, 60,
        None,
    )  # fmt: skip
    opens_at = datetime.fromisoformat(said["opens_at"])
    assert opens_at.utcoffset() is not None
    assert opens_at.timestamp() % 86400 == 15 * 3600
