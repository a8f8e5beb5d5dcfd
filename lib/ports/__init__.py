"""What Halley asks of the world outside: each port a Protocol, with the values that cross it.

The adapters stand in lib/services, their twins for tests in tests/fakes; both pass the same
contract tests. Vendor exceptions stop at the adapter and become one of the errors below::

    PortError
    +-- ChatModelError    the model gave no (whole) answer; `failure` says why
    +-- StoreError        the database did not do what was asked
    +-- DiscordError      Discord refused, or was not reached
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.ports.base import JsonObject, PortError
from lib.ports.chat_model import (
    ChatModel,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Role,
    Turn,
    Usage,
)
from lib.ports.clock import Background, Clock
from lib.ports.discord import DiscordAPI, DiscordError, InteractionWebhook
from lib.ports.machine import Meter, Reading
from lib.ports.store import (
    ClaimedCommand,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    FailureReason,
    Lease,
    PendingCommand,
    Store,
    StoreError,
)

__all__ = [
    "Background",
    "ChatModel",
    "ChatModelError",
    "ChatModelFailure",
    "ClaimedCommand",
    "Clock",
    "CommandStatus",
    "CompletionChunk",
    "CoolingDown",
    "DeferredCommand",
    "DiscordAPI",
    "DiscordError",
    "FailureReason",
    "FinishReason",
    "InteractionWebhook",
    "JsonObject",
    "Lease",
    "Meter",
    "PendingCommand",
    "PortError",
    "Reading",
    "Role",
    "Services",
    "Store",
    "StoreError",
    "Turn",
    "Usage",
]


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a deferred handler or a job may use; made by lib.bootstrap."""

    store: Store
    chat_model: ChatModel
    discord: DiscordAPI
    clock: Clock
