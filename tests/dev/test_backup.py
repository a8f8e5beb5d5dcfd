"""`python3 dev backup` and `restore`, for real: into databases as new projects have them."""

from __future__ import annotations

import gzip
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from dev import backup, restore
from dev.checkout import Checkout
from dev.errors import StackError
from dev.local_supabase import LocalSupabase
from dev.migrations import apply_migrations, read_migrations
from tests.dev.databases import empty_databases
from tests.dev.tls_front import tls_front

pytestmark = pytest.mark.stack

ROWS = """
insert into bot_logs (level, message)
  values ('info', 'こんにちは'), ('error', E'two\nlines; ''quoted''');
insert into command_queue (id, command, payload)
  values ('aaaaaaaa-0000-4000-8000-000000000001', 'snapshot', '{"a": [1, "二"]}');
insert into command_secrets (command_id, token)
  values ('aaaaaaaa-0000-4000-8000-000000000001', 'a-token-that-must-not-be-kept');
insert into dashboard_admins (discord_id) values ('123');
create table owners_own (id serial primary key, kind text unique);
comment on table owners_own is 'not one of ours';
insert into owners_own (kind) values ('x'), ('y');
"""
# What a hosted project may have for tables to come.
GENEROUS = """
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public
  grant execute on functions to anon, authenticated, service_role;
"""
# The rights on everything in public, and its policies and triggers, as the catalogue has them.
SHAPE = """
select 'table ' || relname, relrowsecurity::text || array(
    select format('%s %s', grantee::regrole, privilege_type) from aclexplode(
      coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)))
    order by 1)::text
  from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'i')
union all select 'function ' || proname, prosecdef::text || array(
    select format('%s %s', grantee::regrole, privilege_type)
      from aclexplode(coalesce(proacl, acldefault('f', proowner))) order by 1)::text || prosrc
  from pg_proc where pronamespace = 'public'::regnamespace
union all select 'policy ' || tablename || policyname, concat(permissive, roles, cmd, qual)
  from pg_policies where schemaname = 'public'
union all select 'trigger ' || tgname, translate(pg_get_triggerdef(oid), '()', '')  -- or is flat
  from pg_trigger where not tgisinternal
union all select 'published ' || tablename, pubname from pg_publication_tables
order by 1, 2
"""


@pytest.fixture
def databases(running_supabase: LocalSupabase) -> Iterator[tuple[str, str]]:
    """One that is used by a bot, and one that is new."""
    with empty_databases(running_supabase, 2) as (used, new):
        apply_migrations(used, read_migrations(Checkout.here().migrations))
        with psycopg.connect(used) as connection:
            connection.execute(ROWS.encode())
        with psycopg.connect(new) as connection:
            connection.execute(GENEROUS.encode())
        yield used, new


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "halley.sql.gz"


