"""Where the queues are measured: two local Supabases of the benchmark's own, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.queues.contender import Address
from bench.queues.measuring import Databases
from dev.accounts import shared_folder
from dev.checkout import Checkout
from dev.console import Console
from dev.keys import LocalKeys
from dev.local_supabase import LocalSupabase, Plan, local_supabase


@asynccontextmanager
async def staged(checkout: Checkout, *, console: Console) -> AsyncIterator[Databases]:
    """Both databases while the body runs, each with Halley's tables and nothing in them."""
    async with AsyncExitStack() as stack:
        empty, full = [
            await stack.enter_async_context(own_supabase(checkout, console=console))
            for _ in range(2)
        ]
        yield Databases(_address(empty), _address(full))


@asynccontextmanager
async def own_supabase(checkout: Checkout, *, console: Console) -> AsyncIterator[LocalSupabase]:
    """A fresh one that writes down what it commits, as a deployed one does."""
    home = checkout.home / "bench"
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="queue-", dir=home))
    folder.chmod(0o755)  # mkdtemp closes it to the user that runs Postgres for root
    plan = Plan(
        checkout=checkout,
        keys=LocalKeys(),
        console=Console(quiet=True),  # each of its steps is of no interest here
        data=folder / "postgres",
        logs=folder,
        supabase_port=0,
        postgres_port=0,
        is_lasting=True,
    )
    try:
        async with AsyncExitStack() as stack:
            with console.step("Supabase", "one of the benchmark's own"):
                supabase = await stack.enter_async_context(local_supabase(plan))
            yield supabase
    finally:
        shutil.rmtree(shared_folder(checkout, folder / "postgres"), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _address(supabase: LocalSupabase) -> Address:
    return Address(
        database=supabase.postgres.socket_url(), rest=supabase.url, key=supabase.keys.secret_key
    )
