"""The whole stack as a user starts it, from a copy of this repository.

The copy lies in the folder of pytest's, which is closed to everybody else: for root that means
Postgres in the temporary folder.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from dev.checkout import Checkout
from dev.leftovers import command_of
from dev.local_supabase import LocalSupabase
from dev.simulator.world import OWNER_ID
from tests.dev.users import UserOf, database_of, lines_until, user_of

pytestmark = pytest.mark.stack


@pytest.fixture
def user(copied_checkout: Checkout) -> Iterator[UserOf]:
    with user_of(copied_checkout) as made:
        yield made


def counted(supabase_url: str, checkout: Checkout, table: str) -> int:
    key = json.loads(checkout.keys.read_text())["secret_key"]
    rows = httpx.get(f"{supabase_url}/rest/v1/{table}", headers={"apikey": key}).json()
    return len(rows)


def late(connection: psycopg.Connection, source: str) -> list[object]:
    """What a table or a function has to say of schedules."""
    query = f"select detail from {source} where name like 'schedule:%'"
    return [row[0] for row in connection.execute(query.encode())]


def test_one_command_brings_everything_up_and_ctrl_c_ends_it(user: UserOf) -> None:
    process, shown = user.starts()
    addresses = user.run_file()["addresses"]
    for step in ("Database", "Migrations", "Supabase", "Playground", "Functions"):
        assert f"✓ {step}" in shown
    for address in addresses.values():
        assert address in shown

    assert httpx.get(addresses["playground"]).status_code == 200
    assert '"name": "ask"' in httpx.get(f"{addresses['playground']}/playground/state").text
    dashboard = addresses["functions"].removesuffix("/api/interactions")
    (banner,) = [line for line in shown.splitlines() if "Dashboard" in line]
    assert dashboard in banner.split()
    told = httpx.get(f"{dashboard}/config.json").json()
    assert told["supabase_url"] == addresses["supabase"]
    assert OWNER_ID in user.types("admin", "list").stdout  # the local admin

    second = user.types("up")
    assert second.returncode == 0
    assert "already running" in second.stdout
    assert addresses["playground"] in second.stdout
    assert "is running in this checkout. Stop it first" in user.types("reset").stdout

    secrets = json.loads(user.checkout.keys.read_text())
    del secrets["application_id"]
    written = shown + user.checkout.run_file.read_text()
    assert not [name for name, value in secrets.items() if value in written]

    programs = user.programs()
    assert len(programs) == 3
    rest = user.ends(process, signal.SIGINT)
    assert rest.endswith("Stopped.\n")
    assert process.returncode == 0
    assert not [pid for pid, command in programs if command_of(pid) == command]
    assert not user.checkout.run_file.exists()


def test_a_second_start_keeps_the_data_and_reset_clears_it(user: UserOf) -> None:
    asked = user.types("ask", "good morning")  # by a stack of its own
    assert "offline model" in asked.stdout
    assert "status completed" in asked.stdout
    assert "gemini_usage" in asked.stdout

    process, shown = user.starts()
    supabase = user.run_file()["addresses"]["supabase"]
    assert "up to date" in shown
    assert counted(supabase, user.checkout, "gemini_usage") == 1

    user.types("ask", "good evening", "--private", "--locale", "ja")  # by the one that runs
    assert counted(supabase, user.checkout, "gemini_usage") == 2

    notes = user.checkout.root / "notes.md"
    notes.write_text("The comet is late.")
    asked = user.types("ask", "--file", str(notes), "--user", "sam_rivera")
    assert "status completed" in asked.stdout
    assert counted(supabase, user.checkout, "gemini_usage") == 3
    asked = user.types("ask", "--file", str(notes.with_name("gone.md")))
    assert "gone.md cannot be read: No such file or directory." in asked.stdout
    user.ends(process, signal.SIGTERM)

    assert "are gone" in user.types("reset").stdout
    process, shown = user.starts()
    supabase = user.run_file()["addresses"]["supabase"]
    assert counted(supabase, user.checkout, "gemini_usage") == 0
    user.ends(process, signal.SIGTERM)


def test_a_supervisor_that_was_killed_is_no_obstacle(user: UserOf) -> None:
    process, _ = user.starts()
    with psycopg.connect(database_of(user)) as connection:
        connection.execute("update schedules set since = now() - interval '9 days'")
        connection.execute("update schedules set last_run_at = since where true")
    programs = user.programs()
    for pid, _command in programs:
        os.kill(pid, signal.SIGSTOP)  # they cannot hear that it died
    user.ends(process, signal.SIGKILL)
    process, shown = user.starts()
    assert "✓ Functions" in shown
    assert not [pid for pid, command in programs if command_of(pid) == command]
    with psycopg.connect(database_of(user)) as connection:  # what rested meanwhile is not late
        assert late(connection, "watch_findings()") == []
        assert late(connection, "alerts") == []
    user.ends(process, signal.SIGTERM)


def test_a_program_that_is_killed_is_told_and_replaced(user: UserOf) -> None:
    process, _ = user.starts()
    assert process.stdout is not None
    for name in ("PostgreSQL", "PostgREST", "The functions host"):
        os.kill(user.run_file()["programs"][name]["pid"], signal.SIGKILL)
        # What else it tells is that this copy has no worker, whenever it has found that out.
        told = next(line for line in process.stdout if "was ended" in line)
        assert told == f"  ! {name} was ended by SIGKILL; starting it again.\n"
    assert "offline model" in user.types("ask", "are you still there?").stdout
    user.ends(process, signal.SIGTERM)


def test_a_hosted_supabase_is_used_where_env_names_one(
    user: UserOf, local_supabase: LocalSupabase
) -> None:
    (user.checkout.root / ".env").write_text(
        f"SUPABASE_URL={local_supabase.url}\nSUPABASE_SECRET_KEY={local_supabase.keys.secret_key}\n"
    )
    process, shown = user.starts()
    assert f"{local_supabase.url}  the hosted one" in shown
    assert "Database" not in shown
    assert "No music here: the orders of a hosted database are for its own worker." in shown
    assert list(user.run_file()["programs"]) == ["The functions host"]
    asked = user.types("ask", "hello over there")
    assert "status completed" in asked.stdout
    user.ends(process, signal.SIGTERM)


def test_the_functions_get_local_discord_settings_whatever_env_says(user: UserOf) -> None:
    (user.checkout.root / ".env").write_text(
        "DISCORD_BOT_TOKEN=a-real-one\nDISCORD_API_URL=https://discord.com/api/v10\nTIMEZONE=UTC\n"
    )
    (user.checkout.root / "api" / "environment.py").write_text(
        "import json, os\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'application/json')])\n"
        "    return [json.dumps(dict(os.environ)).encode()]\n"
    )
    process, _ = user.starts()
    addresses = user.run_file()["addresses"]
    found = httpx.get(addresses["functions"].replace("interactions", "environment")).json()
    keys = json.loads(user.checkout.keys.read_text())
    user.ends(process, signal.SIGTERM)
    assert found["DISCORD_BOT_TOKEN"] == keys["bot_token"]
    assert found["DISCORD_API_URL"] == f"{addresses['playground']}/api/v10"
    assert found["DISCORD_APPLICATION_ID"] == keys["application_id"]
    assert found["SUPABASE_URL"] == addresses["supabase"]
    assert found["SUPABASE_SECRET_KEY"] == keys["secret_key"]
    assert found["SUPABASE_PUBLISHABLE_KEY"] == keys["publishable_key"]
    assert found["CRON_SECRET"] == keys["cron_secret"]
    assert found["ENVIRONMENT"] == "development"
    assert found["OWNER_IDS"] == OWNER_ID
    assert found["TIMEZONE"] == "UTC"
    assert found["LOG_FILE"] == str(user.checkout.logs / "debug.log")


def test_migrate_brings_the_local_database_up_to_date(user: UserOf, tmp_path: Path) -> None:
    first = user.types("migrate")
    assert "+ 0001_tables.sql" in first.stdout
    assert "not running" in user.types("queue").stdout
    process, _ = user.starts()
    (user.checkout.migrations / "0099_more.sql").write_text("create table more (id int);")
    lines_until(process, "applied: 0099_more.sql")
    assert "Up to date" in user.types("migrate").stdout  # in the one that runs
    scheduled = user.types("schedules", "up", "--url", "https://example.vercel.app")
    assert scheduled.returncode == 1
    assert "dev up ticks by itself" in scheduled.stdout
    user.ends(process, signal.SIGTERM)
    (user.checkout.migrations / "0099_more.sql").unlink()
    assert "ahead of this checkout by 1 migration: 0099_more.sql" in user.types("migrate").stdout
    process, shown = user.starts()
    assert "! The database is ahead of this checkout" in shown
    user.ends(process, signal.SIGTERM)


def test_an_answer_that_failed_is_a_failure_to_the_shell(user: UserOf) -> None:
    (user.checkout.root / ".env").write_text(
        "GEMINI_API_KEY=a-key-of-nobody\nGEMINI_BASE_URL=http://127.0.0.1:9\n"
    )
    asked = user.types("ask", "good morning")
    assert "status failed" in asked.stdout
    assert asked.returncode == 1
