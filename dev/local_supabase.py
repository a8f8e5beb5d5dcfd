"""The local Supabase: Postgres, its migrations, PostgREST and the gateway, as one thing."""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from dev.accounts import Place, place_for
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import PortTakenError
from dev.gateway import create_gateway
from dev.keepers import Keeper, OnStart
from dev.keys import LocalKeys
from dev.migrations import (
    apply_migrations,
    read_migrations,
    told_ahead,
    unknown_migrations,
)
from dev.node import postgrest_binary
from dev.ports import HOST, TRIES, Port, free_port_near, listen_near, port_of
from dev.postgres import Postgres
from dev.postgrest import PostgREST
from dev.realtime import Realtime


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSupabase:
    """A running one: what its users need to know."""

    url: str
    keys: LocalKeys
    postgres: Postgres
    realtime: Realtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start. Ports of 0 take any; `is_lasting` False gives up safety for speed."""

    checkout: Checkout
    keys: LocalKeys
    console: Console
    data: Path | None = None
    logs: Path | None = None
    supabase_port: int = Port.SUPABASE
    postgres_port: int = Port.POSTGRES
    is_lasting: bool = True
    on_start: OnStart | None = None

    @property
    def log_folder(self) -> Path:
        return self.logs or self.checkout.logs


@asynccontextmanager
async def local_supabase(plan: Plan) -> AsyncIterator[LocalSupabase]:
    """Start it, keep its programs running while the body runs, and stop it."""
    binary = postgrest_binary(plan.checkout, console=plan.console)
    async with local_postgres(plan) as postgres:
        with plan.console.step("Migrations") as step:
            migrations = read_migrations(plan.checkout.migrations)
            count = apply_migrations(postgres.socket_url(), migrations)
            step.detail = f"{count} applied" if count else "up to date"
        if unknown := unknown_migrations(postgres.socket_url(), migrations):
            plan.console.warn(told_ahead(unknown))
        postgrest = PostgREST(
            binary=binary,
            postgres=postgres,
            keys=plan.keys,
            log=plan.log_folder / "postgrest.log",
        )
        async with contextlib.AsyncExitStack() as stack:
            with plan.console.step("Supabase", "") as step:
                listener = listen_near(plan.supabase_port, name="the gateway", console=plan.console)
                stack.callback(listener.close)
                await stack.enter_async_context(
                    Keeper(
                        "PostgREST", postgrest.start, console=plan.console, on_start=plan.on_start
                    )
                )
                stack.callback(postgrest.socket.unlink, missing_ok=True)
                realtime = Realtime(postgres.socket_url())
                app = create_gateway(
                    plan.keys,
                    postgrest=postgrest.socket,
                    database_url=postgres.socket_url(),
                    realtime=realtime,
                )
                await stack.enter_async_context(served(app, listener))
                port = port_of(listener)
                step.detail = f"PostgREST 12 behind the gateway, port {port}"
            url = f"http://{HOST}:{port}"
            yield LocalSupabase(url=url, keys=plan.keys, postgres=postgres, realtime=realtime)


@asynccontextmanager
async def local_postgres(plan: Plan) -> AsyncIterator[Postgres]:
    """The database alone, as it is."""
    async with contextlib.AsyncExitStack() as stack:
        with plan.console.step("Database") as step:
            place = place_for(plan.checkout, data=plan.data)
            if not place.is_staged:
                stack.callback(shutil.rmtree, place.sockets, ignore_errors=True)
            if place.is_staged:
                plan.console.say(
                    "    Postgres runs as the user nobody, who cannot enter this folder; "
                    f"its data is in {place.data}"
                )
            postgres = await _start_postgres(plan, place, stack)
            step.detail = f"PostgreSQL {postgres.version()} with pgvector, port {postgres.port}"
        yield postgres


async def _start_postgres(plan: Plan, place: Place, stack: contextlib.AsyncExitStack) -> Postgres:
    """Start it on the first port that it really gets."""
    for attempt in range(TRIES):
        postgres = Postgres(
            place=place,
            port=free_port_near(plan.postgres_port, name="PostgreSQL", console=plan.console),
            password=plan.keys.database_password,
            log=plan.log_folder / "postgres.log",
            is_lasting=plan.is_lasting,
        )
        keeper = Keeper("PostgreSQL", postgres.start, console=plan.console, on_start=plan.on_start)
        try:
            await stack.enter_async_context(keeper)
        except PortTakenError:
            if attempt == TRIES - 1:
                raise
        else:
            return postgres
    raise AssertionError("unreachable")


@asynccontextmanager
async def served(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on a socket that is bound already."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
