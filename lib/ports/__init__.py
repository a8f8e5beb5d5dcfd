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
from lib.ports.chart import Chart, Charts, Panel, Point, Series, SeriesStyle
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
from lib.ports.discord import DiscordAPI, DiscordError, InteractionWebhook, Upload
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
from lib.ports.watch import (
    BotEvent,
    CommandCount,
    Finding,
    HealthReading,
    Heartbeat,
    InteractionEntry,
    InteractionKind,
    LoggedInteraction,
    LogLevel,
    MeanReading,
    Outcome,
    Record,
    Recorded,
    ScheduleReading,
    Slot,
    Tick,
    Watch,
    Window,
    WindowAt,
)

__all__ = [
    "Background",
    "BotEvent",
    "Chart",
    "Charts",
    "ChatModel",
    "ChatModelError",
    "ChatModelFailure",
    "ClaimedCommand",
    "Clock",
    "CommandCount",
    "CommandStatus",
    "CompletionChunk",
    "CoolingDown",
    "DeferredCommand",
    "DiscordAPI",
    "DiscordError",
    "FailureReason",
    "Finding",
    "FinishReason",
    "HealthReading",
    "Heartbeat",
    "InteractionEntry",
    "InteractionKind",
    "InteractionWebhook",
    "JsonObject",
    "Lease",
    "LogLevel",
    "LoggedInteraction",
    "MeanReading",
    "Meter",
    "Outcome",
    "Panel",
    "PendingCommand",
    "Point",
    "PortError",
    "Reading",
    "Record",
    "Recorded",
    "Role",
    "ScheduleReading",
    "Series",
    "SeriesStyle",
    "Services",
    "Slot",
    "Store",
    "StoreError",
    "Tick",
    "Turn",
    "Upload",
    "Usage",
    "Watch",
    "Window",
    "WindowAt",
]


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a deferred handler or a job may use; made by lib.bootstrap."""

    store: Store
    watch: Watch
    chat_model: ChatModel
    discord: DiscordAPI
    charts: Charts
    clock: Clock
