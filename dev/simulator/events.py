"""What happens in the simulator, told to whoever listens: the page, and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import uuid4

from dev.simulator.errors import JsonObject

KEPT_EVENTS: Final = 2000


class EventKind(StrEnum):
    """The kinds of events; `message` tells a whole message, new or changed."""

    MESSAGE = "message"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    DELETED = "deleted"
    COMMANDS = "commands"
    TRACE = "trace"
    SWITCHES = "switches"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `number` grows by one with each.

    `interaction_ids` are the interactions it belongs to: an edit by a button belongs to the
    button's interaction and to the one that made the message.
    """

    number: int
    kind: EventKind
    data: JsonObject
    interaction_ids: frozenset[str]


Listener = Callable[[Event], None]


class EventLog:
    """Hands each event to every listener, and keeps the latest for those who come late.

    `name` is another one in each run: the numbers of one say nothing in the next.
    """

    def __init__(self) -> None:
        self.name = uuid4().hex
        self._kept: dict[str, Event] = {}
        self._listeners: list[Listener] = []
        self._number = 0

    @property
    def last_number(self) -> int:
        return self._number

    def publish(
        self,
        kind: EventKind,
        data: JsonObject,
        *,
        interaction_ids: frozenset[str] = frozenset(),
        replaces: str | None = None,
    ) -> None:
        """Tells an event. One that tells a state anew takes the place of the last kept so named."""
        self._number += 1
        event = Event(self._number, kind, data, interaction_ids)
        name = replaces or str(self._number)
        self._kept.pop(name, None)
        self._kept[name] = event
        if len(self._kept) > KEPT_EVENTS:
            del self._kept[next(iter(self._kept))]
        for listener in list(self._listeners):
            listener(event)

    def since(self, number: int) -> list[Event]:
        """The kept events after the one of that number."""
        return [event for event in self._kept.values() if event.number > number]

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Has `listener` called with every event while the block runs."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
