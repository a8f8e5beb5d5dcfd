"""`python3 dev migrate`: bring a database up to date, the local one or any Supabase project's."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.keys import LocalKeys
from dev.local_supabase import Plan, local_postgres
from dev.migrations import apply_migrations, read_migrations
from dev.running import AlreadyRunningError, RunFile, end_leftovers, held
from dev.settings_file import local_settings


def main(arguments: Sequence[str]) -> int:
    """Apply what is new, with a line for each file."""
    parser = argparse.ArgumentParser(
        prog="python3 dev migrate",
        description="Apply sql/migrations/ to a database: each file once, in order. Without an "
        "address, in the option or as DATABASE_URL, to the local one.",
    )
    parser.add_argument(
        "--database-url",
        metavar="URL",
        type=_address,
        help="postgresql://user:password@host/name",
    )
    options = parser.parse_args(arguments)
    checkout, console = Checkout.here(), Console()
    url = options.database_url or local_settings(checkout).get("DATABASE_URL", "").strip()
    if url:
        _apply(url, "the database of this address", checkout=checkout, console=console)
        return 0
    try:
        with held(checkout) as run_file:
            asyncio.run(_apply_to_sleeping(checkout, console=console, run_file=run_file))
    except AlreadyRunningError as error:
        if error.addresses is None:
            raise StackError("The stack is just starting. Try again in a moment.") from None
        if error.addresses.database is None:
            raise StackError(
                "The stack that runs here uses a hosted Supabase and has no database of its own. "
                "Name the hosted one's address: --database-url"
            ) from None
        url = _with_password(error.addresses.database, checkout)
        _apply(url, "the local database", checkout=checkout, console=console)
    return 0


def _address(value: str) -> str:
    """The option's value; an empty one, as from an unset variable, must not mean the local one."""
    if not value.strip():
        raise argparse.ArgumentTypeError("it is empty; without the option the local one is meant")
    return value.strip()


async def _apply_to_sleeping(checkout: Checkout, *, console: Console, run_file: RunFile) -> None:
    """Start the local database for it alone."""
    await end_leftovers(checkout)
    plan = Plan(
        checkout=checkout,
        keys=LocalKeys.load_or_make(checkout.keys),
        console=console,
        on_start=run_file.note_start,
    )
    async with local_postgres(plan) as postgres:
        _apply(postgres.socket_url(), "the local database", checkout=checkout, console=console)


def _apply(url: str, name: str, *, checkout: Checkout, console: Console) -> None:
    migrations = read_migrations(checkout.migrations)
    count = apply_migrations(
        url, migrations, on_applied=lambda migration: console.say(f"  + {migration}")
    )
    if count:
        console.say(f"{count} of {len(migrations)} migrations were applied to {name}.")
    else:
        console.say(f"Up to date: all {len(migrations)} migrations are already applied.")


def _with_password(address: str, checkout: Checkout) -> str:
    parts = urlsplit(address)
    password = quote(LocalKeys.load_or_make(checkout.keys).database_password)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace("@", f":{password}@", 1)))
