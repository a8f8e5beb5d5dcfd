"""The composition root: from the settings to the services. Only here are adapters named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.interactions.dispatch import Dispatcher
from lib.jobs import alert, answer, untaken, upkeep
from lib.jobs.alert import Alerts
from lib.jobs.answer import DeferredAnswers
from lib.jobs.figures import Figures
from lib.jobs.health import BoundedHealthCheck
from lib.jobs.ledger import Ledger
from lib.jobs.queue import CommandHandler, QueueDrain
from lib.jobs.schedule import queue_tick
from lib.jobs.stats import StatsSnapshot
from lib.jobs.untaken import UntakenOrders
from lib.jobs.upkeep import Upkeep
from lib.logs import LogOutput, get_logger
from lib.ports import (
    ChatModel,
    ChatModels,
    ChatStore,
    Clock,
    Meter,
    PlayerStore,
    Provider,
    Services,
    Store,
    Tick,
    Watch,
)
from lib.services.chat_models import ConfiguredModels
from lib.services.discord_files import DiscordFiles
from lib.services.discord_rest import DiscordRest
from lib.services.model_prices import GenaiPrices
from lib.services.pillow_chart import PillowChart
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.process_instance import ProcessInstance
from lib.services.process_meter import ProcessMeter
from lib.services.supabase import SupabaseStore
from lib.services.supabase_chat import SupabaseChatStore
from lib.services.supabase_player import SupabasePlayerStore
from lib.services.supabase_watch import READING_SECONDS, SupabaseWatch
from lib.services.unrecorded import UnrecordedStore
from lib.services.unrecorded_chat import UnrecordedChatStore
from lib.services.unrecorded_player import UnrecordedPlayerStore
from lib.services.unrecorded_watch import UnrecordedWatch
from lib.settings import Settings
from lib.version import VERSION

log = get_logger(__name__)

CHECKING_SECONDS = 1.0
"""What a check waits for Discord, which is no reason to keep its thread for longer."""
SNAPSHOT = "snapshot"
"""The `command_queue.command` that asks for a snapshot now."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """What the edge calls."""

    services: Services
    answers: DeferredAnswers
    queue: QueueDrain
    stats: StatsSnapshot
    ledger: Ledger
    figures: Figures
    due_tick: Callable[[], Tick]


def assemble(
    settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
) -> Assembly:
    """Everything that `settings` describe, wired. No SDK is loaded and no connection made yet."""
    store, watch, chat, player = _records(settings, clock)
    models = ConfiguredModels(settings, clock)
    discord = partial(
        DiscordRest, clock, api_url=settings.discord_api_url, bot_token=settings.discord_bot_token
    )
    health = BoundedHealthCheck(
        settings,
        watch=watch,
        discord=discord(timeout_seconds=CHECKING_SECONDS, keeps_connections=False),
        chat_model=_standing_model(models),
        clock=clock,
        deployment=deployment_of(settings),
    )
    services = Services(
        store=store,
        watch=watch,
        chat=chat,
        player=player,
        models=models,
        prices=GenaiPrices(),
        discord=discord(),
        attachments=DiscordFiles(clock, extra=settings.discord_cdn_url),
        charts=PillowChart(),
        health=health,
        instance=ProcessInstance(),
        clock=clock,
        zone=zone_of(settings),
    )
    meter = ProcessMeter(lavalink_url=settings.lavalink_url, clock=clock)
    return wire(services, dispatcher, meter, settings=settings, output=output)


def wire(
    services: Services,
    dispatcher: Dispatcher,
    meter: Meter,
    *,
    settings: Settings,
    output: LogOutput,
) -> Assembly:
    """The jobs over any services; here stands which of them handles which queued command."""
    alerts_for = alerts_for_of(settings)
    ledger = Ledger(services, output, deployment=deployment_of(settings), alerts_for=alerts_for)
    answers = DeferredAnswers(services, dispatcher, note=ledger.note_interaction)
    stats = StatsSnapshot(services, meter)
    keep = Upkeep(services)
    handlers: dict[str, CommandHandler] = {
        answer.KIND: answers.answer_again,
        upkeep.ROLL_UP: keep.roll_up_stats,
        upkeep.DELETE: keep.delete_old_rows,
        SNAPSHOT: stats.take_on_command,
        untaken.KIND: UntakenOrders(services).tell,
    }
    if alerts_for is not None and settings.alert_channel_id is not None:
        alerts = Alerts(services, channel_id=settings.alert_channel_id)
        handlers[alert.KIND] = alerts.tell
    queue = QueueDrain(services, handlers, self_ending=frozenset({answer.KIND}))
    return Assembly(
        services,
        answers,
        queue,
        stats,
        ledger=ledger,
        figures=Figures(services),
        due_tick=partial(_due_tick, services),
    )


def deployment_of(settings: Settings) -> str:
    """What tells this deployment from others: the host's own name for it, or the version."""
    return settings.deployment or f"halley {VERSION}"


def alerts_for_of(settings: Settings) -> str | None:
    """The application whose owner can be told of alerts: by a bot, in a channel."""
    if settings.alert_channel_id is None:
        return None
    if settings.discord_bot_token is None or settings.discord_application_id is None:
        log.warning(
            "alerts_are_not_told",
            hint="ALERT_CHANNEL_ID needs DISCORD_BOT_TOKEN and DISCORD_APPLICATION_ID as well",
        )
        return None
    return settings.discord_application_id


def zone_of(settings: Settings) -> ZoneInfo:
    """The owner's time zone."""
    try:
        return ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        log.error(
            "unknown_timezone",
            name=settings.timezone,
            hint="TIMEZONE: expected Asia/Tokyo or its like",
        )
        return ZoneInfo("UTC")


def _due_tick(services: Services) -> Tick:
    return queue_tick(services.clock.now(), services.zone)


def _records(settings: Settings, clock: Clock) -> tuple[Store, Watch, ChatStore, PlayerStore]:
    if settings.supabase_url is None or settings.supabase_key is None:
        missing = [
            *(["SUPABASE_URL"] if settings.supabase_url is None else []),
            *(["SUPABASE_SECRET_KEY"] if settings.supabase_key is None else []),
        ]
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        log.warning(
            "nothing_is_recorded",
            hint=f"{' and '.join(missing)} {verb} not set; answers work without {them}",
        )
        return (
            UnrecordedStore(clock),
            UnrecordedWatch(clock),
            UnrecordedChatStore(clock),
            UnrecordedPlayerStore(),
        )
    if settings.supabase_key_is_anon:
        log.warning(
            "database_degraded",
            hint="SUPABASE_ANON_KEY may not write; set SUPABASE_SECRET_KEY"
            " (Supabase: Project Settings, API Keys, Secret keys)",
        )
    url, key = settings.supabase_url, settings.supabase_key
    store = SupabaseStore(
        url,
        key,
        holder=f"functions {token_hex(3)}",  # tells this instance's rows from those of others
        application_id=settings.discord_application_id,
        clock=clock,
    )
    writing = PostgrestRpc(url, key, clock=clock)
    reading = PostgrestRpc(url, key, timeout_seconds=READING_SECONDS, clock=clock)
    return (
        store,
        SupabaseWatch(writing, reading, clock),
        SupabaseChatStore(writing),
        SupabasePlayerStore(writing),
    )


def _standing_model(models: ChatModels) -> ChatModel | None:
    """The one that answers by default; None: the offline model, which cannot be away."""
    card = models.cards[0]
    return None if card.provider is Provider.OFFLINE else models.open(card.name)
