"""sql/schedules.sql: how a hosted database wakes the functions, on stand-ins for its extensions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from dev import schedules
from dev.checkout import Checkout
from dev.errors import StackError

Connection = psycopg.Connection[DictRow]

URL = "https://halley.vercel.app"
TOKEN = "the-secret-of-the-ticks-0123456789"
SCRIPT = Checkout.here().root / "sql" / "schedules.sql"
BROKEN_PG_NET = """
  create or replace function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}',
    timeout_milliseconds integer default 5000
  ) returns bigint language plpgsql as $$ begin raise 'no'; end $$
"""
STAND_INS = Path(__file__).with_name("supabase_extensions.sql")


@pytest.fixture
def bare_url(migrated_database_url: str) -> str:
    """A database with our tables and none of the extensions."""
    return migrated_database_url


@pytest.fixture
def bare(bare_url: str) -> Iterator[Connection]:
    with psycopg.connect(bare_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def hosted_url(bare_url: str) -> str:
    """The same, as a hosted project has it."""
    with psycopg.connect(bare_url) as connection:
        connection.execute(STAND_INS.read_bytes())
    return bare_url


@pytest.fixture
def hosted(hosted_url: str) -> Iterator[Connection]:
    with psycopg.connect(hosted_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def up(connection: Connection, url: str = URL, token: str = TOKEN) -> DictRow:
    connection.execute(SCRIPT.read_bytes())
    row = connection.execute("select * from halley_schedules_up(%s, %s)", (url, token)).fetchone()
    assert row is not None
    return row


def rows(connection: Connection, query: str) -> list[DictRow]:
    return connection.execute(query.encode()).fetchall()


def calls(connection: Connection) -> list[str]:
    """The paths that were called, oldest first; each with the token."""
    made = rows(connection, "select method, url, headers from net.http_request_queue order by id")
    for call in made:
        assert call["method"] == "POST"
        assert call["headers"]["Authorization"] == f"Bearer {TOKEN}"
    return [call["url"].removeprefix(URL) for call in made]


def add(connection: Connection, *commands: str) -> None:
    connection.execute(
        "insert into command_queue (command, payload) select unnest(%s::text[]), '{}'",
        (list(commands),),
    )


def intervals(connection: Connection) -> dict[str, int]:
    known = rows(connection, "select name, every_seconds from schedules where is_tick")
    return {row["name"]: row["every_seconds"] for row in known}


def test_twice_up_is_once_up(hosted: Connection) -> None:
    assert up(hosted)["is_up"]
    assert up(hosted)["is_up"]
    jobs = rows(hosted, "select jobname, schedule, active from cron.job order by jobname")
    assert [(job["jobname"], job["schedule"]) for job in jobs] == [
        ("halley_queue", "* * * * *"),
        ("halley_stats", "*/5 * * * *"),
        ("halley_tidy", "41 3 * * *"),
    ]
    assert len(rows(hosted, "select from vault.secrets")) == 2
    assert intervals(hosted) == {"cron_stats": 300, "cron_queue": 60}


def test_each_job_calls_its_function_when_its_time_comes(hosted: Connection) -> None:
    up(hosted)
    for job in rows(hosted, "select command from cron.job order by jobname"):
        hosted.execute(job["command"].encode())
    assert calls(hosted) == ["/api/cron_queue", "/api/cron_stats"]


def test_the_token_stands_in_the_vault_and_nowhere_else(hosted: Connection) -> None:
    up(hosted)
    tables = rows(
        hosted,
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname in ('public', 'cron', 'net', 'vault')",
    )
    for table in tables:
        assert TOKEN not in json.dumps(rows(hosted, f"select * from {table['name']}"), default=str)
    sources = rows(hosted, "select prosrc from pg_proc where pronamespace = 'public'::regnamespace")
    assert not [source for source in sources if TOKEN in source["prosrc"]]
    shown = json.dumps(rows(hosted, "select * from halley_schedules_status()"))
    assert URL in shown
    assert TOKEN not in shown


def test_a_new_token_and_address_take_the_place_of_the_old(hosted: Connection) -> None:
    up(hosted, "https://old.vercel.app", "an-old-token")
    up(hosted, f"{URL}/")
    add(hosted, "snapshot")
    assert calls(hosted) == ["/api/cron_queue"]


def test_rows_for_the_functions_call_them_once_a_transaction(hosted: Connection) -> None:
    up(hosted)
    add(hosted, "snapshot", "snapshot", "snapshot")
    assert calls(hosted) == ["/api/cron_queue"]
    add(hosted, "snapshot")
    assert len(calls(hosted)) == 2


def test_rows_for_the_worker_or_for_nobody_call_nobody(hosted: Connection) -> None:
    up(hosted)
    add(hosted, "skip", "what nobody knows")
    assert calls(hosted) == []


def test_the_bot_s_own_inserts_call_too_though_it_may_not_read_the_token(
    hosted: Connection,
) -> None:
    up(hosted)
    hosted.execute("set role service_role")
    add(hosted, "snapshot")
    hosted.execute("select wake_handlers('functions')")  # by hand: heard by listeners alone
    hosted.execute("reset role")
    assert calls(hosted) == ["/api/cron_queue"]


def test_whoever_listens_still_hears(hosted: Connection, hosted_url: str) -> None:
    up(hosted)
    with psycopg.connect(hosted_url, autocommit=True) as listening:
        listening.execute("listen halley_functions")
        add(hosted, "snapshot")
        heard = next(listening.notifies(timeout=20, stop_after=1))
    assert heard.channel == "halley_functions"


@pytest.mark.parametrize(
    "fault",
    [
        BROKEN_PG_NET,
        "drop schema net cascade",
        "drop schema vault cascade",
        "delete from vault.secrets",
        "drop function halley_call(text)",
    ],
)
def test_whatever_is_missing_or_broken_no_insert_fails(hosted: Connection, fault: str) -> None:
    up(hosted)
    hosted.execute(fault.encode())
    add(hosted, "snapshot")
    assert len(rows(hosted, "select from command_queue where status = 'pending'")) == 1


def test_down_leaves_nothing_behind_and_can_be_repeated(hosted: Connection) -> None:
    plain = rows(hosted, "select prosrc from pg_proc where proname = 'wake_handlers'")
    up(hosted)
    for _ in range(2):
        hosted.execute("select * from halley_schedules_down()")
        assert rows(hosted, "select from cron.job") == []
        assert rows(hosted, "select from vault.secrets") == []
        assert intervals(hosted) == {"cron_stats": 86400, "cron_queue": 86400}
    now = rows(hosted, "select prosrc from pg_proc where proname = 'wake_handlers'")
    assert [row["prosrc"].split() for row in now] == [row["prosrc"].split() for row in plain]
    add(hosted, "snapshot")
    assert calls(hosted) == []


def test_other_people_s_jobs_and_secrets_are_left_alone(hosted: Connection) -> None:
    hosted.execute("select cron.schedule('theirs', '* * * * *', 'select 1')")
    hosted.execute("select vault.create_secret('a', 'theirs')")
    up(hosted)
    hosted.execute("select * from halley_schedules_down()")
    assert rows(hosted, "select jobname from cron.job") == [{"jobname": "theirs"}]
    assert rows(hosted, "select name from vault.secrets") == [{"name": "theirs"}]


def test_without_the_extensions_rows_are_announced_and_a_notice_says_so(
    bare: Connection, bare_url: str
) -> None:
    notices: list[str | None] = []
    bare.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    outcome = up(bare)
    assert not outcome["is_up"]
    assert "no pg_cron, pg_net, supabase_vault" in outcome["said"]
    assert outcome["said"] in notices
    with psycopg.connect(bare_url, autocommit=True) as listening:
        listening.execute("listen halley_functions")
        add(bare, "snapshot")
        assert next(listening.notifies(timeout=20, stop_after=1)).payload == ""
    bare.execute("select * from halley_schedules_down()")
    assert intervals(bare)["cron_queue"] == 86400


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://halley.vercel.app", TOKEN),
        ("https://halley.vercel.app/api", TOKEN),
        ("", TOKEN),
        (URL, "short"),
        (URL, "with a space in it"),
    ],
)
def test_a_wrong_value_changes_nothing_and_is_no_error_that_the_server_would_log(
    hosted: Connection, url: str, token: str
) -> None:
    outcome = up(hosted, url, token)
    assert not outcome["is_up"]
    assert token not in outcome["said"]
    assert rows(hosted, "select from cron.job") == []
    assert rows(hosted, "select from vault.secrets") == []


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
@pytest.mark.parametrize(
    "call",
    [
        "halley_schedules_up('https://a.b', '12345678')",
        "halley_schedules_down()",
        "halley_schedules_status()",
        "halley_call('/')",
        "halley_keep_secret('a', 'b')",
        "halley_wake_by(false)",
    ],
)
def test_it_is_the_owner_s_alone(hosted: Connection, role: str, call: str) -> None:
    up(hosted)
    hosted.execute(f"set role {role}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        hosted.execute(f"select {call}".encode())
    hosted.execute("reset role")


def test_one_command_sets_it_up_shows_it_and_takes_it_down(
    hosted: Connection,
    hosted_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CRON_SECRET", TOKEN)
    address = ["--database-url", hosted_url]
    assert schedules.main(["status", *address]) == 0
    assert "never set up" in capsys.readouterr().out
    assert schedules.main(["up", "--url", URL, *address]) == 0
    shown = capsys.readouterr().out
    assert URL in shown
    assert "halley_queue" in shown
    assert TOKEN not in shown
    add(hosted, "snapshot")
    assert calls(hosted) == ["/api/cron_queue"]
    assert schedules.main(["down", *address]) == 0
    assert rows(hosted, "select from cron.job") == []


def test_one_command_says_what_keeps_it_from_it(
    hosted_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRON_SECRET", "")
    with pytest.raises(StackError, match="CRON_SECRET is needed"):
        schedules.main(["up", "--url", URL, "--database-url", hosted_url])
    monkeypatch.setenv("CRON_SECRET", TOKEN)
    with pytest.raises(StackError, match="without a path"):
        schedules.main(["up", "--url", f"{URL}/api", "--database-url", hosted_url])


def test_where_it_cannot_work_the_command_leaves_nothing_behind(
    bare: Connection, bare_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRON_SECRET", TOKEN)
    with pytest.raises(StackError, match="announced by NOTIFY alone"):
        schedules.main(["up", "--url", URL, "--database-url", bare_url])
    assert rows(bare, "select from pg_proc where proname like 'halley%'") == []
