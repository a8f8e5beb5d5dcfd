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
    "insert into interaction_log (command, kind, outcome) select 'ask', 'command', 'answered'",
    "insert into gemini_usage (user_id, total_tokens) select n, n",
    "insert into bot_logs (message) select 'started'",
    "insert into command_queue (command, handled_by) select 'snapshot', 'functions'",
    (
        "insert into music_history (guild_id, track_title, requester_id, requested_by)"
        " select '1', 'Clair de lune', '302000001299709000033', 'Mina'"
    ),
    "insert into active_sessions (guild_id) select n",
    "insert into system_stats (cpu_usage) select n",
    "insert into heartbeats (name, every_seconds) select n, 60",
    "insert into used_days (user_id, day, answers) select n, current_date, 100",
)
INDEXES = {
    "assistant_latency": "interaction_log_answers",
    "assistant_problems": "interaction_log_unanswered",
    "commands_use": "interaction_log_newest",
    "commands_table": "interaction_log_newest",
    "commands_margin": "interaction_log_newest",
    "cold_starts": "interaction_log_newest",
}
NESTED = ("dashboard_figures", "dashboard_answers", "queue_reading", "watch_findings")


@pytest.fixture
def admin(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """An admin of tables with some hundred rows each, in a transaction that is undone."""
    with database.transaction(force_rollback=True):
        database.execute("set local session_replication_role = replica")  # nobody is woken
        for statement in ROWS:
            database.execute(f"{statement} from generate_series(1, {NUMBER}) as n".encode())
        database.execute("analyze interaction_log")  # plans are for these rows, not for others
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


def read_by_index(connection: psycopg.Connection, name: str) -> str:
    """How a query is carried out where only an index is a way to the rows, as with many of them."""
    become(connection, ADMIN)
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.execute(f"set enable_{way} = off".encode())
    (call,) = (call for call in CALLS if call.name == name)
    return explained(connection, call, options="verbose, costs off")


@pytest.mark.parametrize("name", INDEXES)
def test_what_is_asked_of_the_ledger_is_read_from_the_index_made_for_it(
    admin: psycopg.Connection, name: str
) -> None:
    assert f"using {INDEXES[name]} on" in read_by_index(admin, name)


def test_an_index_serves_also_a_connection_that_a_stranger_used_before(
    database: psycopg.Connection, database_url: str
) -> None:
    """PostgREST's connections serve everybody, and each remembers how it first saw the indexes."""
    with psycopg.connect(database_url) as connection:
        connection.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select outcome from interaction_log where created_at > now()")
        plan = read_by_index(connection, "assistant_latency")
        connection.rollback()
    assert "using interaction_log_answers on" in plan


def test_times_are_rounded_when_a_row_is_written_and_not_when_it_is_read(
    admin: psycopg.Connection,
) -> None:
    """What a step has from the one below it stands in parentheses of its own."""
    plan = read_by_index(admin, "commands_table")
    assert "array_agg((CASE WHEN (l.finished_ms" in plan
    assert "array_agg(CASE" not in plan
