"""`python3 dev migrate`: bring a database up to date, the local one or any Supabase project's."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from dev.checkout import Checkout
from dev.console import Console
from dev.databases import HELP, Database, add_database_option, on_database
from dev.migrations import (
    apply_migrations,
    read_migrations,
    told_ahead,
    unknown_migrations,
)


def main(arguments: Sequence[str]) -> int:
    """Apply what is new, with a line for each file."""
    parser = argparse.ArgumentParser(
        prog="python3 dev migrate",
        description=f"Apply sql/migrations/ to a database: each file once, in order. {HELP}",
    )
    add_database_option(parser)
    options = parser.parse_args(arguments)
    checkout, console = Checkout.here(), Console()
    work = partial(_apply, checkout=checkout, console=console)
    on_database(options, work, checkout=checkout, console=console)
    return 0


def _apply(database: Database, *, checkout: Checkout, console: Console) -> None:
    migrations = read_migrations(checkout.migrations)
    count = apply_migrations(
        database.url, migrations, on_applied=lambda migration: console.say(f"  + {migration}")
    )
    if count:
        console.say(f"{count} of {len(migrations)} migrations were applied to {database.name}.")
    else:
        console.say(f"Up to date: all {len(migrations)} migrations are already applied.")
    if unknown := unknown_migrations(database.url, migrations):
        console.warn(told_ahead(unknown))
