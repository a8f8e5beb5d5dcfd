"""`python3 dev queue`: list, show, retry and cancel rows of `command_queue`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import psycopg

from dev.checkout import Checkout
from dev.console import Console
from dev.databases import HELP, add_database_option, running_database
from dev.endless import read_endless_moments
from dev.migrations import connect, told_plainly
from dev.queue_rows import Status, cancel, full_row, identified, listed, retry
from dev.queue_table import SHORT_ID, show_row, show_rows

OPEN = (Status.PENDING, Status.PROCESSING)
MOST_ROWS = 1000


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; 1 if a row could not be retried or cancelled."""
    options = _parse(arguments)
    console = Console()
    database = running_database(options, Checkout.here())
    with connect(database.url) as connection, told_plainly():
        read_endless_moments(connection)
        if options.action == "list":
            return _list(connection, options, console)
        ids = list(dict.fromkeys(identified(connection, prefix) for prefix in options.ids))
        if options.action == "show":
            show_row(full_row(connection, ids[0]), sys.stdout)
            return 0
        return _steer(connection, ids, options.action, console)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev queue",
        description=f"Look at the rows of command_queue, and steer them. {HELP}",
        epilog="The beginning of an id will do, as long as no other row's begins like it. "
        "list is what is meant without a word, and takes --status, --command and --limit.",
    )
    add_database_option(parser)
    actions = parser.add_subparsers(dest="action", metavar="list | show | retry | cancel")
    rows = actions.add_parser("list", help="rows that have not ended, newest first, then the rest")
    rows.add_argument(
        "--status",
        choices=["open", *(status.value for status in Status)],
        action="append",
        help="open: not ended yet",
    )
    rows.add_argument("--command", metavar="NAME")
    rows.add_argument("--limit", metavar="N", type=_limit, default=20)
    show = actions.add_parser("show", help="one row whole")
    show.add_argument("ids", metavar="ID", nargs=1)
    again = actions.add_parser("retry", help="put failed rows back, with all their attempts")
    again.add_argument("ids", metavar="ID", nargs="+")
    end = actions.add_parser("cancel", help="end rows that have not ended")
    end.add_argument("ids", metavar="ID", nargs="+")
    for action in (rows, show, again, end):
        add_database_option(action, is_repeated=True)
    parser.set_defaults(action="list", status=None, command=None, limit=20)
    # `list` is what is meant without a word, whatever options it is given.
    is_list = bool(arguments) and arguments[0] in {"--status", "--command", "--limit"}
    return parser.parse_args(["list", *arguments] if is_list else arguments)


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= MOST_ROWS):
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_ROWS}")
    return int(value)


def _list(connection: psycopg.Connection, options: argparse.Namespace, console: Console) -> int:
    wanted = options.status or []
    statuses = [Status(name) for name in wanted if name != "open"]
    statuses += OPEN if "open" in wanted else ()
    rows = listed(connection, statuses=statuses, command=options.command, limit=options.limit)
    if rows:
        show_rows(rows, sys.stdout)
    else:
        console.say(_nothing(wanted, options.command))
    return 0


def _nothing(wanted: Sequence[str], command: str | None) -> str:
    if command is not None or not wanted:
        return "No row is like that." if command is not None else "The queue is empty."
    return "Nothing waits." if wanted == ["open"] else f"Nothing is {' or '.join(wanted)}."


def _steer(
    connection: psycopg.Connection, ids: Sequence[str], action: str, console: Console
) -> int:
    steer, done = {"retry": (retry, "waits again"), "cancel": (cancel, "is cancelled")}[action]
    refused = 0
    for identity in ids:
        problem = steer(connection, identity)
        if problem is None:
            console.say(f"  {identity[:SHORT_ID]} {done}")
        else:
            refused += 1
            console.warn(f"{identity[:SHORT_ID]} stays as it is: {problem}")
    return 1 if refused else 0
