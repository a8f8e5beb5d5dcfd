"""The functions as a host runs them, in a process of their own, over a local Supabase."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from dev.checkout import Checkout
from dev.console import Console
from dev.function_process import FunctionProcess, function_environment
from dev.local_supabase import LocalSupabase, served
from dev.ports import HOST, listen_near, port_of
from dev.processes import plain_environment
from dev.simulator.world import OWNER_ID


@asynccontextmanager
async def own_functions(
    checkout: Checkout, supabase: LocalSupabase, *, console: Console
) -> AsyncIterator[str]:
    """Their address while the body runs. Discord is a server that knows nothing: 404."""
    own = Checkout(checkout.root, supabase.postgres.log.parent)
    async with AsyncExitStack() as stack:
        discord = listen_near(0, name="Discord's stand-in", console=console)
        stack.callback(discord.close)
        await stack.enter_async_context(served(web.Application(), discord))
        listener = listen_near(0, name="the functions host", console=console)
        stack.callback(listener.close)
        functions = FunctionProcess(
            checkout=own,
            listener=listener,
            environment=function_environment(
                supabase.keys,
                settings=plain_environment(),
                discord_api_url=f"http://{HOST}:{port_of(discord)}/api/v10",
                owner_id=OWNER_ID,
                supabase={
                    "SUPABASE_URL": supabase.url,
                    "SUPABASE_SECRET_KEY": supabase.keys.secret_key,
                },
                log_file=own.logs / "debug.log",
            ),
            on_warning=lambda _: None,  # they warn of the Discord that is not there
        )
        process = await functions.start()
        stack.push_async_callback(process.stop)
        yield functions.url
