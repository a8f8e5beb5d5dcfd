"""`python3 dev worker`: the voice worker alone, for a bot on Discord, by the settings of `.env`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.settings_file import local_settings, usable
from dev.worker_environment import worker_python
from dev.worker_process import MODULE
from lib.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Become the worker; its exit status is this command's."""
    argparse.ArgumentParser(
        prog="python3 dev worker",
        description="Play music for a bot on Discord: the voice worker alone, by the settings of "
        ".env or the environment. It needs DISCORD_BOT_TOKEN, SUPABASE_URL and SUPABASE_SECRET_KEY;"
        " with DATABASE_URL orders reach it at once. For the playground there is a worker in "
        "python3 dev up. Ctrl-C ends it, and what plays goes on where it was when it is back.",
    ).parse_args(arguments)
    checkout = Checkout.here()
    environment = local_settings(checkout)
    if missing := what_is_missing(usable(environment)):
        raise StackError(
            f"The worker needs {', '.join(missing)}: put it into .env.",
            ["For the playground, python3 dev up has a worker of its own."],
        )
    python = str(worker_python(checkout, console=Console()))
    os.chdir(checkout.root)
    os.execve(python, [python, "-m", MODULE], dict(environment))  # noqa: S606


def what_is_missing(settings: Settings) -> list[str]:
    """The names of settings without which no worker can play."""
    needed = {
        "DISCORD_BOT_TOKEN": settings.discord_bot_token,
        "SUPABASE_URL": settings.supabase_url,
        "SUPABASE_SECRET_KEY": settings.supabase_key,
    }
    return [name for name, value in needed.items() if value is None]
