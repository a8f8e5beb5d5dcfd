"""`python3 dev schedules`: have a hosted database call the functions, or have it stop."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import psycopg

from dev.checkout import Checkout
from dev.console import Console
from dev.databases import Database, add_database_option, running_database
from dev.errors import StackError
from dev.migrations import connect, told_plainly
from dev.settings_file import local_settings


def main(arguments: Sequence[str]) -> int:
    """Do it, and show what is set up then."""
    options = _parse(arguments)
    checkout, console = Checkout.here(), Console()
    database = running_database(options, checkout)
    if options.action == "up" and database.is_local:
        raise StackError(
            "The local database needs none of this: python3 dev up ticks by itself. A hosted one "
            "is named by --database-url, or DATABASE_URL in .env."
        )
    with connect(database.url) as connection, told_plainly():
        if options.action == "up":
            said = _up(connection, options.url, checkout)
        elif options.action == "down":
            said = _down(connection)
        else:
            said = ""
        rows = _status(connection, database)
    if said:
        console.say(said)
    console.table(rows)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev schedules",
        description="Have a hosted Supabase database call the functions every minute and at each "
        "new order (up), have it stop (down), or show what is set up (status). The token is the "
        "CRON_SECRET of the environment or of .env, the database that of --database-url or "
        "DATABASE_URL.",
    )
    parser.add_argument("action", choices=["up", "down", "status"], nargs="?", default="status")
    parser.add_argument(
        "--url", metavar="https://<project>.vercel.app", help="where the functions are deployed"
    )
    add_database_option(parser)
    options = parser.parse_args(arguments)
    if options.action == "up" and not options.url:
        parser.error("up needs --url https://<project>.vercel.app")
    return options


def _up(connection: psycopg.Connection, url: str, checkout: Checkout) -> str:
    token = local_settings(checkout).get("CRON_SECRET", "").strip()
    if not token:
        raise StackError(
            "CRON_SECRET is needed, in the environment or in .env: the one of the deployment."
        )
    with connection.transaction():
        connection.execute((checkout.root / "sql" / "schedules.sql").read_bytes())
        row = connection.execute(
            "select is_up, said from public.halley_schedules_up(%s, %s)", (url, token)
        ).fetchone()
        is_up, said = row or (False, "The database did not answer.")
        if not is_up:
            raise StackError(said)  # and so nothing of the file stays
    return str(said)


def _down(connection: psycopg.Connection) -> str:
    if not _is_installed(connection):
        return "There is nothing to take down."
    row = connection.execute("select said from public.halley_schedules_down()").fetchone()
    return str(row[0]) if row else ""


def _status(connection: psycopg.Connection, database: Database) -> list[tuple[str, str]]:
    if not _is_installed(connection):
        return [("schedules", f"never set up in {database.name}")]
    rows = connection.execute("select part, state from public.halley_schedules_status()").fetchall()
    return [(str(part), str(state)) for part, state in rows]


def _is_installed(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "select to_regprocedure('public.halley_schedules_down()') is not null"
    ).fetchone()
    return bool(row and row[0])
