"""`python3 dev seed`: a month of an invented bot, the same each time, and only ever here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from dev.databases import Database
from dev.errors import StackError
from dev.seed import ledger, lines, music, readings, waiting
from dev.seed.command import main, seed
from dev.seed.filling import EMPTIED, Wish
from dev.seed.rhythm import Span

UNTIL = datetime(2026, 11, 21, 12, 34, tzinfo=UTC)
WISH = Wish(until=UNTIL, zone="Asia/Tokyo", days=4, scale=0.02)
MADE = {
    "interaction_log": ledger.LEDGER_COLUMNS,
    "gemini_usage": ledger.USAGE_COLUMNS,
    "system_stats": readings.COLUMNS,
    "bot_logs": lines.COLUMNS,
    "alerts": lines.ALERT_COLUMNS,
    "music_history": music.COLUMNS,
    "command_queue": waiting.COLUMNS,
    "system_stats_rollups": ("grain", "starts_at", "source", "measure", "samples", "mean"),
    "used_days": ("user_id", "day", "answers", "tokens"),
    "used_months": ("scope", "month", "cost_usd"),
}

Rows = list[tuple[object, ...]]


def rows(database: psycopg.Connection, query: str) -> Rows:
    return database.execute(query.encode()).fetchall()


def everything(database: psycopg.Connection) -> dict[str, Rows]:
    return {
        table: sorted(rows(database, f"select {', '.join(columns)} from {table}"), key=str)
        for table, columns in MADE.items()
    }


@pytest.fixture
def here(database_url: str) -> Database:
    return Database(database_url, "the local database")


def test_it_says_how_many_rows_each_table_has_now(
    here: Database, database: psycopg.Connection
) -> None:
    counts = seed(here, wish=WISH)
    assert counts["interaction_log"] == round(200_000 * 0.02 * 4 / 30)
    assert counts["bot_logs"] >= round(100_000 * 0.02 * 4 / 30)
    assert counts["music_history"] == round(20_000 * 0.02 * 4 / 30)
    assert counts["system_stats"] == 4 * 288 - 24  # whatever the scale, less the outage
    for table, count in counts.items():
        assert rows(database, f"select count(*) from {table}") == [(count,)]


def test_the_same_wish_makes_the_same_rows_and_another_seed_others(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    first = everything(database)
    seed(here, wish=WISH)
    assert everything(database) == first
    seed(here, wish=replace(WISH, seed=2))
    assert everything(database)["interaction_log"] != first["interaction_log"]


def test_nobody_was_heard_of_in_the_outage_and_everybody_before_and_after(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    begin, end = Span(UNTIL - timedelta(days=4), UNTIL, ZoneInfo("Asia/Tokyo")).outage
    assert end - begin == timedelta(hours=2)
    for table in ("interaction_log", "system_stats", "music_history"):
        during = database.execute(
            f"select count(*) from {table} where created_at >= %s and created_at < %s".encode(),
            (begin, end),
        ).fetchone()
        assert during == (0,)
    gaps = rows(
        database,
        "select max(gap) from (select created_at - lag(created_at) over (order by created_at)"
        " as gap from system_stats) as g",
    )
    assert gaps == [(timedelta(hours=2, minutes=5),)]
    assert rows(
        database, "select closed_at is not null from alerts where name = 'schedule:cron_stats'"
    ) == [(True,)]


def test_what_there_is_to_see_is_there(here: Database, database: psycopg.Connection) -> None:
    seed(here, wish=replace(WISH, scale=0.5))
    for query, wanted in {
        "select distinct outcome from interaction_log": {"answered", "refused", "failed"},
        "select distinct kind from interaction_log": {"command", "component", "autocomplete"},
        "select distinct cold_start from interaction_log": {True, False},
        "select distinct level from bot_logs": {"debug", "info", "warning", "error"},
        "select distinct status from command_queue": {
            "pending",
            "processing",
            "completed",
            "failed",
        },
        "select count(distinct model) from gemini_usage": {3},
        "select is_playing from active_sessions": {True, False},
        "select grain from system_stats_rollups": {"hour", "day"},
        "select bool_or(margin_ms < 0) from interaction_log": {True},
        "select bool_or(track_title like '%<img src=x%') from music_history": {True},
        # Who opens the dashboard for the first time sees music, not what was made to break it.
        "select bool_or(track_title like '%<img src=x%') from active_sessions": {False},
        "select bool_or(outcome = 'failed') from gemini_usage": {True},
        "select bool_or(cost_usd is null) from gemini_usage": {True},
    }.items():
        assert {row[0] for row in rows(database, query)} == wanted, query


def test_no_row_is_of_the_future_and_none_is_older_than_the_wish(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    for table in ("interaction_log", "gemini_usage", "system_stats", "bot_logs", "music_history"):
        assert rows(
            database,
            f"select min(created_at) >= timestamptz '{UNTIL}' - interval '4 days',"
            f" max(created_at) <= timestamptz '{UNTIL}' from {table}",
        ) == [(True, True)], table


def test_what_the_database_would_not_have_kept_is_not_there(
    here: Database, database: psycopg.Connection
) -> None:
    counts = seed(here, wish=replace(WISH, days=40))
    for table, days in (("system_stats", 7), ("bot_logs", 30)):
        oldest = UNTIL - timedelta(days=days)
        ((count, first),) = rows(database, f"select count(*), min(created_at) from {table}")
        assert count == counts[table]
        assert isinstance(first, datetime)
        assert oldest <= first < oldest + timedelta(days=2), table
    assert rows(
        database,
        f"select count(*) from command_queue where status in ('completed', 'failed')"
        f" and finished_at < timestamptz '{UNTIL}' - interval '14 days'",
    ) == [(0,)]
    # Of the readings that went there are the hours and the days.
    assert rows(
        database,
        f"select grain from system_stats_rollups where starts_at < '{UNTIL}'::timestamptz"
        " - interval '38 days' group by 1 order by 1",
    ) == [("day",), ("hour",)]


def test_the_session_names_the_play_of_the_history(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    assert (
        rows(
            database,
            "select s.guild_id from active_sessions as s join music_history as m"
            " on m.id::text = s.play_id and m.guild_id = s.guild_id"
            " and m.track_title = s.track_title and m.requester_id = s.requester_id",
        )
        != []
    )


def test_it_takes_out_what_it_put_in_and_keeps_the_admins(
    here: Database, database: psycopg.Connection
) -> None:
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    seed(here, wish=WISH)
    database.execute(
        "insert into music_queue (guild_id, place, track_title, track_url)"
        " select guild_id, 1, 'what waits there', '' from active_sessions"
    )
    assert seed(here, wish=None) == {}
    for table in EMPTIED:
        left = 2 if table == "quotas" else 0
        assert rows(database, f"select count(*) from {table}") == [(left,)], table
    assert rows(database, "select * from music_queue") == []
    assert rows(database, "select discord_id from dashboard_admins") == [("42",)]


def test_no_worker_seems_to_have_been_there_who_would_be_missed_hours_later(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    assert rows(database, "select name from heartbeats") == []


def test_no_worker_takes_the_invented_sessions_for_its_own(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=WISH)
    beat = "select beat_worker('w', 'a-run', 5, '{}', '[]', true) ->> 'free'"
    assert rows(database, beat) == [("0",)]
    assert rows(database, "select adopt_sessions('a-run', 10)") == [([],)]


def test_a_hosted_database_is_never_touched(
    database_url: str, database: psycopg.Connection
) -> None:
    database.execute("insert into bot_logs (message) values ('mine')")
    for wish in (WISH, None):
        with pytest.raises(StackError, match="DATABASE_URL"):
            seed(Database(database_url, "a hosted one", is_local=False), wish=wish)
    assert rows(database, "select message from bot_logs") == [("mine",)]


@pytest.mark.parametrize(
    "arguments",
    [("--days", "0"), ("--days", "91"), ("--scale", "0"), ("--scale", "x"), ("--scale", "nan")],
)
def test_what_it_cannot_do_it_says(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_how_often_a_row_was_tried_agrees_with_why_it_was_given_up(
    here: Database, database: psycopg.Connection
) -> None:
    seed(here, wish=replace(WISH, days=14, scale=0.2))
    found = rows(
        database,
        "select failure_reason, array_agg(distinct attempts) from command_queue"
        " where status = 'failed' group by 1",
    )
    tried = {str(row[0]): row[1] for row in found}
    assert tried["attempts"] == [5]
    assert tried["expired"] == tried["cancelled"] == [0]
    assert tried["unknown_command"] == tried["error"] == tried["dismissed"] == [1]
    contradicting = (
        "select count(*) from command_queue where (status <> 'pending' and attempts > max_attempts)"
        " or (started_at is null) <> (attempts = 0 or status = 'pending')"
    )
    assert rows(database, contradicting) == [(0,)]
