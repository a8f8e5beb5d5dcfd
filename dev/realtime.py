"""The local stand-in for Supabase's Realtime: Postgres Changes, to whoever may see the row.

As hosted: an insert or update is told to those whom the table's policies show the row as it is now;
a delete is told to all who may read the table, and names nothing but the row's key. Nothing is told
twice: who was away reads the tables anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from itertools import groupby

import psycopg
from aiohttp import web

from dev.keyring import Keyring, Refusal
from dev.keys import JsonObject, claims_of
from dev.realtime_changes import Action, Change, ChangeFeed
from dev.realtime_rows import Audience, RowReader
from dev.realtime_socket import Channel, Socket

PATH = "/realtime/v1/websocket"
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 8.0
"""How long a page waits to be told of changes, below the ten seconds after which it gives up."""
RETRY_SECONDS = 0.5
STEADY_SECONDS = 3.0
"""How long changes must be read again before that is said: a database may end over and over."""
ROLES = frozenset(("anon", "authenticated", "service_role"))
log = logging.getLogger("realtime")


class Realtime:
    """The server. It reads the database's log only while somebody listens."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._sockets: set[Socket] = set()
        self._is_away = False
        self._is_in_trouble = False
        self._is_wanted = asyncio.Event()
        self._is_reading = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add_to(self, app: web.Application, keyring: Keyring) -> None:
        """Take the path."""

        async def serve(request: web.Request) -> web.StreamResponse:
            key, _ = keyring.opened(request, in_address=True)
            if self._is_away:
                raise web.HTTPServiceUnavailable
            socket = Socket(
                request, host=self, key=key, claims_of=lambda token: _claims(keyring, token)
            )
            self._sockets.add(socket)
            try:
                return await socket.run()
            finally:
                self._sockets.discard(socket)

        async def cut_all(_: web.Application) -> None:
            self._cut_all()

        app.router.add_get(PATH, serve)
        app.on_shutdown.append(cut_all)  # nobody waits for pages that stay open
        app.cleanup_ctx.append(self._running)

    def go_away(self) -> None:
        """Be as one that is down, for tests: cut every line and take none. From any thread."""
        self._from_any_thread(away=True)

    def come_back(self) -> None:
        """Take connections again."""
        self._from_any_thread(away=False)

    async def ready(self) -> bool:
        """Wait until changes are read; False: they cannot be."""
        self._is_wanted.set()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._is_reading.wait()
        except TimeoutError:
            return False
        return True

    def _from_any_thread(self, *, away: bool) -> None:
        def change() -> None:
            self._is_away = away
            if away:
                self._cut_all()

        if self._loop is not None:
            self._loop.call_soon_threadsafe(change)

    def _cut_all(self) -> None:
        for socket in self._sockets:
            socket.abort()

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._read())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _read(self) -> None:
        while True:
            await self._is_wanted.wait()
            try:
                await self._read_while_wanted()
            except psycopg.Error as error:
                if not self._is_in_trouble:  # once, however often it is tried in vain
                    log.warning("changes cannot be read for now: %s", error)
                    self._is_in_trouble = True
                self._cut_all()  # what changed meanwhile is told to nobody: they read it anew
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_while_wanted(self) -> None:
        async with (
            ChangeFeed.opened(self._database_url) as feed,
            RowReader.opened(self._database_url) as reader,
        ):
            self._is_reading.set()
            opened = time.monotonic()
            try:
                while self._has_subscriptions():
                    began = time.monotonic()
                    async for changes in feed.batches():
                        await self._tell(changes, reader)
                    if self._is_in_trouble and began - opened >= STEADY_SECONDS:
                        log.warning("changes are read again")
                        self._is_in_trouble = False
                    # After very much at once the log is slow to read for a while; rest as long.
                    await asyncio.sleep(max(POLL_SECONDS, time.monotonic() - began))
                self._is_wanted.clear()
            finally:  # at once: who comes from now on has to wait for the next feed
                self._is_reading.clear()

    def _has_subscriptions(self) -> bool:
        return any(channel.subscriptions for _, channel in self._listeners())

    def _listeners(self) -> list[tuple[Socket, Channel]]:
        return [(socket, channel) for socket in self._sockets for channel in socket.channels]

    async def _tell(self, changes: Sequence[Change], reader: RowReader) -> None:
        for _, same in groupby(changes, lambda one: (one.table, one.action)):
            group = list(same)
            audiences: dict[Audience, list[tuple[Socket, Channel]]] = defaultdict(list)
            for socket, channel in self._listeners():
                if any(_numbers(channel, change) for change in group):
                    audiences[channel.audience].append((socket, channel))
            for audience, listeners in audiences.items():
                rows = await _seen(group, audience, reader)
                for number in sorted(rows):
                    for socket, channel in listeners:
                        _push(socket, channel, group[number], rows[number])
                    await asyncio.sleep(0)  # for those who take it at once to do so


async def _seen(
    changes: Sequence[Change], audience: Audience, reader: RowReader
) -> dict[int, JsonObject]:
    """The rows that an audience is told of, by their places; of deleted ones nothing is left."""
    table = changes[0].table
    if changes[0].action is not Action.DELETE:
        return await reader.rows(table, [change.key for change in changes], audience)
    may_read = await reader.may_read(table, audience)
    return {number: {} for number in range(len(changes))} if may_read else {}


def _push(socket: Socket, channel: Channel, change: Change, row: JsonObject) -> None:
    """Tell a channel, if what it asked for is this row."""
    numbers = _numbers(channel, change)
    if not numbers:
        return
    data: JsonObject = {
        "schema": change.table.schema,
        "table": change.table.name,
        "commit_timestamp": change.committed_at.isoformat().replace("+00:00", "Z"),
        "type": change.action.value,
        "columns": [{"name": one.name, "type": one.type} for one in change.table.columns],
        "errors": None,
    }
    if change.action is not Action.DELETE:
        data["record"] = row
    if change.action is not Action.INSERT:
        data["old_record"] = change.old_key
    socket.push(channel, "postgres_changes", {"ids": numbers, "data": data})


def _numbers(channel: Channel, change: Change) -> list[int]:
    """The subscriptions of a channel that are about a change."""
    return [one.number for one in channel.subscriptions if one.is_about(change)]


def _claims(keyring: Keyring, token: str) -> JsonObject | None:
    """What a key or a user's token stands for; None for one that opens nothing."""
    try:
        found = claims_of(keyring.token_for(token), secret=keyring.jwt_secret, now=time.time())
    except Refusal:
        return None
    return found if found is not None and found.get("role") in ROLES else None
