"""Who may do what: everybody, a signed-in user, a dashboard's admin, and the service."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

SHARED = (
    "bot_logs",
    "system_stats",
    "command_queue",
    "gemini_usage",
    "music_history",
    "active_sessions",
    "schedules",
    "interaction_log",
    "interaction_totals",
    "system_stats_rollups",
    "retention",
    "thresholds",
    "alerts",
    "heartbeats",
    "deployments",
    "guild_settings",
    "model_cooldowns",
    "quotas",
    "used_days",
    "used_months",
    "music_queue",
    "music_settings",
)
LIVE = (*SHARED[:6], "interaction_log", "alerts")
PRIVATE = (
    "command_secrets",
    "command_kinds",
    "cooldowns",
    "dashboard_admins",
    "schema_migrations",
    "overrides",
    "conversations",
    "messages",
    "user_settings",
    "reservations",
    "sources",
    "forgotten_requesters",
)
SERVICE_FUNCTIONS = (
    "worker_gone",
    "living_workers",
    "order_player",
    "session_told",
    "music_settings_told",
    "queue_told",
    "read_player",
    "read_plays",
    "suggest_tracks",
    "pick_track",
    "change_music_settings",
    "beat_worker",
    "save_session",
    "save_queue",
    "adopt_sessions",
    "end_session",
    "end_worker",
    "record_worker",
    "is_let_go",
    "is_forgotten",
    "forget_sessions",
    "begin_command",
    "claim_commands",
    "complete_command",
    "fail_command",
    "release_command",
    "renew_command",
    "delete_user_data",
    "end_cooldown",
    "fail_lost_commands",
    "retry_command",
    "cancel_command",
    "enqueue_slots",
    "set_tick_intervals",
    "note_tick",
    "moment_of",
    "write_log",
    "wake_handlers",
    "watch",
    "keep_watch",
    "enqueue_alerts",
    "alerts_to_tell",
    "record_invocation",
    "set_log_level",
    "roll_up_stats",
    "roll_up_between",
    "delete_old_rows",
    "health_reading",
    "kept_since",
    "begin_summary",
    "blank_summary",
    "change_guild_settings",
    "change_limits",
    "choose_model",
    "cool_model",
    "delete_exchange",
    "delete_old_chats",
    "delete_old_records",
    "delete_turns_of",
    "delete_user_chats",
    "delete_user_records",
    "drop_question",
    "exchange_json",
    "forget_conversation",
    "is_counted",
    "is_guild_setting",
    "keep_answer",
    "keep_question",
    "keep_source",
    "kind_at",
    "list_changed",
    "lock_command",
    "lock_counters",
    "may_be_summed_up",
    "newest_exchanges",
    "note_lost_runs",
    "open_chat",
    "read_chosen_model",
    "read_guild_settings",
    "read_history",
    "read_quota",
    "read_source",
    "read_usage",
    "reserve_answer",
    "save_summary",
    "settle_answer",
    "texts_of",
    "told_tokens",
    "used_and_reserved",
    "whole_exchange",
)
READING_FUNCTIONS = (
    "interaction_figures",
    "interaction_window",
    "interaction_windows",
    "slowest_interactions",
    "failed_interactions",
    "system_stats_windows",
    "interaction_counts",
    "queue_reading",
    "watch_findings",
    "threshold_of",
    "declaration_holds",
    "zone_of",
    "scope_of",
    "limits_of",
)


def sign_in(database: psycopg.Connection, *, provider: str, provider_id: str) -> None:
    """Have the rest of the connection act as a user who signed in by that provider."""
    user_id = str(uuid4())
    database.execute(
        "insert into auth.identities (user_id, provider, provider_id) values (%s, %s, %s)",
        (user_id, provider, provider_id),
    )
    database.execute(
        "select set_config('request.jwt.claims', json_build_object('sub', %s::text)::text, false)",
        (user_id,),
    )
    database.execute("set role authenticated")


def granted(database: psycopg.Connection, role: str, table: str) -> set[str]:
    rows = database.execute(
        "select privilege from unnest(array['select', 'insert', 'update', 'delete', 'truncate',"
        " 'references', 'trigger']) as privilege"
        " where has_table_privilege(%s, 'public.' || %s, privilege)",
        (role, table),
    ).fetchall()
    return {cast("str", row[0]) for row in rows}


def test_every_table_has_row_level_security(database: psycopg.Connection) -> None:
    rows = database.execute(
        "select relname, relrowsecurity from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'r' order by 1"
    ).fetchall()
    assert rows == [(name, True) for name in sorted(SHARED + PRIVATE)]


@pytest.mark.parametrize("table", SHARED + PRIVATE)
def test_each_role_is_granted_exactly_what_it_needs(
    database: psycopg.Connection, table: str
) -> None:
    assert granted(database, "anon", table) == set()
    assert granted(database, "authenticated", table) == ({"select"} if table in SHARED else set())
    assert granted(database, "service_role", table) == {"select", "insert", "update", "delete"}


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_nobody_but_the_service_may_call_the_queue(database: psycopg.Connection, role: str) -> None:
    rows = database.execute(
        "select proname, has_function_privilege(%s, oid, 'execute'),"
        " has_function_privilege('service_role', oid, 'execute'), prosecdef, proconfig"
        " from pg_proc where pronamespace = 'public'::regnamespace and proname = any (%s)",
        (role, list(SERVICE_FUNCTIONS)),
    ).fetchall()
    expected = {(name, False, True, False, 'search_path=""') for name in SERVICE_FUNCTIONS}
    assert {(*row[:4], cast("list[str]", row[4])[0]) for row in rows} == expected


def test_what_dashboards_ask_for_is_read_with_the_rights_of_who_asks(
    database: psycopg.Connection,
) -> None:
    rows = database.execute(
        "select proname, has_function_privilege('anon', oid, 'execute'),"
        " has_function_privilege('authenticated', oid, 'execute'), prosecdef, proconfig"
        " from pg_proc where pronamespace = 'public'::regnamespace and proname = any (%s)",
        (list(READING_FUNCTIONS),),
    ).fetchall()
    expected = {(name, False, True, False, 'search_path=""') for name in READING_FUNCTIONS}
    assert {(*row[:4], *cast("list[str]", row[4])) for row in rows} == expected


def test_an_admin_reads_what_a_dashboard_shows(database: psycopg.Connection) -> None:
    database.execute("insert into bot_logs (message) values ('started')")
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    sign_in(database, provider="discord", provider_id="42")
    assert database.execute("select is_admin()").fetchone() == (True,)
    assert database.execute("select message from bot_logs").fetchall() == [("started",)]


@pytest.mark.parametrize(("provider", "provider_id"), [("discord", "43"), ("github", "42")])
def test_any_other_user_reads_nothing(
    database: psycopg.Connection, provider: str, provider_id: str
) -> None:
    database.execute("insert into bot_logs (message) values ('started')")
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    sign_in(database, provider=provider, provider_id=provider_id)
    assert database.execute("select is_admin()").fetchone() == (False,)
    assert database.execute("select message from bot_logs").fetchall() == []


@pytest.mark.parametrize("table", PRIVATE)
def test_an_admin_sees_none_of_the_inner_tables(database: psycopg.Connection, table: str) -> None:
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    sign_in(database, provider="discord", provider_id="42")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(sql.SQL("select * from {}").format(sql.Identifier(table)))


def test_of_conversations_an_admin_gets_to_know_how_many_there_are_and_nobody_else_does(
    database: psycopg.Connection,
) -> None:
    database.execute(
        "with c as (insert into conversations (channel_id, kind, user_id)"
        " values ('1', 'private', '7') returning id), x as (select gen_random_uuid() as id)"
        " insert into messages (conversation_id, exchange_id, role, content)"
        " select c.id, x.id, role, 'secret' from c, x, unnest(array['user', 'model']) as role"
    )
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    sign_in(database, provider="discord", provider_id="42")
    counts = "select * from conversation_counts()"
    assert database.execute(counts).fetchall() == [("private", 1, 1)]
    database.execute("reset role")
    sign_in(database, provider="discord", provider_id="43")
    assert database.execute(counts).fetchall() == []
    database.execute("reset role; set role anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(counts)


def test_an_admin_changes_nothing_directly(database: psycopg.Connection) -> None:
    database.execute("insert into dashboard_admins (discord_id) values ('42')")
    sign_in(database, provider="discord", provider_id="42")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("insert into command_queue (command) values ('stop')")


def test_what_dashboards_show_is_published_to_realtime(database: psycopg.Connection) -> None:
    rows = database.execute(
        "select tablename from pg_publication_tables where pubname = 'supabase_realtime'"
    ).fetchall()
    assert {row[0] for row in rows} == set(LIVE)


def test_a_session_keeps_the_number_that_stands_for_it_while_it_lasts(
    database: psycopg.Connection,
) -> None:
    ids = [
        database.execute(
            "insert into active_sessions (guild_id, track_title) values ('1', 'x')"
            " on conflict (guild_id) do update set track_title = 'y' returning notice_id"
        ).fetchone()
        for _ in range(2)
    ]
    assert ids[0] == ids[1] != (None,)


def test_a_session_notes_when_it_last_changed(database: psycopg.Connection) -> None:
    database.execute(
        "insert into active_sessions (guild_id, updated_at) values ('1', '2001-01-01')"
    )
    first = database.execute("select updated_at > '2020-01-01' from active_sessions").fetchone()
    before = database.execute("select updated_at from active_sessions").fetchone()
    database.execute("update active_sessions set position_ms = 5")
    after = database.execute("select updated_at from active_sessions").fetchone()
    assert first == (True,)
    assert before is not None
    assert after is not None
    assert after[0] > before[0]
