"""The services of a test: its own, and fakes for all that it does not care about."""

from __future__ import annotations

from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from lib.bootstrap import deployment_of
from lib.jobs.health import BoundedHealthCheck
from lib.ports import (
    AttachmentFiles,
    Charts,
    ChatModel,
    ChatModels,
    ChatStore,
    Clock,
    DiscordAPI,
    Instance,
    PlayerStore,
    Services,
    Store,
    Watch,
)
from lib.services.unrecorded_chat import UnrecordedChatStore
from lib.services.unrecorded_player import UnrecordedPlayerStore
from lib.services.unrecorded_watch import UnrecordedWatch
from lib.settings import Settings
from tests.fakes.attachments import ScriptedFiles
from tests.fakes.charts import DescribedCharts
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.chat_models import FixedModels, FixedPrices
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.discord import RecordingDiscord
from tests.fakes.instance import FixedInstance
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch


class Given(TypedDict, total=False):
    """The ports that a test brings along."""

    settings: Settings
    store: Store
    watch: Watch
    chat: ChatStore
    player: PlayerStore
    chat_model: ChatModel
    models: ChatModels | None
    attachments: AttachmentFiles
    discord: DiscordAPI
    charts: Charts
    instance: Instance


def services_of(clock: Clock, **given: Unpack[Given]) -> Services:
    """Services on `clock`; the watch and the chat's tables are those of the store, where that is in
    memory. The health check is the real one, over the rest of them. `models` are `chat_model`
    alone, unless there are more.
    """
    settings = given.get("settings", Settings())
    store = given.get("store", MemoryStore(clock))
    watch, chat = given.get("watch"), given.get("chat")
    if isinstance(store, MemoryStore):
        watch = watch or MemoryWatch(store, clock)
        chat = chat or MemoryChatStore(clock, store=store)
    watch = watch or UnrecordedWatch(clock)
    models = given.get("models") or FixedModels(given.get("chat_model", ScriptedChatModel()))
    discord = given.get("discord", RecordingDiscord())
    return Services(
        store=store,
        watch=watch,
        chat=chat or UnrecordedChatStore(clock),
        player=given.get("player", UnrecordedPlayerStore()),
        models=models,
        prices=FixedPrices(),
        discord=discord,
        attachments=given.get("attachments", ScriptedFiles()),
        charts=given.get("charts", DescribedCharts()),
        health=BoundedHealthCheck(
            settings,
            watch=watch,
            discord=discord,
            chat_model=models.open(models.cards[0].name) if settings.api_keys else None,
            clock=clock,
            deployment=deployment_of(settings),
        ),
        instance=given.get("instance", FixedInstance()),
        clock=clock,
        zone=ZoneInfo(settings.timezone),
    )
