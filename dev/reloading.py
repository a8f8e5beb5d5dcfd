"""Puts changes of the checkout into the running stack: functions, commands, the worker, tables,
settings.

The database, the gateway and the playground stay up. The functions' socket stays open, so that a
request that comes meanwhile waits.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dev.changes import Changed, Part, watched
from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Layer, prepare
from dev.errors import StackError
from dev.function_process import FunctionProcess
from dev.keepers import Keeper
from dev.migrations import apply_migrations, read_migrations
from dev.registration import CommandRegistrar, declared
from dev.trying import tried_out
from dev.worker_process import Music

WORK_SECONDS = 60.0
"""What the functions that are replaced have to end their work in; the queue has what is left."""
STILL_ANSWERING = "The code of before goes on answering."
WORKERS_OWN = (Part.WORKER, Part.WORKER_PACKAGES)

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The parts of a running stack that a change may reach.

    `environment` reads the settings anew and makes the functions' environment of them; it raises
    StackError if they cannot be used. `database_url` is None for a hosted one, which is not ours to
    migrate. `complaints` are those of models.toml that the stack began with.
    """

    checkout: Checkout
    console: Console
    functions: FunctionProcess
    keeper: Keeper
    environment: Callable[[], Mapping[str, str]]
    registrar: CommandRegistrar
    database_url: str | None
    music: Music = field(default_factory=Music)
    complaints: Sequence[str] = ()


async def reloading(running: Running, *, is_watching: asyncio.Event) -> None:
    """Follow the checkout's changes until cancelled; whatever fails waits for the next change.

    `is_watching` is set when no change is missed any more, or when none can be noticed.
    """
    reloader = Reloader(running)
    try:
        async with watched(running.checkout) as found:
            is_watching.set()
            while True:
                await reloader.take_over(await found.get())
    except* OSError as errors:
        # Such as a system whose watches are used up.
        running.console.warn(f"Changes are not watched: {errors.exceptions[0]}.")
    finally:
        is_watching.set()


class Reloader:
    """Takes over one change after the other."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._functions = running.functions
        self._commands: Sequence[Json] = declared()
        self._complaints = frozenset(running.complaints)

    async def take_over(self, changed: Changed) -> None:
        """Do what these changes ask for; one line says so, or says why not."""
        console = self._running.console
        worker = self._running.music.worker
        fixed = (Part.TOOLS,) if worker else (Part.TOOLS, *WORKERS_OWN)
        if tools := changed.of(*fixed).files:
            console.say(f"  changed: {Changed(tools)}. For that, start python3 dev up anew.")
        began = time.monotonic()
        try:
            if Part.MIGRATIONS in changed.parts:
                await self._migrate()
            if Part.PACKAGES in changed.parts:
                await asyncio.to_thread(
                    prepare, self._running.checkout, (Layer.RUN,), console=console
                )
            if changed.parts & {Part.CODE, Part.PACKAGES, Part.SETTINGS}:
                await self._renew_functions(with_settings=Part.SETTINGS in changed.parts)
            if worker is not None and changed.reaches_worker:
                await worker.renew(with_packages=Part.WORKER_PACKAGES in changed.parts)
        except StackError as error:
            console.fail(error)
            return
        followed = (Part.CODE, Part.PUBLIC, Part.PACKAGES, Part.SETTINGS)
        if reloaded := changed.of(*followed, *(WORKERS_OWN if worker else ())).files:
            took = time.monotonic() - began
            console.say(f"  reloaded: {Changed(reloaded)} ({took:.1f} s)")

    async def _migrate(self) -> None:
        if self._running.database_url is None:
            self._running.console.say("  For the hosted database: python3 dev migrate")
            return
        try:
            await asyncio.to_thread(
                apply_migrations,
                self._running.database_url,
                read_migrations(self._running.checkout.migrations),
                on_applied=lambda name: self._running.console.say(f"  applied: {name}"),
            )
        except StackError as error:
            if "has changed since" not in error.message:
                raise
            raise StackError(
                f"{error.message} (While it is new and only here, python3 dev reset does as well.)"
            ) from None

    async def _renew_functions(self, *, with_settings: bool) -> None:
        functions = self._functions
        if with_settings:
            functions = replace(functions, environment=self._running.environment())
        trial = await tried(functions)
        self._check_models(trial.complaints)
        await self._running.keeper.replace(functions.start, patience_seconds=WORK_SECONDS)
        self._functions, self._complaints = functions, trial.complaints
        if trial.commands != self._commands:
            await asyncio.to_thread(self._running.registrar.put, trial.commands)
            self._commands = trial.commands
            self._running.console.say(f"  registered: {len(trial.commands)} commands")

    def _check_models(self, complaints: Iterable[str]) -> None:
        """Raise StackError if models.toml has a mistake that those which answer don't know."""
        if new := [each for each in complaints if each not in self._complaints]:
            raise StackError(
                "not reloaded: models.toml has mistakes.",
                [*new, "The models of before go on answering."],
            )


@dataclass(frozen=True, slots=True)
class Trial:
    """What the code of now declares, and what is wrong in models.toml by it."""

    commands: Sequence[Json]
    complaints: frozenset[str]


async def tried(functions: FunctionProcess) -> Trial:
    """Load the code as it is now. Raises StackError if any of it cannot be."""
    root = functions.checkout.root
    output = await tried_out(
        (sys.executable, "-m", "dev.trial", str(root)),
        root=root,
        environment=functions.environment,
        otherwise=STILL_ANSWERING,
    )
    found = json.loads(output)
    return Trial(found["commands"], frozenset(found["complaints"]))
