"""The local Realtime while the database is away, and when nobody listens."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from dev.local_supabase import LocalSupabase
from tests.dev.channels import COMES_BACK, LISTEN, until_subscribed
from tests.dev.supabase_js import run_js, running_js

pytestmark = pytest.mark.stack

LONGEST_WAIT_SECONDS = 30.0


def end_the_reading(database: psycopg.Connection[Any]) -> None:
    """As the database does when it ends."""
    database.execute(
        "select pg_terminate_backend(active_pid) from pg_replication_slots"
        " where active_pid is not null"
    )


def until_said(caplog: pytest.LogCaptureFixture, message: str) -> None:
    began = time.monotonic()
    while message not in caplog.messages:
        assert time.monotonic() - began < LONGEST_WAIT_SECONDS, caplog.messages
        time.sleep(0.05)


def test_when_the_database_comes_back_so_do_the_pages(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    with running_js(COMES_BACK, at) as page:
        until_subscribed(page)
        end_the_reading(database)
        until_subscribed(page)
        database.execute("insert into bot_logs (message) values ('afterwards')")
        assert page.hear()["new"]["message"] == "afterwards"


def test_a_database_that_ends_over_and_over_is_complained_of_once(
    at: LocalSupabase,
    database: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 0.0)
    with running_js(COMES_BACK, at) as page:
        until_subscribed(page)
        end_the_reading(database)
        until_said(caplog, "changes are read again")
        caplog.clear()
        monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 3600.0)
        for _ in range(3):
            until_subscribed(page)
            end_the_reading(database)
        until_subscribed(page)
        (said,) = [each for each in caplog.messages if each.startswith("changes ")]
        assert said.startswith("changes cannot be read for now: ")
        monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 0.0)
        until_said(caplog, "changes are read again")


def test_nobody_holds_the_databases_log_back_when_nobody_listens(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    run_js(
        LISTEN
        + """
        const c = client();
        await signIn(c, "admin");
        await listen(c, everything);
        told({});
        """,
        at,
    )
    giving_up = time.monotonic() + LONGEST_WAIT_SECONDS
    slots = "select count(*) from pg_replication_slots"
    while database.execute(slots).fetchone() != (0,):
        assert time.monotonic() < giving_up
        time.sleep(0.05)
