"""The whole local stack as one thing: started in order, kept running, stopped in reverse."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dev.admin_rows import DatabaseAdmins
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.function_process import FunctionProcess, function_environment
from dev.keepers import Keeper
from dev.keys import LocalKeys
from dev.local_discord import local_discord
from dev.local_supabase import Plan, local_supabase
from dev.ports import HOST, Port, listen_near, port_of
from dev.registration import CommandRegistrar, register
from dev.reloading import Running, reloading
from dev.running import Addresses, RunFile, end_leftovers
from dev.settings_file import has_key, hosted_address, local_settings, usable
from dev.simulator import SimulatorConfig
from dev.simulator.world import OWNER_ID
from dev.ticks import note_intervals, schedules_for, ticking
from dev.wakeups import waking
from dev.worker_process import Music, playing, worker_environment
from lib.chat.catalogue import read_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Supabase:
    """The one that the functions use; `database` is None for a hosted one, to be shown for ours."""

    url: str
    environment: Mapping[str, str]
    database: str | None
    database_url: str | None
    """Its address with what it takes to get in."""


@asynccontextmanager
async def running_stack(
    checkout: Checkout, *, console: Console, run_file: RunFile, with_music: bool = False
) -> AsyncIterator[Addresses]:
    """Start everything; the body runs while it is up. `run_file` is the proof of holding the lock.

    Only `with_music` the voice worker is a part of it. Raises StackError, with everything stopped
    that was started; before anything is, if a setting is wrong.
    """
    keys = LocalKeys.load_or_make(checkout.keys)
    settings = local_settings(checkout)
    check_settings(settings, keys)
    await end_leftovers(checkout)
    shutil.rmtree(checkout.logs, ignore_errors=True)
    async with AsyncExitStack() as stack:
        supabase = await stack.enter_async_context(
            _supabase(checkout, console=console, run_file=run_file, keys=keys, settings=settings)
        )
        page = listen_near(Port.PLAYGROUND, name="the playground", console=console)
        stack.callback(page.close)
        listener = listen_near(Port.FUNCTIONS, name="the functions host", console=console)
        stack.callback(listener.close)
        playground = f"http://{HOST}:{port_of(page)}"
        api_url = f"{playground}/api/v10"

        def environment() -> Mapping[str, str]:
            return _functions_environment(checkout, keys, supabase=supabase, api_url=api_url)

        functions = FunctionProcess(
            checkout=checkout,
            listener=listener,
            environment=environment(),
            on_warning=console.relay,
        )
        with console.step("Playground", f"port {port_of(page)}") as step:
            discord = await stack.enter_async_context(
                local_discord(
                    SimulatorConfig(
                        application_id=keys.application_id,
                        bot_token=keys.bot_token,
                        signing_key=keys.signing_key,
                        interactions_url=f"{functions.url}/api/interactions",
                    ),
                    page,
                    folder=checkout.home / "voice",
                )
            )
            count = await asyncio.to_thread(register, api_url, keys.application_id, keys.bot_token)
            step.detail = f"{count} commands registered, port {port_of(page)}"
        with console.step(
            "Functions", f"api/*.py at their Vercel paths, port {port_of(listener)}"
        ) as step:
            keeper = await stack.enter_async_context(
                Keeper(
                    "The functions host",
                    functions.start,
                    console=console,
                    on_start=run_file.note_start,
                )
            )
            broken = await functions.broken()
            if broken:
                step.problem = f"{', '.join(broken)} cannot be loaded"
        complaints = read_catalogue(checkout.models).complaints
        if complaints:
            console.warn("models.toml has mistakes; what is right in it is used.")
            for complaint in complaints:
                console.relay(complaint)
        await stack.enter_async_context(
            ticking(
                functions.url,
                cron_secret=keys.cron_secret,
                warn=console.warn,
                schedules=schedules_for(hosted=supabase.database_url is None),
            )
        )
        if supabase.database_url is not None:
            await stack.enter_async_context(
                waking(
                    supabase.database_url,
                    functions.url,
                    cron_secret=keys.cron_secret,
                    warn=console.warn,
                )
            )
        music = Music()
        if with_music and supabase.database_url is not None:
            music = await stack.enter_async_context(
                playing(
                    checkout,
                    database_url=supabase.database_url,
                    environment=partial(
                        _workers_environment, checkout, keys, supabase=supabase, discord=discord
                    ),
                    console=console,
                    on_start=run_file.note_start,
                )
            )
        elif with_music:
            console.say("  No music here: the orders of a hosted database are for its own worker.")
        is_watching = asyncio.Event()
        await stack.enter_async_context(
            _beside(
                reloading(
                    Running(
                        checkout=checkout,
                        console=console,
                        functions=functions,
                        keeper=keeper,
                        environment=environment,
                        registrar=CommandRegistrar(api_url, keys.application_id, keys.bot_token),
                        database_url=supabase.database_url,
                        music=music,
                        complaints=complaints,
                    ),
                    is_watching=is_watching,
                )
            )
        )
        await is_watching.wait()
        addresses = Addresses(
            playground=playground,
            functions=f"{functions.url}/api/interactions",
            supabase=supabase.url,
            database=supabase.database,
        )
        run_file.note_addresses(addresses)
        yield addresses


def check_settings(settings: Mapping[str, str], keys: LocalKeys) -> None:
    """Raise StackError if the functions could not start with these settings.

    They get what the stack overrides as it will be, but for ports, which are not known yet.
    """
    hosted = hosted_address(settings)
    usable(
        function_environment(
            keys,
            settings=settings,
            discord_api_url=f"http://{HOST}",
            owner_id=OWNER_ID,
            supabase={} if hosted else _local_environment(f"http://{HOST}", keys),
            log_file=Path("debug.log"),
        )
    )


def _functions_environment(
    checkout: Checkout, keys: LocalKeys, *, supabase: Supabase, api_url: str
) -> Mapping[str, str]:
    """What the functions find in os.environ by the settings as they are now."""
    settings = local_settings(checkout)
    check_settings(settings, keys)
    if hosted_address(settings) != ("" if supabase.database_url else supabase.url):
        raise StackError("SUPABASE_URL names another database now: start python3 dev up anew.")
    return function_environment(
        keys,
        settings=settings,
        discord_api_url=api_url,
        owner_id=OWNER_ID,
        supabase=supabase.environment,
        log_file=checkout.debug_log,
    )


def _workers_environment(
    checkout: Checkout, keys: LocalKeys, *, supabase: Supabase, discord: Mapping[str, str]
) -> Mapping[str, str]:
    """What the worker finds in os.environ by the settings as they are now."""
    environment = worker_environment(
        keys,
        settings=local_settings(checkout),
        discord=discord,
        supabase=supabase.environment,
        database_url=supabase.database_url or "",
        log_file=checkout.logs / "worker-debug.log",
    )
    usable(environment)
    return environment


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Have `work` run while the body does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def _local_environment(url: str, keys: LocalKeys) -> Mapping[str, str]:
    return {
        "SUPABASE_URL": url,
        "SUPABASE_SECRET_KEY": keys.secret_key,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
    }


@asynccontextmanager
async def _supabase(
    checkout: Checkout,
    *,
    console: Console,
    run_file: RunFile,
    keys: LocalKeys,
    settings: Mapping[str, str],
) -> AsyncIterator[Supabase]:
    """The hosted one if SUPABASE_URL names it, else one of our own."""
    hosted = hosted_address(settings)
    if hosted:
        if not has_key(settings):
            console.warn(
                "SUPABASE_URL is set, but no SUPABASE_SECRET_KEY: nothing will be recorded."
            )
        yield Supabase(url=hosted, environment={}, database=None, database_url=None)
        return
    plan = Plan(checkout=checkout, keys=keys, console=console, on_start=run_file.note_start)
    async with local_supabase(plan) as local:
        address = local.postgres.socket_url()
        note_intervals(address)
        DatabaseAdmins(address).add([OWNER_ID])  # the dashboard's local admin
        yield Supabase(
            url=local.url,
            environment=_local_environment(local.url, keys),
            database=local.postgres.public_url,
            database_url=address,
        )
