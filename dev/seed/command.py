"""`python3 dev seed`: fill the local database with a month of an invented bot's life."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from dev.checkout import Checkout
from dev.console import Console
from dev.databases import Database, on_database
from dev.errors import StackError
from dev.migrations import connect, told_plainly
from dev.seed.filling import Wish, empty, fill, let_go
from dev.settings_file import local_settings
from lib.settings import DEFAULT_TIMEZONE

MOST_DAYS, MOST_SCALE = 90, 10.0


def main(arguments: Sequence[str]) -> int:
    """Fill it, or empty it."""
    options = _parse(arguments)
    checkout, console = Checkout.here(), Console()
    wish = None
    if not options.empty:
        until = datetime.now(UTC).replace(second=0, microsecond=0)
        zone = _zone(local_settings(checkout).get("TIMEZONE", "").strip() or DEFAULT_TIMEZONE)
        wish = Wish(until=until, zone=zone, days=options.days, scale=options.scale)
    counts = on_database(options, partial(seed, wish=wish), checkout=checkout, console=console)
    if wish is None:
        console.say("The dashboard's tables are empty.")
        return 0
    console.table([(table, f"{count:,}") for table, count in counts.items()])
    console.say(f"\n{wish.days} days of an invented bot are in the local database.")
    console.say("Your own bot's rows follow from now on, so some lines of System jump here.")
    console.say("python3 dev seed --empty takes them out again.")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev seed",
        description="Replace what the dashboard shows of the local database by an invented bot's "
        "life: commands, answers, readings, log lines, music and a queue, up to this minute. "
        "What these tables held goes. A hosted database is never touched.",
    )
    parser.add_argument("--days", type=_days, default=30, help=f"1 to {MOST_DAYS}; 30 if not given")
    parser.add_argument(
        "--scale", type=_scale, default=1.0, help="how much of it; 1 is 200,000 commands a month"
    )
    parser.add_argument("--empty", action="store_true", help="leave the tables empty")
    parser.set_defaults(database_url=None)
    return parser.parse_args(arguments)


def seed(database: Database, *, wish: Wish | None) -> dict[str, int]:
    """Replace the rows of a local database; how many each table got. None: leave it empty."""
    if not database.is_local:
        raise StackError(
            "DATABASE_URL is set in .env: an invented life goes into the local database alone. "
            "Take that line out for as long as you look at it."
        )
    with connect(database.url) as connection, told_plainly():
        empty(connection)
        if wish is None:
            return {}
        counts = Counter(fill(connection, wish))
        # As in a database that lived through it: older readings are there as roll-ups alone.
        counts.subtract(let_go(connection, wish))
        connection.execute("vacuum (analyze)")
    return counts


def _days(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number of days from 1 to {MOST_DAYS}")
    return int(value)


def _scale(value: str) -> float:
    try:
        scale = float(value)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= MOST_SCALE:
        raise argparse.ArgumentTypeError(f"a number above 0, and {MOST_SCALE:g} at most")
    return scale


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError) as error:
        raise StackError(f"TIMEZONE is no time zone: {name}") from error
    return name
