"""The composition root: from the settings to the services. Only here are adapters named."""

from __future__ import annotations

from dataclasses import dataclass

from lib.interactions.dispatch import Dispatcher
from lib.jobs import answer
from lib.jobs.answer import DeferredAnswers
from lib.jobs.queue import QueueDrain
from lib.jobs.stats import StatsSnapshot
from lib.logs import get_logger
from lib.ports import ChatModel, Clock, Meter, Services, Store
from lib.services.discord_rest import DiscordRest
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from lib.services.process_meter import ProcessMeter
from lib.services.supabase import SupabaseStore
from lib.services.unrecorded import UnrecordedStore
from lib.settings import Settings

log = get_logger(__name__)

SNAPSHOT = "snapshot"
"""The `command_queue.command` that asks for a snapshot now."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """What the edge calls."""

    services: Services
    answers: DeferredAnswers
    queue: QueueDrain
    stats: StatsSnapshot


def assemble(settings: Settings, clock: Clock, dispatcher: Dispatcher) -> Assembly:
    """Everything that `settings` describe, wired. No SDK is loaded and no connection made yet."""
    services = Services(
        store=_store(settings, clock),
        chat_model=_chat_model(settings, clock),
        discord=DiscordRest(clock, api_url=settings.discord_api_url),
        clock=clock,
    )
    return wire(services, dispatcher, ProcessMeter(lavalink_url=settings.lavalink_url))


def wire(services: Services, dispatcher: Dispatcher, meter: Meter) -> Assembly:
    """The jobs over any services; here stands which of them handles which queued command."""
    answers = DeferredAnswers(services, dispatcher)
    stats = StatsSnapshot(services, meter)
    queue = QueueDrain(
        services,
        {answer.KIND: answers.answer_again, SNAPSHOT: stats.take_on_command},
        self_ending=frozenset({answer.KIND}),
    )
    return Assembly(services, answers, queue, stats)


def _store(settings: Settings, clock: Clock) -> Store:
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
        return UnrecordedStore(clock)
    if settings.supabase_key_is_anon:
        log.warning(
            "database_degraded",
            hint="SUPABASE_ANON_KEY may not write; set SUPABASE_SECRET_KEY"
            " (Supabase: Project Settings, API Keys, Secret keys)",
        )
    return SupabaseStore(
        settings.supabase_url,
        settings.supabase_key,
        application_id=settings.discord_application_id,
    )


def _chat_model(settings: Settings, clock: Clock) -> ChatModel:
    if settings.gemini_api_key is None:
        return OfflineChatModel(clock=clock)
    return GeminiChatModel(
        api_key=settings.gemini_api_key.reveal(),
        model=settings.gemini_model,
        clock=clock,
        base_url=settings.gemini_base_url,
    )
