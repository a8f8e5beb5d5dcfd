"""The six tables as older guides made them, with rows: nothing of theirs is lost."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from dev.migrations import apply_migrations, read_migrations

TABLES = (
    "bot_logs",
    "system_stats",
    "command_queue",
    "gemini_usage",
    "music_history",
    "active_sessions",
)
MADE_BY_GUIDES = """
create table bot_logs (id bigint generated always as identity primary key, level text,
  message text, created_at {time} default now());
create table system_stats (id bigserial primary key, cpu_usage {number}, ram_rss {number},
  ram_heap {number}, ping_gateway int, ping_lavalink {number}, created_at {time} default now());
create table command_queue (id uuid primary key default gen_random_uuid(), command text not null,
  payload jsonb, status text default 'pending', created_at {time} default now());
create table gemini_usage (id uuid primary key default gen_random_uuid(), guild_id text,
  user_id text, prompt_tokens int, completion_tokens int, total_tokens int, model text,
  created_at {time} default now());
create table music_history (id int primary key, guild_id text, track_title text, track_url text,
  duration_ms int, requested_by text, created_at {time});
create table active_sessions (guild_id text primary key, track_title text, position_ms int,
  duration_ms int, is_playing boolean, updated_at {time} default now());
insert into bot_logs (level, message) values ('info', 'started'), ('error', '落ちました');
insert into system_stats (cpu_usage, ram_rss, ram_heap, ping_gateway) values (1.5, 80, 40, 31);
insert into command_queue (command, payload, status) values
  ('play', '{{"guild_id": "1"}}', 'completed'), ('sing', null, 'pending'),
  ('stop', '{{}}', 'processing');
insert into gemini_usage (guild_id, user_id, prompt_tokens, completion_tokens, total_tokens, model)
  values ('1', '2', 3, 4, 7, 'gemini');
insert into music_history values (7, '1', 'Gymnopédie', 'https://example.org', 200000, '2', now());
insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)
  values ('1', 'Gymnopédie', 10, 200000, true);
