"""One real Postgres, PostgREST and gateway for each process that runs tests, in its own folder."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg

from dev.accounts import shared_folder
from dev.checkout import Checkout
from dev.console import Console
from dev.environment import locked
from dev.keys import LocalKeys
from dev.leftovers import end_leftover_postgres
from dev.local_supabase import LocalSupabase, Plan, local_supabase

T = TypeVar("T")

# Tables whose rows migrations put in and no test takes out.
_KEPT_TABLES = [
    "schema_migrations",
    "command_kinds",
    "retention",
    "thresholds",
]
_AS_MIGRATED = """
insert into public.quotas (scope) values ('guilds'), ('direct');
insert into public.schedules (name, every_seconds, is_tick)
  values ('cron_stats', 86400, true), ('cron_queue', 86400, true)
"""


@contextmanager
def session_stack() -> Iterator[LocalSupabase]:
    """A fresh one on free ports, with every migration applied; gone without a trace afterwards."""
    checkout = Checkout.here()
    with _loop_in_a_thread() as loop, _session_folder(checkout, loop) as folder:
        plan = Plan(
            checkout=checkout,
            keys=LocalKeys(),
            console=Console(io.StringIO()),
            data=folder / "postgres",
            logs=folder,
            supabase_port=0,
            postgres_port=0,
            is_lasting=False,
        )
        stack = AsyncExitStack()
        try:
            yield _wait(loop, stack.enter_async_context(local_supabase(plan)))
        finally:
            _wait(loop, stack.aclose())


def empty_tables(database_url: str) -> None:
    """Delete every row that a test may have made; far cheaper than a truncation."""
    with emptying_connection(database_url) as connection:
        empty_tables_by(connection)


def emptying_connection(database_url: str) -> psycopg.Connection:
    """One to be kept: a new one for each test would cost more than to delete the rows."""
    # It prepares nothing: several statements at once cannot be.
    return psycopg.connect(database_url, autocommit=True, prepare_threshold=None)


def empty_tables_by(connection: psycopg.Connection) -> None:
    """`empty_tables`, by such a connection."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")  # no triggers
        tables = connection.execute(
            "select format('%%I.%%I', schemaname, tablename) from pg_catalog.pg_tables "
            "where schemaname in ('public', 'auth') and tablename <> all (%s)",
            (_KEPT_TABLES,),
        ).fetchall()
        connection.execute(";".join(f"delete from {table}" for (table,) in tables).encode())
        connection.execute(_AS_MIGRATED)


@contextmanager
def _session_folder(checkout: Checkout, loop: asyncio.AbstractEventLoop) -> Iterator[Path]:
    home = checkout.home / "tests"
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # One at a time: between its making and its lock a folder looks abandoned to the others.
        with locked(checkout.home / "tests.lock"):
            for leftover in home.iterdir():
                _clear_if_abandoned(checkout, loop, leftover)
            folder = Path(tempfile.mkdtemp(prefix="session-", dir=home))
            held.enter_context(locked(folder / "lock"))
            held.callback(_clear, checkout, folder)
            folder.chmod(0o755)  # mkdtemp closes it to the user that runs Postgres for root
        yield folder


def _clear_if_abandoned(checkout: Checkout, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
    """Clear what a run that was killed left behind; its lock is free then."""
    with contextlib.suppress(OSError), (folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _wait(loop, end_leftover_postgres(folder / "postgres"))
        _clear(checkout, folder)


def _clear(checkout: Checkout, folder: Path) -> None:
    shutil.rmtree(shared_folder(checkout, folder / "postgres"), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="local Supabase", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[object, object, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()
