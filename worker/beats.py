"""The worker's heartbeat: that it lives, where its sessions are, and what it is told in return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lib.logs import get_logger
from lib.ports import StoreError
from lib.ports.player import BeatReading, SessionPosition, SessionStore
from lib.recording import recording
from worker.player import Player
from worker.players import Players
from worker.tasks import spawn
from worker.threads import Threads

log = get_logger(__name__)

IDLE_SECONDS: Final = 5.0
SOUNDING_SECONDS: Final = 1.5
"""While there is sound: whoever goes on after a worker was killed repeats no more than this."""


class Beats:
    """Beats until another run takes the name. `run` names this one, `name` the worker.

    `detail` tells what is to be known of the process; `may_adopt`, whether it can take sessions.
    """

    def __init__(
        self,
        store: SessionStore,
        threads: Threads,
        players: Players,
        *,
        name: str,
        run: str,
        detail: Callable[[], Mapping[str, object]],
        may_adopt: Callable[[], bool],
    ) -> None:
        self._store = store
        self._threads = threads
        self._players = players
        self.name = name
        self._run = run
        self._detail = detail
        self._may_adopt = may_adopt
        self._begins = True
        self._call: asyncio.Future[BeatReading] | None = None

    async def beat_on(self) -> None:
        """Comes back when another run has this worker's name: this one is to end."""
        while True:
            try:
                if not await self.beat():
                    return
            except StoreError as error:
                # The music needs no database; what changed is kept once it is there again.
                log.warning("beat_missed", operation=error.operation, code=error.code)
            await self._rest()

    async def _rest(self) -> None:
        """Until the next beat: soon where there is sound, and where it begins meanwhile."""
        rested = 0.0
        while rested < IDLE_SECONDS:
            pause = min(SOUNDING_SECONDS, IDLE_SECONDS - rested)
            await asyncio.sleep(pause)
            if self._players.is_sounding:
                return
            rested += pause

    async def beat(self) -> bool:
        """Say it once, and heed what comes back. False: another run has the name.

        Raises StoreError.
        """
        told = self._players.kept
        self._call = asyncio.ensure_future(
            self._threads.asked(
                self._store.beat_worker,
                name=self.name,
                run=self._run,
                every_seconds=round(IDLE_SECONDS),
                detail={"guilds": len(told), **self._detail()},
                sessions=_positions(told),
                begins=self._begins,
            )
        )
        reading = await asyncio.shield(self._call)
        self._begins = False
        if reading.replaced:
            log.warning("replaced", name=self.name)
            return False
        await self._heed(reading, told)
        return True

    async def end(self) -> None:
        """Let go of everything in order, so that others go on with it at once."""
        if self._call is not None:
            await asyncio.wait([self._call])  # after the end it would be a beginning
        with recording("the worker's end"):
            await self._threads.asked(self._store.end_worker, name=self.name, run=self._run)

    async def _heed(self, reading: BeatReading, told: Sequence[Player]) -> None:
        losing: list[asyncio.Task[None]] = []
        for player in told:
            # One that has ended since is lost to nobody.
            if player.guild_id in reading.lost and player.is_kept:
                losing.append(spawn(player.lose()))
            elif reading.forgotten:
                player.forget(reading.forgotten)
        if losing:
            await asyncio.wait(losing)
        if reading.free and self._may_adopt():
            await self._players.adopt()


def _positions(players: Sequence[Player]) -> list[SessionPosition]:
    sessions = [player.session() for player in players]
    return [
        SessionPosition(
            guild_id=session.guild_id,
            position_ms=session.position_ms,
            is_playing=session.is_playing,
        )
        for session in sessions
        if session is not None
    ]