"""
OWN_POLICY = """
alter table bot_logs enable row level security;
create policy "Enable read access for all users" on bot_logs for select using (true);
grant select on bot_logs to anon, authenticated;
"""


@pytest.fixture(
    params=[("timestamptz", "numeric"), ("timestamp", "double precision"), ("timestamptz", "real")],
    ids=" ".join,
)
def guided_url(empty_database_url: str, request: pytest.FixtureRequest) -> str:
    with psycopg.connect(empty_database_url) as connection:
        time, number = request.param
        connection.execute(MADE_BY_GUIDES.format(time=time, number=number) + OWN_POLICY)
    return empty_database_url


def rows_of(url: str, columns: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {
            table: connection.execute(f"select {columns[table]} from {table} order by 1").fetchall()
            for table in TABLES
        }


def columns_of(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "select table_name, string_agg(column_name, ', ' order by ordinal_position) "
                "from information_schema.columns where table_schema = 'public' "
                "and table_name = any (%s) group by 1",
                (list(TABLES),),
            ).fetchall()
        )


def test_every_row_is_as_it_was(guided_url: str, migrations_folder: Path) -> None:
    columns = columns_of(guided_url)
    before = rows_of(guided_url, columns)
    apply_migrations(guided_url, read_migrations(migrations_folder))
    assert rows_of(guided_url, columns) == before
    assert all(before.values())


def test_a_plain_insert_succeeds_in_each_table(guided_url: str, migrations_folder: Path) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    with psycopg.connect(guided_url, autocommit=True) as connection:
        connection.execute("set role service_role")
        connection.execute("insert into bot_logs (level, message) values ('info', 'again')")
        connection.execute("insert into system_stats (cpu_usage) values (2)")
        connection.execute("insert into command_queue (command) values ('play')")
        connection.execute("insert into gemini_usage (user_id) values ('2')")
        connection.execute("insert into music_history (track_title) values ('Clair de lune')")
        connection.execute("insert into active_sessions (guild_id) values ('2')")
        newest = connection.execute("select max(id), count(created_at) from music_history")
        assert newest.fetchone() == (8, 2)


def test_what_a_slow_run_called_takes_the_place_of_its_estimate_whatever_the_ids_are(
    guided_url: str, migrations_folder: Path
) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    slow = "00000000-0000-4000-8000-000000000001"
    with psycopg.connect(guided_url, autocommit=True) as connection:
        connection.execute("set role service_role")
        for run_id in (slow, "00000000-0000-4000-8000-000000000002"):
            connection.execute(
                "select reserve_answer(p_command_id => %s, p_guild_id => '1', p_channel_id => '1',"
                " p_user_id => '9', p_kind => 'personal', p_zone => 'UTC', p_answers => 1,"
                " p_tokens => 10, p_cost_usd => 0, p_expires_seconds => 60, p_question => null,"
                " p_run_id => %s, p_model => 'm', p_prompt_tokens => 5)",
                (slow, run_id),
            )
        used = "select array_agg(total_tokens) from gemini_usage where user_id = '9'"
        assert connection.execute(used).fetchone() == ([5],)
        calls = '[{"model": "m", "prompt_tokens": 5, "total_tokens": 8}]'
        connection.execute(
            "select settle_answer(%s, '1', '9', 'UTC', %s, null, %s)", (slow, calls, slow)
        )
        assert connection.execute(used).fetchone() == ([8],)


def test_their_readings_are_rolled_up_whatever_kind_of_number_they_are(
    guided_url: str, migrations_folder: Path
) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    with psycopg.connect(guided_url, autocommit=True) as connection:
        connection.execute("set role service_role")
        connection.execute("update system_stats set created_at = now() - interval '2 hours'")
        means = connection.execute(
            "select cpu_usage, ram_rss, ping_lavalink"
            " from system_stats_windows(now() - interval '1 day', interval '1 day')"
        )
        assert means.fetchall() == [(1.5, 80, None)]
        connection.execute("select roll_up_stats(), delete_old_rows()")
        lines = connection.execute(
            "select measure, mean from system_stats_rollups where grain = 'hour' order by 1"
        )
        assert lines.fetchall() == [
            ("cpu_usage", 1.5),
            ("ping_gateway", 31),
            ("ram_heap", 40),
            ("ram_rss", 80),
        ]


def test_their_rows_can_be_claimed_like_new_ones(guided_url: str, migrations_folder: Path) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    with psycopg.connect(guided_url, autocommit=True) as connection:
        connection.execute("insert into command_kinds values ('sing', 'functions')")
        connection.execute("set role service_role")
        claimed = connection.execute("select command from claim_commands(array['sing'])")
        assert claimed.fetchall() == [("sing",)]


def test_a_row_left_in_processing_ends_and_is_not_run_again(
    guided_url: str, migrations_folder: Path
) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    with psycopg.connect(guided_url, autocommit=True) as connection:
        claimed = connection.execute("select command from claim_commands(array['stop'])")
        assert claimed.fetchall() == []
        ended = connection.execute(
            "select status, failure_reason from command_queue where command = 'stop'"
        )
        assert ended.fetchall() == [("failed", "expired")]


def test_a_policy_that_let_everybody_read_does_so_no_longer(
    guided_url: str, migrations_folder: Path
) -> None:
    apply_migrations(guided_url, read_migrations(migrations_folder))
    with psycopg.connect(guided_url, autocommit=True) as connection:
        policies = connection.execute(
            "select count(*) from pg_policies where policyname like 'Enable read access%'"
        )
        assert policies.fetchone() == (1,)  # it is the owner's, and stays
        connection.execute("set role authenticated")
        assert connection.execute("select * from bot_logs").fetchall() == []
        connection.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from bot_logs")


def test_missing_tables_and_columns_are_added(
    empty_database_url: str, migrations_folder: Path
) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "create table gemini_usage (id uuid primary key, user_id text);"
            "insert into gemini_usage values (gen_random_uuid(), '5')"
        )
    apply_migrations(empty_database_url, read_migrations(migrations_folder))
    columns = columns_of(empty_database_url)
    assert set(columns) == set(TABLES)
    assert columns["gemini_usage"] == (
        "id, user_id, guild_id, prompt_tokens, completion_tokens, total_tokens, model, created_at,"
        " cost_usd, purpose, outcome, estimated, command_id"
    )
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("insert into gemini_usage (user_id) values ('6')")
        users = connection.execute("select user_id from gemini_usage order by 1").fetchall()
        assert users == [("5",), ("6",)]


def test_an_owner_without_superuser_rights_can_apply_them(
    empty_database_url: str, migrations_folder: Path
) -> None:
    """As `postgres` on hosted Supabase is: it owns its tables, and nothing more."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            "create role hosted_owner login noinherit bypassrls;"
            "grant all on schema public to hosted_owner;"
            "grant usage on schema auth to hosted_owner with grant option;"
            "grant select on auth.identities to hosted_owner;"
            "alter publication supabase_realtime owner to hosted_owner;"
        )
        grant = sql.SQL("grant create on database {} to hosted_owner")
        connection.execute(grant.format(sql.Identifier(connection.info.dbname)))
        connection.execute("alter role hosted_owner password 'local'")
        try:
            as_owner = empty_database_url.replace(
                empty_database_url.split("//")[1].split("@", maxsplit=1)[0], "hosted_owner:local"
            )
            count = apply_migrations(as_owner, read_migrations(migrations_folder))
            assert count == len(read_migrations(migrations_folder))
        finally:
            connection.execute(
                "reassign owned by hosted_owner to postgres; drop owned by hosted_owner;"
                "drop role hosted_owner"
            )
