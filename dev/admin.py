"""`python3 dev admin`: who sees the dashboard, and acts there."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial

from dev.admin_rows import Admins, DatabaseAdmins, HostedAdmins
from dev.checkout import Checkout
from dev.console import Console
from dev.databases import HELP, Database, add_database_option, addressed_database, on_database
from dev.errors import StackError
from dev.settings_file import hosted_address, local_settings, usable
from dev.simulator.world import OWNER_ID
from lib.settings import Settings

MOST_DIGITS = 20


def main(arguments: Sequence[str]) -> int:
    """Add, list or remove them; 1 if somebody to remove was not there."""
    options = _parse(arguments)
    checkout, console = Checkout.here(), Console()
    environment = local_settings(checkout)
    settings = usable(environment)
    addressed = addressed_database(options, checkout)
    # The playground's owner is nobody of any other database.
    is_ours = addressed is None and not hosted_address(environment)
    ids = _ids(options, settings.owner_ids or {OWNER_ID} if is_ours else settings.owner_ids)
    work = partial(_do, options.action, ids, console)
    if addressed is None and not is_ours:
        return work(_hosted(settings), "the hosted project of SUPABASE_URL")

    def on(database: Database) -> int:
        return work(DatabaseAdmins(database.url), database.name)

    return on_database(options, on, checkout=checkout, console=console)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev admin",
        description="Say who sees the dashboard and acts there, by their Discord ids. Where .env"
        f" has SUPABASE_URL and SUPABASE_SECRET_KEY, that project is meant. {HELP}",
        epilog="In Discord, Settings, Advanced, Developer Mode has a right click on somebody offer"
        " to copy their id.",
    )
    add_database_option(parser)
    actions = parser.add_subparsers(dest="action", metavar="add | list | remove", required=True)
    add = actions.add_parser("add", help="let people in")
    add.add_argument(
        "ids", metavar="ID", nargs="*", type=_discord_id, help="default: those of OWNER_IDS"
    )
    listing = actions.add_parser("list", help="all who may")
    remove = actions.add_parser("remove", help="let them in no more")
    remove.add_argument("ids", metavar="ID", nargs="+", type=_discord_id)
    for action in (add, listing, remove):
        add_database_option(action, is_repeated=True)
    return parser.parse_args(arguments)


def _discord_id(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise argparse.ArgumentTypeError("a Discord id: digits only")
    return value


def _ids(options: argparse.Namespace, owners: Iterable[str]) -> list[str]:
    """Who is meant: those named, else the owners."""
    if options.action == "list":
        return []
    ids = list(dict.fromkeys(options.ids)) or sorted(owners)
    if not ids:
        raise StackError("Name a Discord id: python3 dev admin add ID, or set OWNER_IDS in .env")
    return ids


def _hosted(settings: Settings) -> Admins:
    if settings.supabase_url is None or settings.supabase_key is None:
        raise StackError("SUPABASE_URL is set, but no SUPABASE_SECRET_KEY: set it in .env, too.")
    return HostedAdmins(settings.supabase_url, settings.supabase_key.reveal())


def _do(action: str, ids: list[str], console: Console, admins: Admins, where: str) -> int:
    if action == "list":
        return _list(admins, where, console)
    is_adding = action == "add"
    changed = admins.add(ids) if is_adding else admins.remove(ids)
    done, already = (
        ("sees the dashboard now", "was in the list before")
        if is_adding
        else ("sees the dashboard no more", "was not in the list")
    )
    for one in ids:
        console.say(f"  {one} {done if one in changed else already}, in {where}.")
    return 0 if is_adding or set(ids) == set(changed) else 1


def _list(admins: Admins, where: str, console: Console) -> int:
    listed = admins.listed()
    if not listed:
        console.say(f"Nobody sees the dashboard of {where} yet: python3 dev admin add ID")
        return 0
    console.say(f"Who sees the dashboard of {where}:")
    console.table([(admin.discord_id, f"since {admin.since:%Y-%m-%d}") for admin in listed])
    return 0