def rows(url: str, query: str) -> list[DictRow]:
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def shape(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(SHAPE.encode()).fetchall()


def back_up(url: str, file: Path) -> None:
    assert backup.main([str(file), "--database-url", url]) == 0


def put_back(url: str, file: Path, *options: str) -> None:
    assert restore.main([str(file), "--database-url", url, *options]) == 0


def test_a_new_project_gets_rows_rights_policies_and_functions_as_they_were(
    databases: tuple[str, str], file: Path
) -> None:
    used, new = databases
    back_up(used, file)
    put_back(new, file)
    for table in ("bot_logs", "command_queue", "dashboard_admins", "owners_own", "thresholds"):
        assert rows(new, f"select * from {table}") == rows(used, f"select * from {table}")
    assert shape(new) == shape(used)


def test_the_bot_goes_on_where_it_was(databases: tuple[str, str], file: Path) -> None:
    used, new = databases
    back_up(used, file)
    put_back(new, file)
    with psycopg.connect(new, row_factory=dict_row, autocommit=True) as connection:
        connection.execute("set role service_role")
        connection.execute("insert into bot_logs (message) values ('again')")
        connection.execute("insert into command_queue (command, payload) values ('snapshot', '{}')")
        claimed = connection.execute("select * from claim_commands(array['snapshot'])").fetchall()
        done = connection.execute(
            "select complete_command(%s, %s) as done", (claimed[0]["id"], claimed[0]["lease_id"])
        ).fetchone()
    assert [row["payload"] for row in claimed] == [{"a": [1, "二"]}, {}]
    assert done == {"done": True}
    ids = rows(new, "select id from bot_logs order by id")
    assert len({row["id"] for row in ids}) == 3


def test_what_ran_long_ago_elsewhere_is_not_held_against_it(
    databases: tuple[str, str], file: Path
) -> None:
    used, new = databases
    with psycopg.connect(used) as connection:
        connection.execute(
            """select record_invocation('{"deployment": "old", "interactions": [], "events": [],
              "tick": {"name": "cron_queue", "slots": [], "declared": []}}')"""
        )
        connection.execute("insert into heartbeats (name, every_seconds) values ('voice', 15)")
        connection.execute("update heartbeats set last_beat_at = now() - interval '9 days'")
        connection.execute(
            "update schedules set since = now() - interval '9 days', "
            "last_run_at = last_run_at - interval '9 days'"
        )
    assert len(rows(used, "select * from watch_findings()")) > 1
    back_up(used, file)
    put_back(new, file)
    assert rows(new, "select * from watch_findings()") == []
    ran = rows(new, "select name, every_seconds, last_run_at from schedules")
    assert {"name": "cron_queue", "every_seconds": 86400, "last_run_at": None} in ran
    for table in ("heartbeats", "deployments"):
        assert rows(new, f"select * from {table}") == []


def test_what_played_elsewhere_is_not_gone_on_with(databases: tuple[str, str], file: Path) -> None:
    used, new = databases
    with psycopg.connect(used) as connection:
        connection.execute("select beat_worker('w', 'a-run', 5, '{}', '[]', true)")
        connection.execute(
            "insert into active_sessions (guild_id, track_title, worker_id) values"
            " ('7', 'Gymnopédie', 'a-run'), ('8', 'La mer', null)"  # the second is another bot's
        )
        connection.execute(
            "insert into music_queue (guild_id, place, track_title, track_url, requester_id)"
            " values ('7', 1, 'Clair de lune', 'https://example.org', '301')"
        )
        connection.execute("insert into music_history (guild_id, track_title) values ('7', 'x')")
        connection.execute("select change_music_settings('7', '{\"volume\": 70}', '301')")
        connection.execute("select delete_user_data('1180000000000000302')")
    back_up(used, file)
    put_back(new, file)
    beat = "select beat_worker('w', 'another', 5, '{}', '[]', true) ->> 'free' as free"
    assert rows(new, beat) == [{"free": "0"}]
    assert rows(new, "select guild_id from active_sessions") == [{"guild_id": "8"}]
    assert rows(new, "select * from music_queue") == []
    assert b"1180000000000000302" not in gzip.decompress(file.read_bytes())
    assert len(rows(new, "select * from music_history")) == 1
    assert rows(new, "select volume from music_settings") == [{"volume": 70}]


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_nobody_gets_in_who_did_not_before(
    databases: tuple[str, str], file: Path, role: str
) -> None:
    used, new = databases
    back_up(used, file)
    put_back(new, file)
    with psycopg.connect(new, autocommit=True) as connection:
        connection.execute(f"set role {role}".encode())
        for statement in (
            "insert into bot_logs (message) values ('x')",
            "truncate owners_own",
            "select * from claim_commands(array['snapshot'])",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_tokens_are_left_out_and_the_file_is_its_owner_s_alone(
    databases: tuple[str, str], file: Path
) -> None:
    used, new = databases
    back_up(used, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = gzip.decompress(file.read_bytes()).decode()
    assert "こんにちは" in content
    assert "a-token-that-must-not-be-kept" not in content
    put_back(new, file)
    assert rows(new, "select * from command_secrets") == []


def test_a_database_in_use_is_left_alone_unless_it_is_to_be_replaced(
    databases: tuple[str, str], file: Path
) -> None:
    used, _ = databases
    back_up(used, file)
    before = shape(used)
    with psycopg.connect(used) as connection:
        connection.execute("insert into bot_logs (message) values ('later')")
        connection.execute("create type mood as enum ('good')")
        connection.execute("create table later (m mood)")
        connection.execute("create view all_logs as select * from bot_logs")
    with pytest.raises(StackError, match=r"There are \d+ tables with \d+ rows in .*--replace"):
        restore.main([str(file), "--database-url", used])
    assert len(rows(used, "select * from bot_logs")) == 3
    put_back(used, file, "--replace")
    assert len(rows(used, "select * from bot_logs")) == 2
    assert shape(used) == before


def test_a_backup_that_does_not_fit_changes_nothing(databases: tuple[str, str], file: Path) -> None:
    used, _ = databases
    back_up(used, file)
    text = gzip.decompress(file.read_bytes()) + b"select * from nowhere;\n"
    file.write_bytes(gzip.compress(text))
    before = shape(used), rows(used, "select * from bot_logs")
    with pytest.raises(StackError, match="nothing was changed") as failure:
        restore.main([str(file), "--database-url", used, "--replace"])
    assert "nowhere" in "".join(failure.value.details)
    assert (shape(used), rows(used, "select * from bot_logs")) == before


def test_an_older_backup_is_told_apart(
    databases: tuple[str, str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used, new = databases
    with psycopg.connect(used) as connection:
        connection.execute("delete from schema_migrations where name like '0005%'")
    back_up(used, file)
    put_back(new, file)
    assert "python3 dev migrate adds what is new" in capsys.readouterr().out


@pytest.mark.parametrize("harm", [lambda raw: raw[:-40], lambda raw: b"hello", lambda raw: raw[9:]])
def test_a_file_that_is_no_whole_backup_is_refused_before_anything_is_touched(
    databases: tuple[str, str], file: Path, harm: object
) -> None:
    used, new = databases
    back_up(used, file)
    assert callable(harm)
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(StackError, match="no whole backup"):
        restore.main([str(file), "--database-url", new])
    with pytest.raises(StackError, match="There is no file"):
        restore.main(["nowhere.sql.gz", "--database-url", new])


def test_no_file_is_written_over(databases: tuple[str, str], file: Path) -> None:
    file.write_text("mine")
    with pytest.raises(StackError, match="is there already"):
        backup.main([str(file), "--database-url", databases[0]])
    assert file.read_text() == "mine"


def test_a_database_that_speaks_tls_is_never_spoken_to_without(
    databases: tuple[str, str], file: Path, tmp_path: Path
) -> None:
    used, new = databases
    with tls_front(used, tmp_path) as (used_by_tls, heard), tls_front(new, tmp_path) as (other, _):
        back_up(used_by_tls, file)
        put_back(other, file)
        assert heard
        assert not [plain for plain in heard if not plain.startswith(b"\0\0\0\x08\x04\xd2\x16\x2f")]
    assert shape(new) == shape(used)
