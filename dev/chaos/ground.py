"""Where it happens: a Supabase of the harness' own, lasting as a real one, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from signal import Signals
from typing import Final

import aiohttp
import psycopg

from dev.accounts import shared_folder
from dev.chaos.database import PATIENCE_SECONDS, Database
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.keepers import ENDS_WITHIN_SECONDS, MOST_ENDS
from dev.keys import LocalKeys
from dev.leftovers import end_leftover_postgres
from dev.local_supabase import LocalSupabase, Plan, local_supabase

_NAME: Final = "PostgreSQL"  # as its keeper calls it
_PAUSE_SECONDS: Final = 0.05


class Postmaster:
    """The database's first process, which can be ended; its keeper starts another."""

    def __init__(self) -> None:
        self._pid = 0
        self._started = asyncio.Event()
        self._ends: deque[float] = deque(maxlen=MOST_ENDS - 1)

    def note_start(self, name: str, pid: int) -> None:
        """Hear of a program that was started."""
        if name == _NAME:
            self._pid = pid
            self._started.set()

    async def end(self, sign: Signals) -> None:
        """End it so, and return when the next one takes connections.

        Waits first where its keeper would find that it ends too often.
        """
        if len(self._ends) == self._ends.maxlen:
            await asyncio.sleep(self._ends[0] + ENDS_WITHIN_SECONDS + 1 - time.monotonic())
        self._ends.append(time.monotonic())
        self._started.clear()
        os.kill(self._pid, sign)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._started.wait()
        except TimeoutError:
            raise StackError("PostgreSQL was not started again.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every scenario stands on."""

    checkout: Checkout
    folder: Path
    supabase: LocalSupabase
    postmaster: Postmaster
    database: Database

    @property
    def environment(self) -> dict[str, str]:
        """How the functions' code finds this Supabase."""
        return {
            "SUPABASE_URL": self.supabase.url,
            "SUPABASE_SECRET_KEY": self.supabase.keys.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": self.supabase.keys.publishable_key,
        }

    def keep_logs(self) -> Path:
        """Copy what every program wrote to where it stays; the folder."""
        kept = self.checkout.home / "chaos-logs"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for log in self.folder.glob("*.log"):
            shutil.copyfile(log, kept / log.name)
        return kept

    async def hold_a_connection(self, seconds: float) -> bool:
        """Keep one of the API's database connections busy; False if it gave none."""
        url = f"{self.supabase.url}/rest/v1/rpc/chaos_hold"
        headers = {"apikey": self.supabase.keys.secret_key}
        try:
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.post(url, json={"p_seconds": seconds}) as answer,
            ):
                return answer.status < HTTPStatus.BAD_REQUEST
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def prepared_ground(checkout: Checkout) -> AsyncIterator[Ground]:
    """A fresh one on free ports, with every migration and the harness' own tables."""
    async with AsyncExitStack() as stack:
        folder = await stack.enter_async_context(_own_folder(checkout))
        postmaster = Postmaster()
        said = stack.enter_context((folder / "keepers.log").open("w"))
        plan = Plan(
            checkout=checkout,
            keys=LocalKeys(),
            console=Console(said),
            data=folder / "postgres",
            logs=folder,
            supabase_port=0,
            postgres_port=0,
            on_start=postmaster.note_start,
        )
        supabase = await stack.enter_async_context(local_supabase(plan))
        database = Database(supabase.postgres.socket_url())
        _add_schema(database)
        ground = Ground(
            checkout=checkout,
            folder=folder,
            supabase=supabase,
            postmaster=postmaster,
            database=database,
        )
        await _until_the_api_knows(ground)
        yield ground


def _add_schema(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(Path(__file__).with_name("schema.sql").read_bytes())


async def _until_the_api_knows(ground: Ground) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await ground.hold_a_connection(0):
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise StackError("PostgREST does not see the harness' tables.") from None


@asynccontextmanager
async def _own_folder(checkout: Checkout) -> AsyncIterator[Path]:
    """A folder of this run's; what a run that was killed left behind goes first."""
    home = checkout.home / "chaos"
    home.mkdir(parents=True, exist_ok=True)
    for leftover in home.iterdir():
        await _clear_if_abandoned(checkout, leftover)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=home))
    folder.chmod(0o755)  # mkdtemp closes it to the user that runs Postgres for root
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            _clear(checkout, folder)


async def _clear_if_abandoned(checkout: Checkout, folder: Path) -> None:
    """The lock of an abandoned folder is free."""
    with contextlib.suppress(OSError), (folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        await end_leftover_postgres(folder / "postgres")
        _clear(checkout, folder)


def _clear(checkout: Checkout, folder: Path) -> None:
    shutil.rmtree(shared_folder(checkout, folder / "postgres"), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
