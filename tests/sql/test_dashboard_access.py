"""Who learns what of the dashboard's tables and functions: every one there is, also new ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg
import pytest
import requests
from psycopg import sql

from dev.seed.filling import Wish, empty, fill
from tests.sql.signed_in import ADMIN, STRANGER, asked, become

FUNCTIONS = """
select p.proname as name, pg_get_function_identity_arguments(p.oid) as signature,
       coalesce((select array_agg(format_type(t, null) order by place)
                   from unnest(p.proargtypes) with ordinality as a (t, place)), '{}') as types,
       p.oid::regprocedure::text as identity
  from pg_catalog.pg_proc as p
  where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
    and not exists (select from pg_catalog.pg_depend as d
                    where d.objid = p.oid and d.deptype = 'e')
  order by 1, 2
"""
RELATIONS = """
select c.relname from pg_catalog.pg_class as c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  order by 1
"""
RIGHTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
SAMPLES = {
    "text": "'1'",
    "text[]": "array['answer']",
    "integer": "30",
    "bigint": "30",
    "numeric": "0.0001",
    "boolean": "true",
    "uuid": "'aaaaaaaa-0000-4000-8000-000000000001'",
    "timestamp with time zone": "(now() - interval '20 days')",
    "interval": "interval '1 day'",
    "jsonb": "'{}'",
    "date": "current_date",
}
SHOWING = {
    "dashboard_overview",
    "system_series",
    "assistant_usage",
    "assistant_latency",
    "assistant_problems",
    "assistant_limits",
    "commands_use",
    "commands_table",
    "commands_margin",
    "cold_starts",
    "most_played",
    "queue_counts",
    "log_counts",
}


class Function(NamedTuple):
    """A function of the schema `public`."""

    name: str
    signature: str
    types: list[str]
    identity: str

    @property
    def call(self) -> str:
        """A call of it with some arguments."""
        given = [f"{SAMPLES[kind]}::{kind}" for kind in self.types]
        if "p_until" in self.signature:
            given[self.signature.split(", ").index("p_until timestamp with time zone")] = "now()"
        return f"{self.name}({', '.join(given)})"


def functions(database: psycopg.Connection) -> list[Function]:
    return [Function(*row) for row in database.execute(FUNCTIONS).fetchall()]


def callable_by(database: psycopg.Connection, role: str) -> list[Function]:
    return [
        function
        for function in functions(database)
        if asked(database, "has_function_privilege(%s, %s, 'execute')", role, function.identity)
    ]


def relations(database: psycopg.Connection) -> list[str]:
    return [row[0] for row in database.execute(RELATIONS).fetchall()]


def count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    ).fetchone()
    assert row is not None
    return int(row[0])


def answers(database: psycopg.Connection, of: list[Function]) -> dict[str, object]:
    """What each call yields: its rows, or the code of the error."""
    found: dict[str, object] = {}
    for function in of:
        try:
            with database.transaction():
                rows = database.execute(f"select * from {function.call}".encode()).fetchall()
            found[function.identity] = json.dumps(rows, default=str)
        except psycopg.Error as error:
            found[function.identity] = error.sqlstate
    return found


@pytest.fixture
def lived_in(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A database with rows in it, in a transaction that is undone: all see one moment."""
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    with database.transaction(force_rollback=True):
        fill(database, Wish(until=until, zone="Asia/Tokyo", days=2, scale=0.05))
        database.execute("insert into heartbeats (name, every_seconds) values ('worker a', 5)")
        yield database
        database.execute("reset role")


def test_the_publishable_key_alone_may_call_no_function(database: psycopg.Connection) -> None:
    assert len(functions(database)) > len(SHOWING)
    assert [each.identity for each in callable_by(database, "anon")] == []


def test_the_publishable_key_alone_has_no_right_to_any_table(database: psycopg.Connection) -> None:
    for table in relations(database):
        for right in RIGHTS:
            assert not asked(
                database, "has_table_privilege('anon', %s, %s)", f"public.{table}", right
            ), (table, right)


def test_over_the_api_the_publishable_key_alone_is_refused_by_every_table_and_function(
    lived_in: psycopg.Connection, supabase_url: str, publishable_key: str
) -> None:
    headers = {"apikey": publishable_key}
    for table in relations(lived_in):
        answer = requests.get(f"{supabase_url}/rest/v1/{table}", headers=headers, timeout=30)
        assert answer.status_code in (401, 403, 404), table
    for function in functions(lived_in):
        names = [part.split(" ")[0] for part in function.signature.split(", ") if part]
        body = dict.fromkeys(names[: len(function.types)], "1")
        answer = requests.post(
            f"{supabase_url}/rest/v1/rpc/{function.name}", json=body, headers=headers, timeout=30
        )
        assert answer.status_code in (300, 400, 401, 403, 404), function.name
        if answer.status_code == 400:  # an argument that is none, before anything was asked
            assert answer.json()["code"].startswith("22"), (function.name, answer.text)


