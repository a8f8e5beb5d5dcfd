"""`python3 dev ask "..."`: one signed /ask from the shell, its reply as it comes, and its rows."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp

from dev.checkout import Checkout
from dev.console import Console
from dev.discord_times import readable
from dev.errors import StackError
from dev.keys import LocalKeys
from dev.playground_client import PlaygroundEvent, events_of, send_command, upload_file
from dev.recent_rows import SHOWN_COLUMNS, RecentRows
from dev.running import Addresses, AlreadyRunningError, held
from dev.settings_file import local_settings
from dev.simulator.world import small_world
from dev.stack import running_stack
from lib.jobs.answer import COOLING_DOWN
from lib.locales import Locale

LOADING = 1 << 7  # message flags, as Discord numbers them
EPHEMERAL = 1 << 6
REFUSED = "refused"  # the ledger's word for it
MESSAGE = 4  # the callback that answers at once; an answer that comes later is deferred by another
POLL_SECONDS = 0.3
QUIET_SECONDS = 4.0  # after which nothing more is awaited, where the tables do not tell
ANSWER_SECONDS = 180.0
TABLES_SECONDS = 5.0
MOST_PAUSES = 3
"""So often it asks again where the user is told to wait a moment: somebody else may ask as well."""
PEOPLE: Final = {person.username: person.id for person in small_world("").people}


def main(arguments: Sequence[str]) -> int:
    """Ask by the stack that runs here; without one, start one for it and stop it."""
    options = _parse(arguments)
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_ask(options, Checkout.here(), Console()))
    return 130


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev ask",
        description="Send one signed /ask, print the reply as it comes and the rows it made.",
    )
    parser.add_argument("prompt", nargs="?", help="the question; with a file it may be left out")
    parser.add_argument(
        "--file", metavar="PATH", type=Path, help="a picture, PDF, sound, text or code to ask about"
    )
    parser.add_argument(
        "--user",
        metavar="NAME",
        choices=list(PEOPLE),
        default=next(iter(PEOPLE)),
        help=f"who asks: {', '.join(PEOPLE)} (default: the first, who is the owner)",
    )
    parser.add_argument("--private", action="store_true", help="a reply only the user sees")
    parser.add_argument(
        "--locale",
        choices=[locale.value for locale in Locale],
        default=Locale.ENGLISH.value,
        help=f"the user's language: {' or '.join(Locale)} (default: {Locale.ENGLISH})",
    )
    options = parser.parse_args(arguments)
    if options.prompt is None and options.file is None:
        parser.error("a question is wanted, or a file")
    return options


async def _ask(options: argparse.Namespace, checkout: Checkout, console: Console) -> int:
    async with (
        _some_stack(checkout) as addresses,
        _sessions(checkout, addresses) as (
            playground,
            database,
        ),
    ):
        rows = await RecentRows.mark(database)
        values: dict[str, object] = {}
        if options.prompt is not None:
            values["prompt"] = options.prompt
        if options.file is not None:
            values["file"] = await upload_file(playground, options.file)
        if options.private:
            values["private"] = True
        reply = await _patiently_asked(playground, values, options, rows=rows, console=console)
        if reply.refused:
            console.say(console.faint("It was refused, for the reason above: nothing is broken."))
        elif rows.is_away:
            console.warn("The database did not answer: its rows are not shown.")
        else:
            await _show_rows(rows, console)
        has_failed = bool(await rows.of("command_queue", command="eq.answer", status="eq.failed"))
    return 1 if reply.failure or reply.refused or has_failed else 0


async def _patiently_asked(
    playground: aiohttp.ClientSession,
    values: Mapping[str, object],
    options: argparse.Namespace,
    *,
    rows: RecentRows,
    console: Console,
) -> Reply:
    """Ask, and where the reply is to wait a moment, wait and ask again."""
    reply = await _asked(playground, values, options, rows=rows, console=console)
    for _ in range(MOST_PAUSES):
        if reply.pause_seconds is None:
            break
        console.say(console.faint(f"Asking again in {reply.pause_seconds} s …"))
        await asyncio.sleep(reply.pause_seconds)
        reply = await _asked(playground, values, options, rows=rows, console=console)
    return reply


async def _asked(
    playground: aiohttp.ClientSession,
    values: Mapping[str, object],
    options: argparse.Namespace,
    *,
    rows: RecentRows,
    console: Console,
) -> Reply:
    """Ask once, and show the reply until it is whole."""
    interaction_id = await send_command(
        playground, "ask", options=values, locale=options.locale, user_id=PEOPLE[options.user]
    )
    reply = Reply(console, locale=Locale(options.locale))
    listening = asyncio.create_task(reply.follow(events_of(playground, interaction_id)))
    try:
        await _until_done(reply, rows, interaction_id=interaction_id)
    finally:
        listening.cancel()
    reply.end()
    return reply


@asynccontextmanager
async def _some_stack(checkout: Checkout) -> AsyncIterator[Addresses]:
    """The one that runs, or a quiet one of our own."""
    try:
        with held(checkout) as run_file:
            quiet = Console(quiet=True)
            async with running_stack(checkout, console=quiet, run_file=run_file) as addresses:
                yield addresses
    except AlreadyRunningError as error:
        if error.addresses is None:
            raise StackError("The stack is just starting. Try again in a moment.") from None
        yield error.addresses


@asynccontextmanager
async def _sessions(
    checkout: Checkout, addresses: Addresses
) -> AsyncIterator[tuple[aiohttp.ClientSession, aiohttp.ClientSession]]:
    """Sessions with the playground and with the tables."""
    key = LocalKeys.load_or_make(checkout.keys).secret_key
    if addresses.database is None:
        settings = local_settings(checkout)
        key = settings.get("SUPABASE_SECRET_KEY") or settings.get("SUPABASE_SERVICE_ROLE_KEY", "")
    headers = {"apikey": key} | (
        {} if key.startswith("sb_") else {"Authorization": f"Bearer {key}"}
    )
    endless = aiohttp.ClientTimeout(total=None, sock_connect=10)
    brief = aiohttp.ClientTimeout(total=TABLES_SECONDS)
    async with (
        aiohttp.ClientSession(addresses.playground, timeout=endless) as playground,
        aiohttp.ClientSession(addresses.supabase, headers=headers, timeout=brief) as database,
    ):
        yield playground, database


class Reply:
    """The messages of the reply, printed as they grow."""

    def __init__(self, console: Console, *, locale: Locale = Locale.ENGLISH) -> None:
        self._console = console
        self._locale = locale
        self._contents: dict[str, str] = {}
        self._loading: set[str] = set()
        self._last_event = 0.0
        self.failure: str | None = None
        self.refused = False

    @property
    def has_come(self) -> bool:
        """Whether anything but "thinking" was shown."""
        return bool(self._contents) and not self._loading

    @property
    def quiet_seconds(self) -> float:
        """How long nothing has come."""
        return asyncio.get_running_loop().time() - self._last_event

    @property
    def pause_seconds(self) -> int | None:
        """How long the user is asked to wait before asking again, if that is the reply."""
        before, after = COOLING_DOWN.in_(self._locale).split("{seconds}")
        wish = re.compile(f"{re.escape(before)}(\\d+){re.escape(after)}")
        found = [wish.fullmatch(content) for content in self._contents.values()]
        return next((int(match[1]) for match in found if match), None)

    async def follow(self, events: AsyncIterator[PlaygroundEvent]) -> None:
        """Show each event; returns when the playground goes away."""
        async for event in events:
            self._last_event = asyncio.get_running_loop().time()
            if event.kind == "message":
                self._show(event)
            elif event.kind == "acknowledged":
                # /ask answers at once only where it refuses, as in a foreign guild.
                self.refused = event.data.get("type") == MESSAGE
            elif event.kind == "failed":
                self.failure = (
                    f"{event.data.get('reason')} {event.data.get('detail') or ''}".strip()
                )
        self.failure = self.failure or "The playground went away."

    def end(self) -> None:
        """Close the last line, and say what went wrong if anything did."""
        self._console.say()
        if self.failure:
            self._console.fail(StackError(self.failure))

    def _show(self, event: PlaygroundEvent) -> None:
        message = event.data
        identity, flags = str(message["id"]), int(str(message.get("flags", 0)))
        if flags & LOADING:
            self._loading.add(identity)
            return
        self._loading.discard(identity)
        content = readable(
            str(message.get("content", "")), now=datetime.now(UTC), locale=self._locale
        )
        shown = self._contents.get(identity)
        if shown is None and flags & EPHEMERAL and not self._contents:
            self._console.say(self._console.faint("(only you can see this)"))
        if shown is None and self._contents:
            self._console.say()
        if shown is not None and not content.startswith(shown):
            self._console.say()  # it was rewritten rather than continued
            shown = ""
        self._console.put(content[len(shown or "") :])
        self._contents[identity] = content


async def _until_done(reply: Reply, rows: RecentRows, *, interaction_id: str) -> None:
    """Wait until it is written down how it ended, as it is for a refusal, with a row or without.

    Where that cannot be read, for the answer's row to end, or to be missing, and for a while in
    which nothing comes.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while not reply.failure and not reply.refused:
                await asyncio.sleep(POLL_SECONDS)
                outcome = await rows.outcome_of(interaction_id)
                made = await rows.of("command_queue", command="eq.answer")
                if outcome is not None:
                    reply.refused = outcome == REFUSED
                    break
                has_ended = all(row["status"] in {"completed", "failed"} for row in made)
                if has_ended and reply.has_come and reply.quiet_seconds > QUIET_SECONDS:
                    break
    except TimeoutError:
        reply.failure = f"The answer did not end in {ANSWER_SECONDS:.0f} s."


async def _show_rows(rows: RecentRows, console: Console) -> None:
    lines = [
        (table, console.faint(" · ").join(_told(row, columns, console)))
        for table, columns in SHOWN_COLUMNS.items()
        for row in await rows.of(table)
    ]
    if not lines:
        return
    console.say()
    console.table(lines)


def _told(row: dict[str, object], columns: tuple[str, ...], console: Console) -> list[str]:
    return [
        f"{console.faint(column)} {row[column]}" for column in columns if row[column] is not None
    ]
