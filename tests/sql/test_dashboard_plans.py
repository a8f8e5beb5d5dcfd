"""How the dashboard's queries are carried out: who asks is looked up once, not for every row."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from bench.dashboard.plans import CALLS, Call, explained, is_asked_per_row
from tests.sql.signed_in import ADMIN, asked, become

EXPLAINED = [call for call in CALLS if call.name != "is_admin"]
NUMBER = 300
ROWS = (
    "insert into interaction_log (command, kind, outcome) select 'ask', 'command', 'failed'",
    "insert into gemini_usage (user_id, total_tokens) select n, n",
    "insert into bot_logs (message) select 'started'",
    "insert into command_queue (command, handled_by) select 'snapshot', 'functions'",
    "insert into music_history (guild_id, track_title) select '1', 'Clair de lune'",
    "insert into active_sessions (guild_id) select n",
    "insert into system_stats (cpu_usage) select n",
    "insert into heartbeats (name, every_seconds) select n, 60",
    "insert into used_days (user_id, day, answers) select n, current_date, 100",
)
NESTED = ("dashboard_figures", "dashboard_answers", "queue_reading", "watch_findings")


@pytest.fixture
def admin(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """An admin of tables with some hundred rows each, in a transaction that is undone."""
    with database.transaction(force_rollback=True):
        database.execute("set local session_replication_role = replica")  # nobody is woken
        for statement in ROWS:
            database.execute(f"{statement} from generate_series(1, {NUMBER}) as n".encode())
        database.execute("set local track_functions = 'all'")
        become(database, ADMIN)
        yield database
        database.execute("reset role")


def times_asked(connection: psycopg.Connection) -> int:
    """How often is_admin() was called in this transaction."""
    return int(
        asked(connection, "coalesce(pg_stat_get_xact_function_calls('is_admin'::regproc), 0)")
    )


@pytest.mark.parametrize("call", EXPLAINED, ids=str)
def test_who_asks_is_looked_up_before_the_rows_and_not_for_each(
    admin: psycopg.Connection, call: Call
) -> None:
    plan = explained(admin, call, options="verbose, costs off")
    assert "InitPlan" in plan
    assert "is_admin()" in plan
    assert list(is_asked_per_row(plan)) == []


def test_a_policy_that_asks_for_each_row_would_be_noticed(admin: psycopg.Connection) -> None:
    admin.execute("reset role")
    admin.execute("create policy careless on bot_logs for select using (public.is_admin())")
    admin.execute("drop policy halley_admins_read on bot_logs")
    admin.execute("set role authenticated")
    (log,) = (call for call in CALLS if str(call).startswith("log_counts"))
    assert list(is_asked_per_row(explained(admin, log, options="verbose, costs off")))
    before = times_asked(admin)
    admin.execute(log.query.encode())
    assert times_asked(admin) > before + NUMBER - 1


@pytest.mark.parametrize("call", EXPLAINED, ids=str)
def test_it_is_looked_up_as_often_however_many_rows_there_are(
    admin: psycopg.Connection, call: Call
) -> None:
    """Also by the functions that a function calls: once or twice for each table that they name."""
    before = times_asked(admin)
    admin.execute(call.query.encode())
    assert 1 <= times_asked(admin) - before < NUMBER / 3


@pytest.mark.parametrize("name", NESTED)
def test_the_same_holds_for_what_they_call(admin: psycopg.Connection, name: str) -> None:
    arguments = {
        "dashboard_figures": {"p_since": "now() - interval '1 day'"},
        "dashboard_answers": {"p_since": "now() - interval '1 day'", "p_until": "now()"},
    }
    call = Call(name, arguments.get(name, {}))
    plan = explained(admin, call, options="verbose, costs off")
    assert "is_admin()" in plan
    assert list(is_asked_per_row(plan)) == []
