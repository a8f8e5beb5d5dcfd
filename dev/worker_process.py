"""The voice worker as the supervisor sees it: its environment, its start, its renewal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import is_prepared
from dev.errors import StackError
from dev.function_process import WarningFilter
from dev.keepers import Keeper, OnStart
from dev.keys import LocalKeys
from dev.processes import Process, Program
from dev.trying import tried_out
from dev.worker_environment import WORKER, WorkerLayer, worker_python

NAME = "The music worker"
MODULE = "worker"
START_SECONDS = 60.0
LEAVE_SECONDS = 10.0
"""What a worker that is replaced has to hand its players over."""
STILL_PLAYING = "The worker of before goes on playing."

MakeEnvironment = Callable[[], Mapping[str, str]]
"""Reads the settings anew; raises StackError if they cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcess:
    """How to start the worker; by the database, whose address has what it takes, it is ready."""

    checkout: Checkout
    python: Path
    database_url: str
    environment: Mapping[str, str]
    on_warning: Callable[[str], None]

    async def start(self) -> Process:
        """Start it; returns when it takes orders."""
        try:
            async with await psycopg.AsyncConnection.connect(
                self.database_url, autocommit=True
            ) as connection:
                return await self._start(connection)
        except psycopg.Error as error:
            raise StackError(f"{NAME} cannot be waited for: the database is away.") from error

    async def _start(self, connection: psycopg.AsyncConnection) -> Process:
        before = await _beating(connection)

        async def is_there() -> bool:
            return bool(await _beating(connection) - before)

        process = await Process.start(
            Program(
                name=NAME,
                command=(str(self.python), "-m", MODULE),
                environment=self.environment,
                log=self.checkout.logs / "worker.log",
                cwd=self.checkout.root,
                on_line=WarningFilter(self.on_warning),
            )
        )
        await process.become_ready(is_there, within_seconds=START_SECONDS)
        return process


async def _beating(connection: psycopg.AsyncConnection) -> frozenset[str]:
    """The runs of workers that have said that they live."""
    found = await connection.execute(
        "select detail ->> 'run' from public.heartbeats where name like 'worker %'"
    )
    return frozenset(run for (run,) in await found.fetchall())


@dataclass(slots=True)
class KeptWorker:
    """The worker that runs, and what puts another one in its place."""

    worker: WorkerProcess
    keeper: Keeper
    console: Console
    environment: MakeEnvironment

    async def renew(self, *, with_packages: bool) -> None:
        """Have the code and the settings of now play on from where it is.

        Raises StackError if they cannot be used; then the one of before plays on.
        """
        checkout = self.worker.checkout
        if with_packages:
            await asyncio.to_thread(worker_python, checkout, console=self.console)
        worker = replace(self.worker, environment=self.environment())
        await tried_out(
            (str(worker.python), "-c", f"import {MODULE}.__main__"),
            root=checkout.root,
            environment=worker.environment,
            otherwise=STILL_PLAYING,
        )
        await self.keeper.replace(worker.start, patience_seconds=LEAVE_SECONDS)
        self.worker = worker


@dataclass(slots=True)
class Music:
    """What a stack has of music: the worker, once there is one."""

    worker: KeptWorker | None = None


@asynccontextmanager
async def playing(
    checkout: Checkout,
    *,
    database_url: str,
    environment: MakeEnvironment,
    console: Console,
    on_start: OnStart,
) -> AsyncIterator[Music]:
    """Keep a worker running while the body runs.

    Where it has to be installed first, which takes a while, the body begins before it is there.
    """
    music = Music()
    is_settled = asyncio.Event()

    async def play() -> None:
        try:
            async with _kept_worker(
                checkout,
                database_url=database_url,
                environment=environment,
                console=console,
                on_start=on_start,
            ) as music.worker:
                is_settled.set()
                await asyncio.Event().wait()
        except StackError as error:
            console.fail(error)
        finally:
            music.worker = None
            is_settled.set()

    task = asyncio.create_task(play())
    try:
        if is_prepared(checkout, (WorkerLayer.WORKER,), environment=WORKER):
            await is_settled.wait()
        else:
            console.say("  Music        its worker is being installed; all else is here.")
        yield music
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _kept_worker(
    checkout: Checkout,
    *,
    database_url: str,
    environment: MakeEnvironment,
    console: Console,
    on_start: OnStart,
) -> AsyncIterator[KeptWorker | None]:
    """One that runs while the body does.

    None where it cannot be installed or started: the stack does without music then, and says why.
    """
    try:
        python = await asyncio.to_thread(worker_python, checkout, console=console)
    except StackError as error:
        console.warn(f"No music: {error.message}")
        yield None
        return
    worker = WorkerProcess(
        checkout=checkout,
        python=python,
        database_url=database_url,
        environment=environment(),
        on_warning=console.relay,
    )
    keeper = Keeper(NAME, worker.start, console=console, on_start=on_start)
    async with AsyncExitStack() as stack:
        kept: KeptWorker | None = None
        with console.step("Music", "/play, in a voice channel of the playground") as step:
            try:
                await stack.enter_async_context(keeper)
            except StackError as error:
                step.problem = error.message
            else:
                kept = KeptWorker(worker, keeper, console, environment)
        yield kept


def worker_environment(
    keys: LocalKeys,
    *,
    settings: Mapping[str, str],
    discord: Mapping[str, str],
    supabase: Mapping[str, str],
    database_url: str,
    log_file: Path,
) -> dict[str, str]:
    """What the worker finds in os.environ.

    `settings` is the owner's environment and `.env`. As for the functions, Discord is the local one
    whatever they say: `discord` is what leads to it.
    """
    return {
        **settings,
        **supabase,
        **discord,
        "ENVIRONMENT": "development",
        "DISCORD_APPLICATION_ID": keys.application_id,
        "DISCORD_BOT_TOKEN": keys.bot_token,
        "DATABASE_URL": database_url,
        "WORKER_NAME": "local",
        "MUSIC_PRIVATE_ADDRESSES": "allow",
        "LOG_FILE": str(log_file),
        "PYTHONUNBUFFERED": "1",
    }
