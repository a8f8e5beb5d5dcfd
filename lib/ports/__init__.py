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
from typing import TYPE_CHECKING

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
from lib.ports.health import Health, HealthCheck, HealthStatus, Reach, ReachState
from lib.ports.machine import (
    Allocation,
    Collected,
    Instance,
    InstanceDescription,
    MemoryReading,
    Meter,
    Reading,
    TypeCount,
)
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

if TYPE_CHECKING:  # loading it takes longer than most commands
    from zoneinfo import ZoneInfo

__all__ = [
    "Allocation",
    "Background",
    "BotEvent",
    "Chart",
    "Charts",
    "ChatModel",
    "ChatModelError",
    "ChatModelFailure",
    "ClaimedCommand",
    "Clock",
    "Collected",
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
    "Health",
    "HealthCheck",
    "HealthReading",
    "HealthStatus",
    "Heartbeat",
    "Instance",
    "InstanceDescription",
    "InteractionEntry",
    "InteractionKind",
    "InteractionWebhook",
    "JsonObject",
    "Lease",
    "LogLevel",
    "LoggedInteraction",
    "MeanReading",
    "MemoryReading",
    "Meter",
    "Outcome",
    "Panel",
    "PendingCommand",
    "Point",
    "PortError",
    "Reach",
    "ReachState",
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
    "TypeCount",
    "Upload",
    "Usage",
    "Watch",
    "Window",
    "WindowAt",
]


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a deferred handler or a job may use; made by lib.bootstrap.

    `zone` is the owner's time zone, for what is shown to nobody in particular.
    """

    store: Store
    watch: Watch
    chat_model: ChatModel
    discord: DiscordAPI
    charts: Charts
    health: HealthCheck
    instance: Instance
    clock: Clock
    zone: ZoneInfo
