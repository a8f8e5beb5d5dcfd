"""Keeping a guild's session in the database: the newest of it, in its own time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import chain, repeat
from typing import Final

from lib.logs import get_logger
from lib.ports import StoreError
from lib.ports.player import Play, QueuedTrack, SessionStore
from worker.player import Player
from worker.tasks import spawn
from worker.threads import Threads

log = get_logger(__name__)

SETTLED_SECONDS: Final = 2.0
"""What waits for a change to be kept waits no longer than this: the music goes on without."""
PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 5.0)
"""Between tries, while the database is away."""


class SessionKeeper:
    """A Keeper (see worker.player_ports) over the database.

    `on_lost` is called when another run of a worker turns out to hold the guild.
    """

    def __init__(
        self,
        store: SessionStore,
        threads: Threads,
        *,
        run: str,
        player: Player,
        on_lost: Callable[[], object],
        is_kept: bool = False,
    ) -> None:
        self._store = store
        self._threads = threads
        self._run = run
        self._player = player
        self._on_lost = on_lost
        self._plays: deque[Play] = deque()
        self._is_changed = self._is_queue_changed = False
        self._kept_queue: tuple[QueuedTrack, ...] | None = None  # unless it is not known
        self._is_dropped = False
        self._is_kept = is_kept
        self._saving: asyncio.Task[None] | None = None

    @property
    def is_kept(self) -> bool:
        return self._is_kept and not self._is_dropped

    def note(self, *, queue: bool = False, play: Play | None = None) -> None:
        if self._is_dropped:
            return
        self._is_changed = True
        self._is_queue_changed = self._is_queue_changed or queue
        if play is not None:
            self._plays.append(play)
        if self._saving is None:
            self._saving = spawn(self._save())

    async def settled(self) -> None:
        saving = self._saving
        if saving is not None:
            await asyncio.wait([saving], timeout=SETTLED_SECONDS)

    async def end(self) -> None:
        saving = self._saving
        self.drop()
        if saving is not None:
            await asyncio.wait([saving])
        for pause_seconds in chain(PAUSES_SECONDS, repeat(PAUSES_SECONDS[-1])):
            try:
                await self._threads.asked(
                    self._store.end_session, run=self._run, guild_id=self._player.guild_id
                )
            except StoreError as error:
                log.warning("session_not_ended", operation=error.operation, code=error.code)
                await asyncio.sleep(pause_seconds)
            else:
                return

    def drop(self) -> None:
        self._is_dropped = True
        self._is_changed = self._is_queue_changed = False
        self._plays.clear()

    async def _save(self) -> None:
        """Until nothing is left to be kept."""
        tries = 0
        while self._is_changed or self._is_queue_changed:
            try:
                is_held = await self._save_once()
            except StoreError as error:
                log.warning("session_not_kept", operation=error.operation, code=error.code)
                pause_seconds = PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)]
                tries += 1
                await asyncio.sleep(pause_seconds)
                continue
            tries = 0
            if not is_held and not self._is_dropped:
                self.drop()
                self._on_lost()
        self._saving = None

    async def _save_once(self) -> bool:
        """False: the guild is another's. What fails stays to be kept."""
        session = self._player.session()
        was_changed, self._is_changed = self._is_changed, False
        play = self._plays[0] if self._plays else None
        try:
            if was_changed and session is not None:
                if not await self._threads.asked(
                    self._store.save_session, run=self._run, session=session, play=play
                ):
                    return False
                self._is_kept = True
                if play is not None and self._plays and self._plays[0] is play:
                    self._plays.popleft()
                    self._is_changed = self._is_changed or bool(self._plays)
        except StoreError:
            self._is_changed = not self._is_dropped
            self._kept_queue = None  # who knows what happened to it meanwhile
            raise
        return await self._save_queue()

    async def _save_queue(self) -> bool:
        if not self._is_queue_changed or self._player.session() is None:
            self._is_queue_changed = False
            return True
        self._is_queue_changed = False
        queue = tuple(self._player.queue)
        if queue == self._kept_queue:  # all of it is sent each time: up to 150 kB
            return True
        self._kept_queue = None
        try:
            is_held = await self._threads.asked(
                self._store.save_queue, run=self._run, guild_id=self._player.guild_id, queue=queue
            )
        except StoreError:
            self._is_queue_changed = not self._is_dropped
            raise
        self._kept_queue = queue
        return is_held
