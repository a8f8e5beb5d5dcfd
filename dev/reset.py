"""`python3 dev reset`: forget the local database, its keys and its logs. What was installed stays.

Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import Sequence

from dev.accounts import shared_folder
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.leftovers import end_leftover_postgres
from dev.running import AlreadyRunningError, end_leftovers, held


def main(arguments: Sequence[str]) -> int:
    """Clear it, unless the stack is running."""
    argparse.ArgumentParser(
        prog="python3 dev reset",
        description="Delete the local database, its keys and its logs. What was installed stays, "
        "and so does .env.",
    ).parse_args(arguments)
    checkout = Checkout.here()
    try:
        with held(checkout):
            asyncio.run(_clear(checkout))
    except AlreadyRunningError:
        raise StackError("Halley is running in this checkout. Stop it first (Ctrl-C).") from None
    Console().say("The local database, its keys and its logs are gone.")
    return 0


async def _clear(checkout: Checkout) -> None:
    data = checkout.home / "postgres"
    staged = shared_folder(checkout, data)
    await end_leftovers(checkout)
    for folder in (data, staged / "data"):
        await end_leftover_postgres(folder)
    for folder in (data, staged, checkout.logs):
        shutil.rmtree(folder, ignore_errors=True)
    checkout.keys.unlink(missing_ok=True)
