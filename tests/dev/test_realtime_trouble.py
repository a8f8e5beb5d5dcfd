"""What the local Realtime says in the terminal while the database is away."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from dev.local_supabase import LocalSupabase
from tests.dev.supabase_js import RunningScript, running_js

pytestmark = pytest.mark.stack

LONGEST_WAIT_SECONDS = 20.0
PAGE = """
const c = client({realtime: {reconnectAfterMs: () => 100}});
await signIn(c, "admin");
c.channel("page").on("postgres_changes", {event: "INSERT", schema: "public"}, () => {})
  .subscribe(status => told({status}));
await heard();
"""


def until_subscribed(page: RunningScript) -> None:
    while page.hear()["status"] != "SUBSCRIBED":
        pass


def until_said(caplog: pytest.LogCaptureFixture, message: str) -> None:
    began = time.monotonic()
    while message not in caplog.messages:
        assert time.monotonic() - began < LONGEST_WAIT_SECONDS, caplog.messages
        time.sleep(0.05)


def test_a_database_that_ends_over_and_over_is_complained_of_once(
    local_supabase: LocalSupabase,
    database: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end() -> None:
        database.execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots"
            " where active_pid is not null"
        )

    monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 0.0)
    with running_js(PAGE, local_supabase) as page:
        until_subscribed(page)
        end()
        until_said(caplog, "changes are read again")
        caplog.clear()
        monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 3600.0)
        for _ in range(3):
            until_subscribed(page)
            end()
        until_subscribed(page)
        (said,) = [each for each in caplog.messages if each.startswith("changes ")]
        assert said.startswith("changes cannot be read for now: ")
        monkeypatch.setattr("dev.realtime.STEADY_SECONDS", 0.0)
        until_said(caplog, "changes are read again")
