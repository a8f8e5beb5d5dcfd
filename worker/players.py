"""All players of this worker: one a guild, made when it is needed and gone when it has left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from lib.locales import Text
from lib.logs import get_logger
from lib.ports import StoreError
from lib.ports.player import AdoptedSession, MusicSettings, SessionStore
from worker.keeping import SessionKeeper
from worker.player import Player
from worker.tasks import spawn
from worker.threads import Threads

log = get_logger(__name__)

MOST_ADOPTED: Final = 5
"""Sessions that are taken at once, so that others get some too."""
LEAVING_SECONDS: Final = 6.0
"""What leaving in order may take."""
LOOK_SECONDS: Final = 0.02

MakePlayer = Callable[[str, Callable[[Player], None]], Player]
"""A player for a guild, and what it calls when it has left."""


class Players:
    """See the module. `run` names this run of the worker's process in the database."""

    def __init__(
        self, store: SessionStore, threads: Threads, make: MakePlayer, *, run: str
    ) -> None:
        self._store = store
        self._threads = threads
        self._make = make
        self._run = run
        self._players: dict[str, Player] = {}
        self._restoring: dict[str, asyncio.Task[None]] = {}
        self._is_ending = False

    def __len__(self) -> int:
        return len(self._players)

    def find(self, guild_id: str) -> Player | None:
        return self._players.get(guild_id)

    @property
    def kept(self) -> tuple[Player, ...]:
        """Those whose sessions the database knows."""
        return tuple(player for player in self._players.values() if player.is_kept)

    @property
    def is_sounding(self) -> bool:
        """Whether anything is to be heard anywhere."""
        return any(player.is_sounding for player in self._players.values())

    def new(self, guild_id: str, settings: MusicSettings) -> Player:
        """A player that is nowhere yet, as the guild likes it."""
        player = self._add(guild_id)
        player.set_volume(settings.volume)
        player.set_autoplay(on=settings.autoplay)
        return player

    async def hold(self, guild_id: str) -> Player | None:
        """The guild's player, restored if its session waits for a worker; None: nothing plays.

        Raises StoreError.
        """
        await self.wait_for_leaving(guild_id)
        if guild_id not in self._players:
            await self.adopt(limit=1, guild_id=guild_id)
        if (restoring := self._restoring.get(guild_id)) is not None:
            await asyncio.wait([restoring])
        return self._players.get(guild_id)

    async def adopt(self, *, limit: int = MOST_ADOPTED, guild_id: str | None = None) -> None:
        """Go on with sessions that nobody plays. Raises StoreError."""
        if self._is_ending:
            return
        adopted = await self._threads.asked(
            self._store.adopt_sessions, run=self._run, limit=limit, guild_id=guild_id
        )
        for one in adopted:
            guild = one.session.guild_id
            if guild in self._players:
                continue
            log.info("session_adopted", guild_id=guild, position_ms=one.session.position_ms)
            player = self._add(guild, is_kept=True)
            self._restoring[guild] = spawn(self._restore(player, one))

    async def _restore(self, player: Player, adopted: AdoptedSession) -> None:
        try:
            await player.restore(adopted)
        finally:
            self._restoring.pop(player.guild_id, None)

    async def lose_all(self) -> None:
        """Another process has this worker's name."""
        self._is_ending = True
        await asyncio.gather(*(player.lose() for player in tuple(self._players.values())))

    async def hand_over(self) -> None:
        """Leave everywhere in order, for others to go on."""
        self._is_ending = True
        leaving = [spawn(player.hand_over()) for player in self._players.values()]
        if leaving:
            await asyncio.wait(leaving, timeout=LEAVING_SECONDS)

    def reconnect(self) -> None:
        """All voices of this client have gone."""
        for player in tuple(self._players.values()):
            player.reconnect()

    def end(self, guild_id: str, text: Text | None = None) -> None:
        """The bot is no longer in that guild."""
        if (player := self._players.get(guild_id)) is not None:
            spawn(player.end(text))

    async def wait_for_leaving(self, guild_id: str) -> None:
        """Have no player be there that is only leaving: what comes after it may come.

        Raises StoreError where the session's end cannot be kept.
        """
        try:
            async with asyncio.timeout(LEAVING_SECONDS):
                while (player := self._players.get(guild_id)) is not None and player.is_over:
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise StoreError("end_session", "timed_out", "a session has not ended yet") from None

    def _add(self, guild_id: str, *, is_kept: bool = False) -> Player:
        player = self._make(guild_id, self._forget)
        keeper = SessionKeeper(
            self._store,
            self._threads,
            run=self._run,
            player=player,
            on_lost=lambda: spawn(player.lose()),
            is_kept=is_kept,
        )
        player.keep_with(keeper)
        self._players[guild_id] = player
        return player

    def _forget(self, player: Player) -> None:
        if self._players.get(player.guild_id) is player:
            del self._players[player.guild_id]
