"""The dashboard on tables that were made by hand before, with other kinds of columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.migrations import apply_migrations, read_migrations
from tests.sql.signed_in import ADMIN, asked, become
from tests.sql.test_existing_tables import MADE_BY_GUIDES


@pytest.fixture(
    params=[("timestamp", "double precision"), ("timestamptz", "real")],
    ids=" ".join,
)
def guided(
    empty_database_url: str, migrations_folder: Path, request: pytest.FixtureRequest
) -> Iterator[psycopg.Connection]:
    """A connection as an admin to such tables, with a row or two in each."""
    time, number = request.param
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(MADE_BY_GUIDES.format(time=time, number=number))
    apply_migrations(empty_database_url, read_migrations(migrations_folder))
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        become(connection, ADMIN)
        yield connection


def test_the_first_page_shows_their_rows(guided: psycopg.Connection) -> None:
    document = asked(guided, "dashboard_overview('Asia/Tokyo')")
    assert (document["today"]["answers"], document["today"]["total_tokens"]) == (1, 7)
    assert [session["track_title"] for session in document["sessions"]] == ["Gymnopédie"]
    assert (document["reading"]["cpu_usage"], document["reading"]["source"]) == (1.5, "")


def test_their_readings_are_curves(guided: psycopg.Connection) -> None:
    document = asked(
        guided, "system_series(now() - interval '1 hour', now() + interval '1 minute')"
    )
    means = {each["measure"]: each["points"][0][3] for each in document["series"]}
    assert means == {"cpu_usage": 1.5, "ram_rss": 80, "ram_heap": 40, "ping_gateway": 31}


def test_their_usage_is_added_up(guided: psycopg.Connection) -> None:
    document = asked(guided, "assistant_usage('Asia/Tokyo', 1)")
    assert document["total"]["total_tokens"] == 7
    assert document["total"]["unpriced_calls"] == 1
    assert [row["model"] for row in document["models"]] == ["gemini"]
    assert asked(guided, "assistant_limits('Asia/Tokyo')") == []
    assert asked(guided, "assistant_problems()")["calls"] == []


def test_their_plays_are_found(guided: psycopg.Connection) -> None:
    (found,) = asked(guided, "music_plays('gymno')")["plays"]
    assert (found["id"], found["duration_ms"], found["requested_by"]) == ("7", 200_000, "2")
    again = asked(
        guided, "music_plays(p_before => %s, p_before_id => %s)", found["created_at"], found["id"]
    )
    assert again["plays"] == []
    (track,) = asked(guided, "most_played()")["tracks"]
    assert (track["track_title"], track["plays"]) == ("Gymnopédie", 1)


def test_their_queue_and_log_are_counted(guided: psycopg.Connection) -> None:
    found = asked(guided, "queue_counts()")
    assert found["statuses"] == {"pending": 1, "processing": 1, "completed": 1, "failed": 0}
    assert asked(guided, "log_counts()")["levels"] == {"info": 1, "error": 1}


def test_an_order_of_long_ago_is_not_carried_out_now(guided: psycopg.Connection) -> None:
    """It was there before anybody handled its kind."""
    guided.execute("reset role")
    claimed = guided.execute("select command from claim_commands(array['stop', 'skip'])")
    assert claimed.fetchall() == []
    rows = guided.execute(
        "select status, failure_reason from command_queue where command = 'stop'"
    ).fetchall()
    assert rows == [("failed", "expired")]
