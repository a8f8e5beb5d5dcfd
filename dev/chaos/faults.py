"""What is done to the queue while it works. Each fault strikes again and again, and counts."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final

from dev.chaos.crew import Crew
from dev.chaos.database import Database
from dev.chaos.drainer import LEASE_SECONDS
from dev.chaos.ground import Ground
from dev.errors import StackError

POOL: Final = 20  # dev/postgrest.py
_MOST_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.05
_TERMINATE: Final = """
select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()
"""
_COUNT_HELD: Final = """
select count(*) from pg_stat_activity
  where state = 'active' and usename = 'authenticator' and query like '%chaos_hold%'
"""


class Strike(StrEnum):
    """What is counted."""

    RESTART = "restarts"
    SESSION = "sessions"
    FREEZE = "freezes"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault may lay hands on. `count` is how many commands there will be."""

    ground: Ground
    crew: Crew
    chance: Random
    count: int
    is_short: bool
    strikes: Counter[Strike] = field(default_factory=Counter)

    @property
    def database(self) -> Database:
        return self.ground.database

    async def has_come_to(self, share: float) -> None:
        """Return when this share of the commands has had its effect."""
        while await self.share_done() < share:
            await asyncio.sleep(_PAUSE_SECONDS)

    async def share_done(self) -> float:
        return await self.database.number("select count(*) from chaos.effects") / self.count

    def moments(self, *, short: int, full: int) -> list[float]:
        """So many shares of the work, spread at random from its beginning to its end."""
        times = short if self.is_short else full
        return [(number + self.chance.uniform(0.1, 0.9)) / (times + 0.5) for number in range(times)]


Fault = Callable[[Scene], Coroutine[None, None, None]]


async def restart_postgres(scene: Scene) -> None:
    """Stop the database: in order, at once, and by killing its first process; start it anew."""
    ways = [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]
    scene.chance.shuffle(ways)
    for turn, moment in enumerate(scene.moments(short=1, full=4)):
        await scene.has_come_to(moment)
        await scene.ground.postmaster.end(ways[turn % len(ways)])
        scene.strikes[Strike.RESTART] += 1


async def kill_backends(scene: Scene) -> None:
    """End every session of the database, several times in a row."""
    for moment in scene.moments(short=2, full=12):
        await scene.has_come_to(moment)
        scene.strikes[Strike.SESSION] += await scene.database.number(_TERMINATE)


async def exhaust_the_pool(scene: Scene) -> None:
    """Hold every connection that the API has, for longer than its callers wait."""
    for moment in scene.moments(short=1, full=3):
        await scene.has_come_to(moment)
        held = 0
        for _ in range(_MOST_TRIES):
            held = await _hold_all(scene)
            if held == POOL:
                break
        else:
            raise StackError(f"Only {held} of the API's {POOL} connections could be held.")
        scene.strikes[Strike.HELD] += held


async def _hold_all(scene: Scene) -> int:
    """How many could be held at once: not all where another fault has cut one off."""
    holds = [
        asyncio.create_task(scene.ground.hold_a_connection(scene.chance.uniform(5.5, 7)))
        for _ in range(POOL)
    ]
    held = 0
    while not all(hold.done() for hold in holds) and held < POOL:
        held = max(held, await scene.database.number(_COUNT_HELD))
        await asyncio.sleep(_PAUSE_SECONDS)
    await asyncio.gather(*holds)
    return held


async def kill_drainers(scene: Scene) -> None:
    """Kill a drainer, whichever, now and then."""
    for moment in scene.moments(short=3, full=16):
        await scene.has_come_to(moment)
        await asyncio.sleep(scene.chance.uniform(0, 0.2))
        await scene.crew.kill(scene.chance.randrange(scene.crew.size))


async def freeze_drainers(scene: Scene) -> None:
    """Have a drainer stand still until others have taken what it held, and go on then."""
    for moment in scene.moments(short=1, full=6):
        await scene.has_come_to(moment)
        seconds = LEASE_SECONDS + scene.chance.uniform(1, 3)
        await scene.crew.freeze(scene.chance.randrange(scene.crew.size), seconds=seconds)
        scene.strikes[Strike.FREEZE] += 1


async def let_no_drainer_live(scene: Scene) -> None:
    """Give every drainer a moment to live, and the one after it, until so many are dead."""
    lives = 3 if scene.is_short else 25

    async def haunt(number: int, chance: Random) -> None:
        for _ in range(lives):
            await scene.crew.has_begun(number)
            await asyncio.sleep(chance.uniform(0.05, 1.0))
            await scene.crew.kill(number)

    async with asyncio.TaskGroup() as group:
        for number in range(scene.crew.size):
            group.create_task(haunt(number, Random(scene.chance.random())))  # noqa: S311
