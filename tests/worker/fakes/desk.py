"""Orders as a worker carries them out, with everything around them in memory."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

from lib.music.orders import PlayerCommand
from lib.ports.discord import DiscordAPI
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.worker.fakes.orders import QuietDiscord, Said, given
from tests.worker.fakes.scene import GUILD, Scene
from worker.asking import Replies
from worker.ending import DONE, Ending
from worker.orders import Orders
from worker.player import Player
from worker.players import Players
from worker.plays import Plays
from worker.threads import Threads

C = PlayerCommand
RUN = "a-run"


class Desk:
    """Orders with everything around them in memory."""

    def __init__(self, sound: Path) -> None:
        self.scene = Scene()
        self.scene.sounds.files = dict.fromkeys("abcd", sound)
        self.discord = QuietDiscord()
        self.store = MemoryPlayerStore(ManualClock())
        self.store.beat_worker(
            name="one", run=RUN, every_seconds=5, detail={}, sessions=(), begins=True
        )
        self.threads = Threads("test", count=1)
        self.players = Players(self.store, self.threads, self.scene.make, run=RUN)
        replies = Replies(cast("DiscordAPI", self.discord), self.threads)  # what it needs of one
        plays = Plays(
            self.players,
            sounds=self.scene.sounds,
            settings=self.store,
            replies=replies,
            threads=self.threads,
        )
        self.orders = Orders(
            self.players, plays, settings=self.store, replies=replies, threads=self.threads
        )

    @property
    def player(self) -> Player:
        player = self.players.find(GUILD)
        assert player is not None
        return player

    @property
    def last(self) -> Said:
        return self.discord.said[-1]

    async def give(self, command: PlayerCommand, **order: Any) -> Ending:  # noqa: ANN401 - as `given`
        return await self.orders.carry_out(given(command, **order))

    async def play(self, *titles: str, **order: Any) -> None:  # noqa: ANN401 - as `given`
        for title in titles:
            assert await self.give(C.PLAY, query=title, **order) is DONE

    async def close(self) -> None:
        if self.players.find(GUILD) is not None:
            await self.player.lose()
        self.threads.close()


AtTheDesk = Callable[[Callable[[Desk], Coroutine[object, object, None]]], None]
