"""The services of a test: its own, and fakes for all that it does not care about."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lib.bootstrap import deployment_of
from lib.jobs.health import BoundedHealthCheck
from lib.ports import Charts, ChatModel, Clock, DiscordAPI, Instance, Services, Store, Watch
from lib.services.unrecorded_watch import UnrecordedWatch
from lib.settings import Settings
from tests.fakes.charts import DescribedCharts
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.discord import RecordingDiscord
from tests.fakes.instance import FixedInstance
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch


def services_of(
    clock: Clock,
    *,
    settings: Settings | None = None,
    store: Store | None = None,
    watch: Watch | None = None,
    chat_model: ChatModel | None = None,
    discord: DiscordAPI | None = None,
    charts: Charts | None = None,
    instance: Instance | None = None,
) -> Services:
    """Services on `clock`; the watch is that of the store, where that is in memory. The health
    check is the real one, over the rest of them.
    """
    settings = settings or Settings()
    store = store or MemoryStore(clock)
    if watch is None and isinstance(store, MemoryStore):
        watch = MemoryWatch(store, clock)
    watch = watch or UnrecordedWatch(clock)
    chat_model = chat_model or ScriptedChatModel()
    discord = discord or RecordingDiscord()
    return Services(
        store=store,
        watch=watch,
        chat_model=chat_model,
        discord=discord,
        charts=charts or DescribedCharts(),
        health=BoundedHealthCheck(
            settings,
            watch=watch,
            discord=discord,
            chat_model=chat_model,
            clock=clock,
            deployment=deployment_of(settings),
        ),
        instance=instance or FixedInstance(),
        clock=clock,
        zone=ZoneInfo(settings.timezone),
    )
