"""The local stack with an invented life in it, in a process of its own.

`python -m bench.dashboard.place`: orders come over standard input and results go back over standard
output, each a line of JSON. The database, PostgREST and the functions are processes of this one;
what is left in it is the gateway, with the sign-in and Realtime.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TextIO

from bench.dashboard.queries import ZONE
from bench.queues.stage import own_supabase
from dev.chaos.functions import Functions
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.function_process import function_environment
from dev.migrations import connect
from dev.ports import HOST, listen_near
from dev.processes import plain_environment
from dev.seed.filling import Wish, fill
from dev.simulator.world import OWNER_ID

NOBODY = f"http://{HOST}:9"
"""Where Discord would be: nothing that is measured asks it for anything."""


async def serve(results: TextIO, *, days: int, scale: float) -> None:
    """Start everything, tell where it is and what is in it, and stay until standard input ends."""
    checkout, console = Checkout.here(), Console(quiet=True)
    async with AsyncExitStack() as stack:
        supabase = await stack.enter_async_context(own_supabase(checkout, console=console))
        database_url = supabase.postgres.socket_url()
        counts = await asyncio.to_thread(_fill, database_url, days=days, scale=scale)
        listener = listen_near(0, name="the functions host", console=console)
        stack.callback(listener.close)
        keys, logs = supabase.keys, supabase.postgres.log.parent
        functions = Functions(
            checkout=checkout.root,
            root=checkout.root,
            environment=function_environment(
                keys,
                settings={**plain_environment(), "LOG_LEVEL": "WARNING", "TIMEZONE": ZONE},
                discord_api_url=NOBODY,
                owner_id=OWNER_ID,
                supabase={
                    "SUPABASE_URL": supabase.url,
                    "SUPABASE_SECRET_KEY": keys.secret_key,
                    "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
                },
                log_file=logs / "debug.log",
            ),
            log=logs / "functions.log",
            listener=listener,
        )
        await stack.enter_async_context(functions.running())
        place = {"url": functions.url, "database_url": database_url, "counts": counts}
        results.write(json.dumps(place) + "\n")
        while await asyncio.to_thread(sys.stdin.readline):
            results.write(json.dumps(memory_mb()) + "\n")


def memory_mb() -> float:
    """What this process has of the memory now, as the system counts it."""
    with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 - no file of ours
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _fill(database_url: str, *, days: int, scale: float) -> dict[str, int]:
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    with connect(database_url) as connection:
        counts = fill(connection, Wish(until=until, zone=ZONE, days=days, scale=scale))
        connection.execute(
            "insert into public.dashboard_admins (discord_id) values (%s)", (OWNER_ID,)
        )
        connection.execute("vacuum (analyze)")
    return counts


def main() -> int:
    """Begin with the first order, which says how much there shall be."""
    with os.fdopen(os.dup(1), "w", buffering=1) as results:
        os.dup2(2, 1)  # what a library prints is no result
        _, days, scale = json.loads(sys.stdin.readline())
        try:
            asyncio.run(serve(results, days=days, scale=scale))
        except StackError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
