"""A world with one command, deferred, for the tests of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence

from lib.interactions.command import (
    Command,
    Deferred,
    Instant,
    Progress,
    Reply,
    WorkContext,
)
from lib.interactions.dispatch import Dispatcher
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.jobs.answer import DeferredAnswers
from lib.locales import Text
from lib.ports import (
    StoreError,
)
from lib.settings import Settings
from tests.fakes.clock import ManualClock
from tests.fakes.discord import RecordingDiscord
from tests.fakes.rows import Row
from tests.fakes.services import services_of
from tests.fakes.store import MemoryStore
from tests.payloads import InteractionBuilder, slash

X = Text(en="x", ja="x")
NOT_NOW = UserFacingError(Text(en="Not now.", ja="今はできません。"), private=True)
LOST = StoreError("settle", "unreachable", "refused")
Run = Callable[[WorkContext], Reply | Generator[Progress | None] | None]


class World:
    """One command `x`, deferred, with a component `x:do` of the same handler."""

    def __init__(
        self, run: Run, *, replaces: bool = False, ephemeral: bool = False, cooldown: float = 0.0
    ) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        self.discord = RecordingDiscord()
        self.deferred = Deferred(
            run=run,
            ephemeral=lambda _context: ephemeral,
            replaces=replaces,
            cooldown_seconds=cooldown,
        )
        self.command = Command(
            name=X,
            description=X,
            handler=self.deferred,
            components={"do": self.deferred, "now": Instant(run=lambda _c: Message(content="n"))},
        )
        dispatcher = Dispatcher(self, Settings(), self.clock)
        services = services_of(self.clock, store=self.store, discord=self.discord)
        self.answers = DeferredAnswers(services, dispatcher, error_id=lambda: "1234abcd")

    def use(self, store: MemoryStore) -> None:
        """Put another store in the place of the first."""
        self.store = store
        services = services_of(self.clock, store=store, discord=self.discord)
        dispatcher = Dispatcher(self, Settings(), self.clock)
        self.answers = DeferredAnswers(services, dispatcher, error_id=lambda: "1234abcd")

    def find(self, name: str) -> Command | None:
        return self.command if name == "x" else None

    def all(self) -> Sequence[Command]:
        return [self.command]

    def ask(self, builder: InteractionBuilder = slash("x")) -> Row | None:  # noqa: B008 - frozen
        payload = builder.build()
        interaction = Interaction.from_payload(payload)
        self.answers.answer(interaction, self.deferred, json.dumps(payload).encode())
        return next(iter(self.store.rows.values()), None)


def say(*texts: str) -> Run:
    return lambda _context: [Message(content=text) for text in texts]
