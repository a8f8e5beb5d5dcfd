"""`python3 dev register`: tell Discord which commands there are."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.registration import CommandRegistrar, Difference, compare, declared
from dev.settings_file import local_settings, usable

NOTHING_TO_DO = "Discord already has exactly these commands."


def main(arguments: Sequence[str]) -> int:
    """Show what changes, then put the whole set, unless it is a dry run."""
    options = _parse(arguments)
    console = Console()
    settings = usable(local_settings(Checkout.here()))
    if settings.discord_application_id is None or settings.discord_bot_token is None:
        raise StackError(
            "DISCORD_APPLICATION_ID and DISCORD_BOT_TOKEN are needed, in the environment or in"
            " .env; docs/deploy.md tells where to find them."
        )
    registrar = CommandRegistrar(
        settings.discord_api_url,
        settings.discord_application_id,
        settings.discord_bot_token.reveal(),
        guild_id=options.guild,
    )
    wanted = declared(guild_id=options.guild)
    difference = compare(registrar.registered(), wanted)
    place = f"in server {options.guild}" if options.guild else "everywhere"
    _show(difference, console)
    if options.dry_run:
        console.say("A dry run: nothing was sent.")
        return 0
    registrar.put(wanted)
    console.say(f"{len(wanted)} commands are registered {place}.")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev register",
        description="Show what would change against what Discord has, then register every command.",
    )
    parser.add_argument(
        "--guild", metavar="ID", type=_snowflake, help="in this server only, for trying things out"
    )
    parser.add_argument("--dry-run", action="store_true", help="show, and send nothing")
    return parser.parse_args(arguments)


def _snowflake(value: str) -> str:
    """A server's id; an empty one, as from an unset variable, must not mean everywhere."""
    if not (value.isascii() and value.isdigit()):
        raise argparse.ArgumentTypeError("a server's id is digits only")
    return value


def _show(difference: Difference, console: Console) -> None:
    for name in difference.added:
        console.say(f"  + {name}")
    for name, fields in difference.changed.items():
        console.say(f"  ~ {name}  {console.faint(', '.join(fields))}")
    for name in difference.removed:
        console.say(f"  - {name}")
    if not (difference.added or difference.changed or difference.removed):
        console.say(NOTHING_TO_DO)
    elif difference.unchanged:
        console.say(console.faint(f"  = {', '.join(difference.unchanged)}"))
