r"""Discord and its users, in a process of their own: they ask, and note what they see and when.

`python -m bench.assistant.discord`. Orders come over standard input and results go back over
standard output, each a line of JSON. All times are nanoseconds of the monotonic clock, which every
process of a machine shares.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from dev.errors import StackError
from dev.registration import register
from dev.simulator.config import SimulatorConfig
from dev.simulator.events import Event, EventKind
from dev.simulator.invocations import CommandCall
from dev.simulator.message_bodies import MessageFlag, flags_of
from dev.simulator.payloads import Invoker
from dev.simulator.running import RunningSimulator, run_simulator
from dev.simulator.traces import AcknowledgedBy
from dev.simulator.world import User

T = TypeVar("T")

PATH: Final = "/api/interactions"
PATIENCE_SECONDS: Final = 60.0
OPENING: Final = "Answer"
"""How every answer of the models begins: what is shown and begins otherwise is a refusal."""
DEFERRED: Final = 5
SWITCH_SECONDS: Final = 0.0005
"""So soon a thread of this process lets another one have a turn: who measures must not wait."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks."""

    number: int
    user_id: str
    text: str


@dataclass(slots=True)
class Answered:
    """When it was asked and acknowledged, when anything of the answer was first to be seen, and
    when all of it was. `refusal`: what was said instead.
    """

    number: int
    asked_ns: int = 0
    acknowledged_ns: int = 0
    seen_ns: int = 0
    whole_ns: int = 0
    refusal: str = ""


@dataclass(slots=True)
class _Watched:
    answered: Answered
    is_done: threading.Event = field(default_factory=threading.Event)


class Discord:
    """Carries out orders; a public method is one."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: RunningSimulator | None = None
        self._watched: dict[str, _Watched] = {}
        self._netloc = ""

    def open(self, application_id: str, bot_token: str, signing_key: str) -> str:
        """Be Discord from now on; the address of the API."""
        config = SimulatorConfig(
            application_id=application_id,
            bot_token=bot_token,
            signing_key=signing_key,
            interactions_url="http://127.0.0.1:9/",
        )
        running = self._stack.enter_context(run_simulator(config))
        self._stack.enter_context(running.simulator.events.listening(self._note))
        register(running.api_url, application_id, bot_token)
        self._running = running
        return running.api_url

    def direct(self, url: str) -> None:
        """Ask these functions from now on."""
        self._netloc = urlsplit(url).netloc

    def ask(self, questions: list[list[Any]], at_once: int) -> list[dict[str, Any]]:
        """Ask all of them, so many at once: who has an answer asks the next question."""
        wanted = [Question(*question) for question in questions]
        with ThreadPoolExecutor(at_once) as askers:
            return [asdict(answered) for answered in askers.map(self._ask, wanted)]

    def ask_in_turn(self, askers: list[list[list[Any]]], seconds: float) -> list[dict[str, Any]]:
        """Have each of the askers ask their questions, one every so many seconds or when the last
        one is answered, if that takes longer. They begin one after the other within that time.
        """
        with ThreadPoolExecutor(len(askers)) as threads:
            delays = [seconds * place / len(askers) for place in range(len(askers))]
            each = threads.map(partial(self._ask_all, seconds=seconds), askers, delays)
            return [asdict(answered) for answers in each for answered in answers]

    def violations(self) -> list[str]:
        """What was sent that Discord refuses."""
        return [str(each) for each in self._at_hand.violations]

    def _ask_all(
        self, questions: list[list[Any]], delay_seconds: float, *, seconds: float
    ) -> list[Answered]:
        next_at = time.monotonic() + delay_seconds
        answers = []
        for question in questions:
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at = max(next_at, time.monotonic()) + seconds
            answers.append(self._ask(Question(*question)))
        return answers

    def _ask(self, question: Question) -> Answered:
        simulator = self._at_hand.simulator
        watched = _Watched(Answered(question.number))
        interaction = self._in_loop(partial(self._open, question, watched))
        body = json.dumps(interaction.payload, separators=(",", ":")).encode()
        signature = simulator.signer.headers(body, timestamp=int(time.time()))
        headers = {"Content-Type": "application/json", **signature}
        connection = http.client.HTTPConnection(self._netloc, timeout=PATIENCE_SECONDS)
        try:
            watched.answered.asked_ns = time.monotonic_ns()
            connection.request("POST", PATH, body, headers)
            response = connection.getresponse()
            callback = response.read()
            watched.answered.acknowledged_ns = time.monotonic_ns()
        finally:
            connection.close()
        if response.status != HTTPStatus.OK or json.loads(callback)["type"] != DEFERRED:
            raise StackError(f"/ask was answered with {response.status}: {callback[:200]!r}")
        acknowledge = partial(
            simulator.acknowledge, interaction, json.loads(callback), by=AcknowledgedBy.HTTP
        )
        self._in_loop(acknowledge)
        if not watched.is_done.wait(PATIENCE_SECONDS):
            raise StackError(f"Question {question.number} was not answered.")
        self._in_loop(lambda: self._watched.pop(interaction.id))
        return watched.answered

    def _open(self, question: Question, watched: _Watched) -> Any:  # noqa: ANN401 - the simulator's own
        simulator = self._at_hand.simulator
        user = User(question.user_id, f"guest_{question.user_id[-4:]}", None, "en-US")
        interaction = simulator.invocations.command(
            CommandCall("ask", {"prompt": question.text}),
            invoker=Invoker(user, simulator.world.channel_for(user, dm=False), user.locale),
        )
        self._watched[interaction.id] = watched
        return interaction

    def _note(self, event: Event) -> None:
        """See what is shown; in the simulator's own thread."""
        if event.kind is not EventKind.MESSAGE:
            return
        now = time.monotonic_ns()
        message = event.data
        if MessageFlag.LOADING in flags_of(message) or not message["content"]:
            return
        for interaction_id in event.interaction_ids:
            if (watched := self._watched.get(interaction_id)) is not None:
                _see(watched, message, now)

    def _in_loop(self, act: Callable[[], T]) -> T:
        async def call() -> T:
            return act()

        work: Coroutine[Any, Any, T] = call()
        return asyncio.run_coroutine_threadsafe(work, self._at_hand.loop).result(PATIENCE_SECONDS)

    @property
    def _at_hand(self) -> RunningSimulator:
        assert self._running is not None  # noqa: S101 - `open` comes first
        return self._running


def _see(watched: _Watched, message: dict[str, Any], now: int) -> None:
    answered = watched.answered
    has_begun = answered.seen_ns > 0
    answered.seen_ns = answered.seen_ns or now
    if message["components"]:
        answered.whole_ns = now
        watched.is_done.set()
    elif not has_begun and not message["content"].startswith(OPENING):
        answered.refusal = message["content"]
        watched.is_done.set()


def main() -> None:
    """Carry out orders until standard input ends."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with ExitStack() as stack:
        results = stack.enter_context(os.fdopen(os.dup(1), "w", buffering=1))
        os.dup2(2, 1)  # what a library prints is no result
        discord = Discord(stack)
        while line := sys.stdin.readline():
            order, *arguments = json.loads(line)
            results.write(json.dumps(getattr(discord, order)(*arguments)) + "\n")


if __name__ == "__main__":
    main()
