"""A simulator in a thread of its own, for tests that stay synchronous.

with run_simulator(config) as discord:
    discord.interactions_url = "http://127.0.0.1:8000/api/interactions"
    asked = discord.send_command("ask", {"prompt": "hello"}, locale="ja")
    seen = discord.wait_for(asked, lambda seen: "hello" in seen.text)
    assert discord.violations == []
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiohttp import web

from dev.simulator.app import DELIVERIES, create_app_for
from dev.simulator.commands import CommandType
from dev.simulator.config import SimulatorConfig
from dev.simulator.delivery import Answer
from dev.simulator.errors import JsonObject
from dev.simulator.events import Event
from dev.simulator.interactions import Interaction
from dev.simulator.invocations import CommandCall
from dev.simulator.payloads import Invoker
from dev.simulator.rate_limits import RateLimitScope
from dev.simulator.seen import Seen, after
from dev.simulator.simulator import Simulator
from dev.simulator.snowflakes import Clock, utc_now
from dev.simulator.traces import Call, Trace, Violation
from dev.simulator.world import User, World

T = TypeVar("T")
PATIENCE_SECONDS: Final = 20.0


@dataclass(slots=True)
class RunningSimulator:
    """The handle on a running simulator. Its methods may be called from any thread."""

    simulator: Simulator
    app: web.Application = field(repr=False)
    loop: asyncio.AbstractEventLoop = field(repr=False)
    url: str = ""
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _seen: dict[str, Seen] = field(default_factory=dict, repr=False)

    @property
    def api_url(self) -> str:
        """What the bot takes for https://discord.com/api/v10."""
        return f"{self.url}/api/v10"

    @property
    def world(self) -> World:
        return self.simulator.world

    @property
    def public_key(self) -> str:
        return self.simulator.signer.public_key

    @property
    def interactions_url(self) -> str:
        return self.simulator.interactions_url

    @interactions_url.setter
    def interactions_url(self, url: str) -> None:
        self.simulator.interactions_url = url

    @property
    def calls(self) -> list[Call]:
        """The latest REST requests of the bot, oldest first."""
        return list(self.simulator.calls)

    @property
    def violations(self) -> list[Violation]:
        """Every body of the bot that broke a rule; good tests end with this empty."""
        return list(self.simulator.violations)

    def trace(self, interaction_id: str) -> Trace:
        """How one interaction went over the wire."""
        return self.simulator.traces[interaction_id]

    # --- what users do -------------------------------------------------------------------------

    def send_command(
        self,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        locale: str | None = None,
        user: str | User | None = None,
        dm: bool = False,
        kind: CommandType = CommandType.CHAT_INPUT,
        target_id: str | None = None,
    ) -> str:
        """Calls a command as a user (by id; default the owner) and gives the interaction's id.

        A whole User is one who comes from outside and speaks in the guild, once or often.
        """
        call = CommandCall(name, options or {}, kind=kind, target_id=target_id)
        return self._send(
            lambda invoker: self.simulator.invocations.command(call, invoker=invoker),
            locale=locale,
            user=user,
            dm=dm,
        )

    def autocomplete(
        self,
        name: str,
        options: Mapping[str, object],
        *,
        focused: str,
        locale: str | None = None,
        user: str | None = None,
    ) -> str:
        """Asks for the choices of the option `focused`; they come as `Seen.data`."""
        call = CommandCall(name, options, focused=focused)
        return self._send(
            lambda invoker: self.simulator.invocations.command(call, invoker=invoker),
            locale=locale,
            user=user,
        )

    def send_component(
        self,
        message_id: str,
        custom_id: str,
        *,
        values: list[str] | None = None,
        locale: str | None = None,
        user: str | None = None,
        dm: bool = False,
    ) -> str:
        """Presses a button, or with `values` makes a selection."""
        return self._send(
            lambda invoker: self.simulator.invocations.component(
                message_id=message_id, custom_id=custom_id, values=values, invoker=invoker
            ),
            locale=locale,
            user=user,
            dm=dm,
        )

    def submit_modal(
        self,
        interaction_id: str,
        values: Mapping[str, object],
        *,
        locale: str | None = None,
        user: str | None = None,
        dm: bool = False,
    ) -> str:
        """Submits the modal that an interaction opened; `values` by custom_id."""
        return self._send(
            lambda invoker: self.simulator.invocations.modal_submit(
                interaction_id=interaction_id, values=values, invoker=invoker
            ),
            locale=locale,
            user=user,
            dm=dm,
        )

    def ping(self, *, wrongly: bool = False) -> Answer:
        """Posts a PING as Discord does when an endpoint is set; `wrongly` with a bad signature."""

        async def post() -> Answer:
            delivery = self.app[DELIVERIES].delivery
            return await delivery.post(self.simulator.payloads.ping(), wrongly=wrongly)

        return asyncio.run_coroutine_threadsafe(post(), self.loop).result(PATIENCE_SECONDS)

    def _send(
        self,
        start: Callable[[Invoker], Interaction],
        *,
        locale: str | None = None,
        user: str | User | None = None,
        dm: bool = False,
    ) -> str:
        def act() -> str:
            invoker = (
                Invoker(user, self.world.channel_for(user, dm=False), locale or user.locale)
                if isinstance(user, User)
                else self.simulator.invocations.invoker(user_id=user, locale=locale, dm=dm)
            )
            interaction = start(invoker)
            self.app[DELIVERIES].start(interaction)
            return interaction.id

        return self.in_loop(act)

    # --- what they see -------------------------------------------------------------------------

    def seen(self, interaction_id: str) -> Seen:
        """What has been seen of an interaction until now."""
        with self._changed:
            return self._seen.get(interaction_id, Seen())

    def messages(self, interaction_id: str) -> list[JsonObject]:
        """The messages of an interaction as they stand now."""
        return list(self.seen(interaction_id).messages)

    def wait_for(
        self,
        interaction_id: str,
        condition: Callable[[Seen], bool],
        *,
        timeout_seconds: float = PATIENCE_SECONDS,
    ) -> Seen:
        """Waits until what is seen fulfils the condition; AssertionError when it never does."""
        with self._changed:
            fulfilled = self._changed.wait_for(
                lambda: condition(self._seen.get(interaction_id, Seen())), timeout_seconds
            )
            seen = self._seen.get(interaction_id, Seen())
        if not fulfilled:
            trace = self.simulator.traces.get(interaction_id)
            raise AssertionError(
                f"not seen within {timeout_seconds} s; seen: {seen}; trace: {trace}"
            )
        return seen

    def note(self, event: Event) -> None:
        """Takes one event in; the simulator calls it."""
        with self._changed:
            for interaction_id in event.interaction_ids:
                before = self._seen.get(interaction_id, Seen())
                self._seen[interaction_id] = after(before, event)
            self._changed.notify_all()

    # --- what goes wrong on purpose ------------------------------------------------------------

    def rate_limit(
        self,
        times: int = 1,
        *,
        retry_after_seconds: float = 0.05,
        scope: RateLimitScope = RateLimitScope.USER,
    ) -> None:
        """Answers the bot's next so many requests with 429."""
        self.simulator.rate_limits.force(
            times=times, retry_after_seconds=retry_after_seconds, scope=scope
        )

    def delay_deferrals(self, seconds: float) -> None:
        """Has deferrals reach Discord that much late: until then edits get 10015."""
        self.simulator.switches.delay_deferrals_seconds = seconds

    def sign_wrongly(self, wrongly: bool = True) -> None:  # noqa: FBT001, FBT002
        self.simulator.switches.sign_wrongly = wrongly

    def in_loop(self, act: Callable[[], T]) -> T:
        """Calls something inside the simulator's event loop and gives what it gave."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(act())
            except BaseException as error:  # noqa: BLE001 - handed to the calling thread
                future.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return future.result(PATIENCE_SECONDS)


@contextmanager
def run_simulator(
    config: SimulatorConfig,
    *,
    port: int = 0,
    clock: Clock = utc_now,
    prepare: Callable[[RunningSimulator], None] | None = None,
) -> Iterator[RunningSimulator]:
    """A simulator listening on 127.0.0.1 while the block runs; port 0 takes a free one.

    `prepare` may add to its application before that starts.
    """
    simulator = Simulator(config, clock=clock)
    loop = asyncio.new_event_loop()
    running = RunningSimulator(simulator, create_app_for(simulator), loop)
    if prepare is not None:
        prepare(running)
    thread = threading.Thread(target=loop.run_forever, name="discord-simulator", daemon=True)
    thread.start()
    runner = web.AppRunner(running.app, shutdown_timeout=1.0)

    async def start() -> str:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        taken = runner.addresses[0][1]
        return f"http://127.0.0.1:{taken}"

    def await_in_loop(work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_SECONDS)

    try:
        running.url = await_in_loop(start())
        with simulator.events.listening(running.note):
            yield running
    finally:
        await_in_loop(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_SECONDS)
        loop.close()
