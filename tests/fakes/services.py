"""The services of a test: its own, and fakes for all that it does not care about."""

from __future__ import annotations

from lib.ports import Charts, ChatModel, Clock, DiscordAPI, Services, Store, Watch
from lib.services.unrecorded_watch import UnrecordedWatch
from tests.fakes.charts import DescribedCharts
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.discord import RecordingDiscord
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch


def services_of(
    clock: Clock,
    *,
    store: Store | None = None,
    watch: Watch | None = None,
    chat_model: ChatModel | None = None,
    discord: DiscordAPI | None = None,
    charts: Charts | None = None,
) -> Services:
    """Services on `clock`; the watch is that of the store, where that is in memory."""
    store = store or MemoryStore(clock)
    if watch is None and isinstance(store, MemoryStore):
        watch = MemoryWatch(store, clock)
    return Services(
        store=store,
        watch=watch or UnrecordedWatch(clock),
        chat_model=chat_model or ScriptedChatModel(),
        discord=discord or RecordingDiscord(),
        charts=charts or DescribedCharts(),
        clock=clock,
    )
