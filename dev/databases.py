"""Which database a command means: one whose address is given, or this checkout's own."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.keys import LocalKeys
from dev.local_supabase import Plan, local_postgres
from dev.running import Addresses, AlreadyRunningError, RunFile, end_leftovers, held
from dev.settings_file import local_settings

T = TypeVar("T")

HELP = "Without an address, in the option or as DATABASE_URL, the local one is meant."


@dataclass(frozen=True, slots=True)
class Database:
    """Its address, with what it takes to get in, and what to call it."""

    url: str
    name: str
    is_local: bool = True


def add_database_option(parser: argparse.ArgumentParser, *, is_repeated: bool = False) -> None:
    """Let the command take `--database-url`; `is_repeated`: its parent takes it as well."""
    parser.add_argument(
        "--database-url",
        metavar="URL",
        type=_address,
        default=argparse.SUPPRESS if is_repeated else None,
        help="postgresql://user:password@host/name",
    )


def running_database(options: argparse.Namespace, checkout: Checkout) -> Database:
    """The database of the given address, else the local one. Raises StackError if that sleeps."""
    if (database := addressed_database(options, checkout)) is not None:
        return database
    try:
        with held(checkout):
            pass
    except AlreadyRunningError as error:
        return _local(error.addresses, checkout)
    raise StackError(
        "The local database is not running. Start it with python3 dev up, or name another: "
        "--database-url, or DATABASE_URL in .env"
    )


def on_database(
    options: argparse.Namespace,
    work: Callable[[Database], T],
    *,
    checkout: Checkout,
    console: Console,
) -> T:
    """Do `work` on the database of the given address, else on the local one, even if it sleeps."""
    if (database := addressed_database(options, checkout)) is not None:
        return work(database)
    try:
        with held(checkout) as run_file:
            return asyncio.run(_awake(work, checkout=checkout, console=console, run_file=run_file))
    except AlreadyRunningError as error:
        database = _local(error.addresses, checkout)
    return work(database)


def addressed_database(options: argparse.Namespace, checkout: Checkout) -> Database | None:
    """The database of the given address, if one is given."""
    url = options.database_url or local_settings(checkout).get("DATABASE_URL", "").strip()
    return Database(url, "the database of this address", is_local=False) if url else None


def _address(value: str) -> str:
    """The option's value; an empty one, as from an unset variable, must not mean the local one."""
    if not value.strip():
        raise argparse.ArgumentTypeError("it is empty; without the option the local one is meant")
    return value.strip()


async def _awake(
    work: Callable[[Database], T], *, checkout: Checkout, console: Console, run_file: RunFile
) -> T:
    """Start the local database for it alone."""
    await end_leftovers(checkout)
    plan = Plan(
        checkout=checkout,
        keys=LocalKeys.load_or_make(checkout.keys),
        console=console,
        on_start=run_file.note_start,
    )
    async with local_postgres(plan) as postgres:
        return work(Database(postgres.url, "the local database"))


def _local(addresses: Addresses | None, checkout: Checkout) -> Database:
    if addresses is None:
        raise StackError("The stack is just starting. Try again in a moment.")
    if addresses.database is None:
        raise StackError(
            "The stack that runs here uses a hosted Supabase and has no database of its own. "
            "Name the hosted one's address: --database-url"
        )
    parts = urlsplit(addresses.database)
    password = quote(LocalKeys.load_or_make(checkout.keys).database_password)
    url = urlunsplit(parts._replace(netloc=parts.netloc.replace("@", f":{password}@", 1)))
    return Database(url, "the local database")
