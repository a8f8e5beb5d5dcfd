"""The scenarios of deferred answers: the process dies on the way, and the user sees one answer.

Discord is the simulator's, the functions are real processes. A lease is let run out by SQL rather
than waited for, and so are the fifteen minutes of a token.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from dev.chaos.database import PATIENCE_SECONDS, Database
from dev.chaos.deaths import DEATH_VARIABLE, Death
from dev.chaos.functions import DOOMED, Functions, kill, tick
from dev.chaos.ground import Ground
from dev.console import Console
from dev.errors import StackError
from dev.function_process import function_environment
from dev.ports import listen_near
from dev.processes import Process, plain_environment, tail
from dev.simulator.running import RunningSimulator
from dev.simulator.world import OWNER_ID, User

PROMPT: Final = "Tell me something long"
FIRST_USER: Final = 1190000000000000000
WINDOW_SECONDS: Final = 0.4
"""How long after the acknowledgement a cold function's row may not be there yet."""
ANSWER_SECONDS: Final = 3.5
_AT_ONCE: Final = 8
_PAUSE_SECONDS: Final = 0.02
_OPEN: Final = """
select id from public.command_queue where status = 'processing' and command = 'answer' order by seq
"""
_ATTEMPTS: Final = "select sum(attempts) from public.command_queue where command = 'answer'"
_LAPSE: Final = """
update public.command_queue set locked_until = now() where id = %s returning lease_id
"""
_LEASE: Final = "select lease_id from public.command_queue where id = %s"
_EXPIRE: Final = """
update public.command_queue set expires_at = now(), locked_until = now() where id in (
  select command_id from public.command_secrets where interaction ->> 'id' = %s)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One interaction, and when its function died; None: so many seconds after the
    acknowledgement.
    """

    interaction_id: str
    death: Death | None
    after_seconds: float = 0.0
    is_expired: bool = False

    @property
    def is_aimed_at_the_window(self) -> bool:
        """Whether it died before the row, or may have."""
        return self.death is Death.BEFORE_ROW or (
            self.death is None and self.after_seconds <= WINDOW_SECONDS
        )


class AnswerTrial:
    """Asks and lets die, then recovers."""

    def __init__(self, ground: Ground, discord: RunningSimulator) -> None:
        self._ground = ground
        self._discord = discord
        self._one_at_a_time = asyncio.Lock()
        self._environment = function_environment(
            ground.supabase.keys,
            settings={**plain_environment(), "LOG_LEVEL": "INFO"},
            discord_api_url=discord.api_url,
            owner_id=OWNER_ID,
            supabase=ground.environment,
            log_file=ground.folder / "functions.debug.log",
        )
        self._numbers = count()
        self.asked: list[Asked] = []

    async def ask_and_die(self, death: Death, *, is_expired: bool = False) -> None:
        """Ask a function that ends itself at this moment."""
        async with (
            self._functions(str(death), root=DOOMED) as functions,
            functions.running({DEATH_VARIABLE: death}) as process,
        ):
            interaction_id = await self._ask(functions.url)
            await _has_died(process)
        self.asked.append(Asked(interaction_id, death, is_expired=is_expired))

    async def ask_and_kill(self, *, after_seconds: float) -> None:
        """Ask the deployed function, and kill it so long after it has acknowledged."""
        async with self._functions("killed") as functions, functions.running() as process:
            interaction_id = await self._ask(functions.url)
            await asyncio.sleep(after_seconds)
            kill(process)
            await process.wait()
        self.asked.append(Asked(interaction_id, None, after_seconds))

    async def recover(self) -> int:
        """Let the leases run out and have a fresh function drain; how often a further tick tries.

        Rows are let go one by one, each to a tick of its own, as answers take their time.
        """
        for asked in self.asked:
            if asked.is_expired:
                await self._database.ask(_EXPIRE, (asked.interaction_id,))
        async with self._functions("recovering") as functions, functions.running():
            cron_secret = self._ground.supabase.keys.cron_secret
            await tick(functions.url, cron_secret)
            rows = [row_id for (row_id,) in await self._database.ask(_OPEN)]
            for start in range(0, len(rows), _AT_ONCE):
                async with asyncio.TaskGroup() as group:
                    for row_id in rows[start : start + _AT_ONCE]:
                        group.create_task(self._hand_over(row_id, functions.url))
            attempts = await self._database.number(_ATTEMPTS)
            await tick(functions.url, cron_secret)
            return await self._database.number(_ATTEMPTS) - attempts

    async def _hand_over(self, row_id: object, url: str) -> None:
        async with self._one_at_a_time:
            ((lease_id,),) = await self._database.ask(_LAPSE, (row_id,))
            draining = asyncio.create_task(tick(url, self._ground.supabase.keys.cron_secret))
            while not draining.done() and await self._lease_is(lease_id, row_id):
                await asyncio.sleep(_PAUSE_SECONDS)
        await draining

    async def _lease_is(self, lease_id: object, row_id: object) -> bool:
        return await self._database.ask(_LEASE, (row_id,)) == [(lease_id,)]

    @property
    def _database(self) -> Database:
        return self._ground.database

    async def _ask(self, url: str) -> str:
        """Ask as somebody who never did, and return when they have been told to wait.

        Whoever asks again has a conversation, and another answer.
        """
        async with self._one_at_a_time:
            self._discord.interactions_url = f"{url}/api/interactions"
            interaction_id = self._discord.send_command(
                "ask",
                {"prompt": PROMPT},
                locale="en-US",
                user=self._somebody_new(),
            )
            await asyncio.to_thread(
                self._discord.wait_for, interaction_id, lambda seen: seen.is_thinking
            )
            return interaction_id

    def _somebody_new(self) -> User:
        number = next(self._numbers)
        return User(str(FIRST_USER + number), f"guest_{number}", None, "en-US")

    @asynccontextmanager
    async def _functions(self, name: str, root: Path | None = None) -> AsyncIterator[Functions]:
        checkout = self._ground.checkout.root
        with listen_near(0, name="the functions", console=Console(quiet=True)) as listener:
            yield Functions(
                checkout=checkout,
                root=root or checkout,
                environment=self._environment,
                log=self._ground.folder / f"functions {name}.log",
                listener=listener,
            )


async def _has_died(process: Process) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.wait()
    except TimeoutError:
        log = process.program.log
        raise StackError(f"A function was to die and did not: {log.stem}.", tail(log)) from None
