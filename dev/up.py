"""`python3 dev up`: start everything, print the addresses, and stop it all on Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.running import Addresses, AlreadyRunningError, RunFile, held
from dev.settings_file import local_settings, usable
from dev.stack import running_stack
from lib.chat.catalogue import GEMINI_CARD, OFFLINE_CARD, read_catalogue, usable_cards

SIGNAL_SECONDS = 0.1  # in which a signal that was sent is surely heard
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Run the stack until it is told to stop."""
    argparse.ArgumentParser(
        prog="python3 dev up",
        description="Start Halley and everything around it on this machine: Postgres, PostgREST, "
        "the functions, their ticks, the music worker, the dashboard and the playground. A .env "
        "file with SUPABASE_URL, or with a model's key such as GEMINI_API_KEY, has the hosted "
        "ones used instead.",
    ).parse_args(arguments)
    checkout = Checkout.here()
    console = Console()
    try:
        with held(checkout) as run_file:
            return asyncio.run(_run(checkout, console=console, run_file=run_file))
    except AlreadyRunningError as error:
        console.say(error.message)
        if error.addresses is None:
            console.say("It is just starting.")
        else:
            _show(error.addresses, checkout=checkout, console=console)
        return 0


async def _run(checkout: Checkout, *, console: Console, run_file: RunFile) -> int:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine always runs in one
    stopping = Stopping(task, console)
    loop = asyncio.get_running_loop()
    for sign in STOP_SIGNALS:
        loop.add_signal_handler(sign, stopping)
    try:
        async with running_stack(
            checkout, console=console, run_file=run_file, with_music=True
        ) as addresses:
            console.say()
            _show(addresses, checkout=checkout, console=console)
            console.say()
            console.say(
                console.faint("  Ctrl-C stops it. The data stays; python3 dev reset clears it.")
            )
            await asyncio.Event().wait()
    except (asyncio.CancelledError, StackError):
        # Ctrl-C reaches the programs that we wait for as well, and theirs may be the first word.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(SIGNAL_SECONDS)
        if not stopping.is_asked:
            raise
    console.say("  Stopped.")
    return 0


class Stopping:
    """Ends the stack's task at the first signal; later ones change nothing, it is ending."""

    def __init__(self, task: asyncio.Task[int], console: Console) -> None:
        self._task = task
        self._console = console
        self.is_asked = False

    def __call__(self) -> None:
        if not self.is_asked:
            self.is_asked = True
            self._console.say("\n  Stopping …")
            self._task.cancel()


def _show(addresses: Addresses, *, checkout: Checkout, console: Console) -> None:
    is_hosted = addresses.database is None
    entry = "sign in with Discord" if is_hosted else "one click signs the local admin in"
    rows = [
        ("Dashboard", console.strong(addresses.dashboard), entry),
        (
            "Playground",
            console.strong(addresses.playground),
            "type /ask there, or /play",
        ),
        ("Functions", addresses.functions, ""),
    ]
    if is_hosted:
        rows.append(("Supabase", addresses.supabase, "the hosted one, from SUPABASE_URL"))
    else:
        rows.append(("Supabase", addresses.supabase, "keys in .halley/keys.json"))
        rows.append(("Database", str(addresses.database), "its password is there, too"))
    rows.append(("Answers", *answering(checkout, local_settings(checkout))))
    console.table([(name, f"{where}  {console.faint(note)}") for name, where, note in rows])


def answering(checkout: Checkout, environment: Mapping[str, str]) -> tuple[str, str]:
    """The model that answers whoever has not chosen one, and by which key."""
    card = usable_cards(read_catalogue(checkout.models).cards, usable(environment))[0]
    if card == OFFLINE_CARD:
        return "offline model", f"with a model's key in .env, such as {GEMINI_CARD.key}, a real one"
    return card.name, f"by {card.key}" if card.key else "without a key"