def test_a_stranger_reads_no_row_and_writes_none(lived_in: psycopg.Connection) -> None:
    tables = relations(lived_in)
    filled = {table for table in tables if count(lived_in, table)}
    assert {"bot_logs", "interaction_log", "alerts", "heartbeats", "used_days"} <= filled
    become(lived_in, STRANGER)
    for table in tables:
        for right in RIGHTS[1:]:
            assert not asked(
                lived_in, "has_table_privilege('authenticated', %s, %s)", f"public.{table}", right
            ), (table, right)
        if asked(lived_in, "has_table_privilege(%s, 'select')", f"public.{table}"):
            assert count(lived_in, table) == 0, table


def test_an_admin_reads_the_rows_that_a_stranger_does_not(lived_in: psycopg.Connection) -> None:
    become(lived_in, ADMIN)
    for table in ("bot_logs", "interaction_log", "active_sessions", "command_queue", "alerts"):
        assert count(lived_in, table) > 0, table


def test_no_function_tells_a_stranger_what_it_would_not_tell_of_empty_tables(
    lived_in: psycopg.Connection,
) -> None:
    of = callable_by(lived_in, "authenticated")
    become(lived_in, STRANGER)
    told = answers(lived_in, of)
    become(lived_in, ADMIN)
    told_an_admin = answers(lived_in, of)
    lived_in.execute("reset role")
    for table in relations(lived_in):
        lived_in.execute(sql.SQL("truncate {} cascade").format(sql.Identifier(table)))
    become(lived_in, STRANGER)
    of_nothing = answers(lived_in, of)
    assert told == of_nothing
    telling = {each.name for each in of if told_an_admin[each.identity] != told[each.identity]}
    assert telling >= SHOWING


def test_what_users_write_about_themselves_makes_nobody_an_admin(
    lived_in: psycopg.Connection,
) -> None:
    lived_in.execute("insert into dashboard_admins (discord_id) values (%s)", (ADMIN,))
    mine = {"provider_id": ADMIN, "sub": ADMIN, "custom_claims": {"is_admin": True}}
    become(lived_in, STRANGER, user_metadata=mine, provider_id=ADMIN, is_admin=True)
    assert asked(lived_in, "is_admin()") is False
    assert count(lived_in, "bot_logs") == 0
    become(lived_in, ADMIN, provider="github", user_metadata=mine)
    assert asked(lived_in, "is_admin()") is False
    lived_in.execute("reset role")
    lived_in.execute(
        "update auth.identities set identity_data = %s where provider_id = %s",
        (json.dumps(mine), STRANGER),
    )
    become(lived_in, STRANGER)
    assert asked(lived_in, "is_admin()") is False


def test_a_user_of_nowhere_and_a_token_of_nobody_read_nothing(lived_in: psycopg.Connection) -> None:
    lived_in.execute("insert into dashboard_admins (discord_id) values (%s)", (ADMIN,))
    for claims in ("", "{}", '{"sub": "aaaaaaaa-0000-4000-8000-000000000009"}'):
        lived_in.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        lived_in.execute("set local role authenticated")
        assert asked(lived_in, "is_admin()") is False
        assert count(lived_in, "bot_logs") == 0
        lived_in.execute("reset role")


def test_a_former_admin_reads_nothing_any_more(lived_in: psycopg.Connection) -> None:
    become(lived_in, ADMIN)
    assert asked(lived_in, "is_admin()") is True
    lived_in.execute("reset role")
    lived_in.execute("delete from dashboard_admins")
    lived_in.execute("set role authenticated")
    assert count(lived_in, "bot_logs") == 0


def test_the_overview_says_who_may_not_see_how_the_bot_is(lived_in: psycopg.Connection) -> None:
    become(lived_in, ADMIN)
    document = asked(lived_in, "dashboard_overview('UTC')")
    assert (document["is_admin"], document["status"]) == (True, "healthy")
    lived_in.execute("reset role")
    lived_in.execute("delete from dashboard_admins")
    lived_in.execute("set role authenticated")
    document = asked(lived_in, "dashboard_overview('UTC')")
    assert (document["is_admin"], document["status"]) == (False, None)


def test_every_function_of_an_owner_s_rights_asks_who_calls(database: psycopg.Connection) -> None:
    """One that runs with other rights than its caller's is either asked for who they are, or says
    nothing but that; and finds its tables by their full names.
    """
    rows = database.execute(
        "select proname, prosrc, proconfig from pg_catalog.pg_proc"
        " where pronamespace = 'public'::regnamespace and prosecdef"
        " and (has_function_privilege('authenticated', oid, 'execute'))"
    ).fetchall()
    assert {row[0] for row in rows} >= {"is_admin", "admin_control_player"}
    for name, source, settings in rows:
        assert 'search_path=""' in (settings or []), name
        assert "require_admin()" in source or "auth.uid()" in source or "is_admin()" in source, name


def test_emptied_tables_are_seen_as_empty_by_an_admin(database: psycopg.Connection) -> None:
    empty(database)
    become(database, ADMIN)
    for function in callable_by(database, "authenticated"):
        if function.name in SHOWING:
            assert asked(database, function.call) is not None, function.name
