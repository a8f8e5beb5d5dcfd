"""What Halley asks of the world outside: each port a Protocol, with the values that cross it.

The adapters stand in lib/services, their twins for tests in tests/fakes; both pass the same
contract tests. Vendor exceptions stop at the adapter and become one of the errors below::

    PortError
    +-- ChatModelError    the model gave no (whole) answer; `failure` says why
    +-- AttachmentError   a file that a user attached was not fetched; `failure` says why
    +-- StoreError        the database did not do what was asked
    +-- DiscordError      Discord refused, or was not reached
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from lib.ports.attachment import AttachmentError, AttachmentFailure, AttachmentFiles
    from lib.ports.base import JsonObject, PortError
    from lib.ports.chart import Chart, Charts, Panel, Point, Series, SeriesStyle
    from lib.ports.chat_model import (
        ChatModel,
        ChatModelError,
        ChatModelFailure,
        ChatModels,
        CompletionChunk,
        FinishReason,
        Media,
        MediaKind,
        ModelCard,
        Price,
        Prices,
        Provider,
        Role,
        Turn,
        Usage,
    )
    from lib.ports.chat_store import (
        Answer,
        CallOutcome,
        CallPurpose,
        ChatPlace,
        ChatStore,
        ConversationKind,
        Exchange,
        GuildSettings,
        History,
        Limits,
        ModelCall,
        OpenedChat,
        Question,
        QuotaExceeded,
        QuotaLimit,
        QuotaReading,
        Reservation,
        Reserved,
        Settlement,
        UsageDay,
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
    from lib.ports.player import (
        AdoptedSession,
        BeatReading,
        LoopMode,
        MusicSettings,
        Ordered,
        Play,
        PlayerOrder,
        PlayerReading,
        PlayerStore,
        PlaysPage,
        QueuedTrack,
        Session,
        SessionPosition,
        SessionStore,
        Track,
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

__all__ = [
    "AdoptedSession",
    "Allocation",
    "Answer",
    "AttachmentError",
    "AttachmentFailure",
    "AttachmentFiles",
    "Background",
    "BeatReading",
    "BotEvent",
    "CallOutcome",
    "CallPurpose",
    "Chart",
    "Charts",
    "ChatModel",
    "ChatModelError",
    "ChatModelFailure",
    "ChatModels",
    "ChatPlace",
    "ChatStore",
    "ClaimedCommand",
    "Clock",
    "Collected",
    "CommandCount",
    "CommandStatus",
    "CompletionChunk",
    "ConversationKind",
    "CoolingDown",
    "DeferredCommand",
    "DiscordAPI",
    "DiscordError",
    "Exchange",
    "FailureReason",
    "Finding",
    "FinishReason",
    "GuildSettings",
    "Health",
    "HealthCheck",
    "HealthReading",
    "HealthStatus",
    "Heartbeat",
    "History",
    "Instance",
    "InstanceDescription",
    "InteractionEntry",
    "InteractionKind",
    "InteractionWebhook",
    "JsonObject",
    "Lease",
    "Limits",
    "LogLevel",
    "LoggedInteraction",
    "LoopMode",
    "MeanReading",
    "Media",
    "MediaKind",
    "MemoryReading",
    "Meter",
    "ModelCall",
    "ModelCard",
    "MusicSettings",
    "OpenedChat",
    "Ordered",
    "Outcome",
    "Panel",
    "PendingCommand",
    "Play",
    "PlayerOrder",
    "PlayerReading",
    "PlayerStore",
    "PlaysPage",
    "Point",
    "PortError",
    "Price",
    "Prices",
    "Provider",
    "Question",
    "QueuedTrack",
    "QuotaExceeded",
    "QuotaLimit",
    "QuotaReading",
    "Reach",
    "ReachState",
    "Reading",
    "Record",
    "Recorded",
    "Reservation",
    "Reserved",
    "Role",
    "ScheduleReading",
    "Series",
    "SeriesStyle",
    "Services",
    "Session",
    "SessionPosition",
    "SessionStore",
    "Settlement",
    "Slot",
    "Store",
    "StoreError",
    "Tick",
    "Track",
    "Turn",
    "TypeCount",
    "Upload",
    "Usage",
    "UsageDay",
    "Watch",
    "Window",
    "WindowAt",
]


_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "attachment": ("AttachmentError", "AttachmentFailure", "AttachmentFiles"),
    "base": ("JsonObject", "PortError"),
    "chart": ("Chart", "Charts", "Panel", "Point", "Series", "SeriesStyle"),
    "chat_model": (
        "ChatModel",
        "ChatModelError",
        "ChatModelFailure",
        "ChatModels",
        "CompletionChunk",
        "FinishReason",
        "Media",
        "MediaKind",
        "ModelCard",
        "Price",
        "Prices",
        "Provider",
        "Role",
        "Turn",
        "Usage",
    ),
    "chat_store": (
        "Answer",
        "CallOutcome",
        "CallPurpose",
        "ChatPlace",
        "ChatStore",
        "ConversationKind",
        "Exchange",
        "GuildSettings",
        "History",
        "Limits",
        "ModelCall",
        "OpenedChat",
        "Question",
        "QuotaExceeded",
        "QuotaLimit",
        "QuotaReading",
        "Reservation",
        "Reserved",
        "Settlement",
        "UsageDay",
    ),
    "clock": ("Background", "Clock"),
    "discord": ("DiscordAPI", "DiscordError", "InteractionWebhook", "Upload"),
    "health": ("Health", "HealthCheck", "HealthStatus", "Reach", "ReachState"),
    "machine": (
        "Allocation",
        "Collected",
        "Instance",
        "InstanceDescription",
        "MemoryReading",
        "Meter",
        "Reading",
        "TypeCount",
    ),
    "player": (
        "AdoptedSession",
        "BeatReading",
        "LoopMode",
        "MusicSettings",
        "Ordered",
        "Play",
        "PlayerOrder",
        "PlayerReading",
        "PlayerStore",
        "PlaysPage",
        "QueuedTrack",
        "Session",
        "SessionPosition",
        "SessionStore",
        "Track",
    ),
    "store": (
        "ClaimedCommand",
        "CommandStatus",
        "CoolingDown",
        "DeferredCommand",
        "FailureReason",
        "Lease",
        "PendingCommand",
        "Store",
        "StoreError",
    ),
    "watch": (
        "BotEvent",
        "CommandCount",
        "Finding",
        "HealthReading",
        "Heartbeat",
        "InteractionEntry",
        "InteractionKind",
        "LogLevel",
        "LoggedInteraction",
        "MeanReading",
        "Outcome",
        "Record",
        "Recorded",
        "ScheduleReading",
        "Slot",
        "Tick",
        "Watch",
        "Window",
        "WindowAt",
    ),
}
"""Which module has which names. Each is loaded when somebody first asks for one of them: a cold
function has no time for all of them before Discord is answered."""
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names}

if not TYPE_CHECKING:  # to which every name would seem to be there

    def __getattr__(name: str) -> object:
        """As `from lib.ports.<module> import <name>`, for the names above (PEP 562)."""
        if (module := _MODULES.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value  # the next look finds it at once
        return value


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a deferred handler or a job may use; made by lib.bootstrap.

    `zone` is the owner's time zone, for what is shown to nobody in particular.
    """

    store: Store
    watch: Watch
    chat: ChatStore
    player: PlayerStore
    models: ChatModels
    prices: Prices
    discord: DiscordAPI
    attachments: AttachmentFiles
    charts: Charts
    health: HealthCheck
    instance: Instance
    clock: Clock
    zone: ZoneInfo
