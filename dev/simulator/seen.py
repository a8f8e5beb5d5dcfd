"""What a user has seen of one interaction, gathered from the simulator's events."""

from __future__ import annotations

from dataclasses import dataclass

from dev.simulator.errors import JsonObject
from dev.simulator.events import Event, EventKind
from dev.simulator.message_bodies import CallbackType, MessageFlag, flags_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user has seen of one interaction so far.

    `messages` are those it made or changed, oldest first, deleted ones gone. `data` is what a
    modal or an autocomplete answered. `failed` is the reason when nothing came. `revisions` are
    all the states the messages went through, in order: the edits as they came.
    """

    messages: tuple[JsonObject, ...] = ()
    acknowledged: CallbackType | None = None
    data: JsonObject | None = None
    failed: str | None = None
    revisions: tuple[JsonObject, ...] = ()

    @property
    def text(self) -> str:
        """The text of all messages, in order."""
        return "".join(message["content"] for message in self.messages)

    @property
    def is_thinking(self) -> bool:
        return any(MessageFlag.LOADING in flags_of(message) for message in self.messages)


def after(seen: Seen, event: Event) -> Seen:
    """What is seen once an event has happened."""
    data = event.data
    messages = {message["id"]: message for message in seen.messages}
    acknowledged, answer, failed = seen.acknowledged, seen.data, seen.failed
    revisions = seen.revisions
    match event.kind:
        case EventKind.MESSAGE:
            messages[data["id"]] = data
            revisions = (*revisions, data)
        case EventKind.DELETED:
            messages.pop(data["id"], None)
        case EventKind.ACKNOWLEDGED:
            acknowledged, answer = CallbackType(data["type"]), data.get("data")
        case EventKind.FAILED:
            failed = data["reason"]
        case _:
            return seen
    return Seen(tuple(messages.values()), acknowledged, answer, failed, revisions)
