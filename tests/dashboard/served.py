"""The dashboard's page at an address, as a deployment serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dev.checkout import Checkout
from dev.functions import FunctionHost, rules_of
from dev.local_supabase import LocalSupabase
from dev.simulator.config import SimulatorConfig
from dev.simulator.running import run_simulator
from dev.simulator.world import OWNER_ID
from lib.services.discord_rest import DiscordRest
from lib.services.supabase import SupabaseStore
from lib.settings import Settings
from lib.web.front import create_app
from tests.living_bot import BOT_TOKEN, CRON_SECRET
from tests.payloads import APPLICATION_ID
from tests.servers.wsgi import serving

FUNCTIONS = ("/api/interactions", "/api/cron_stats", "/api/cron_queue")
PUBLIC = Checkout.here().root / "public"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where the page is, and the Supabase that it reads."""

    url: str
    supabase: LocalSupabase


@contextmanager
def served_dashboard(supabase: LocalSupabase) -> Iterator[Dashboard]:
    """`public/` and the functions at one address, with the headers that a deployment has."""
    config = SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token=BOT_TOKEN,
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
    )
    with run_simulator(config) as discord:
        keys = supabase.keys
        settings = Settings.from_env(
            {
                "ENVIRONMENT": "test",
                "LOG_LEVEL": "WARNING",
                "DISCORD_PUBLIC_KEY": discord.public_key,
                "DISCORD_API_URL": discord.api_url,
                "DISCORD_CDN_URL": discord.api_url,
                "DISCORD_BOT_TOKEN": BOT_TOKEN,
                "SUPABASE_URL": supabase.url,
                "SUPABASE_SECRET_KEY": keys.secret_key,
                "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
                "CRON_SECRET": CRON_SECRET,
                "OWNER_IDS": OWNER_ID,
            }
        )
        front = create_app(settings)
        rules = rules_of(Checkout.here().root, supabase.url)
        host = FunctionHost(dict.fromkeys(FUNCTIONS, front), public=PUBLIC, rules=rules)
        with serving(host) as url:
            yield Dashboard(url, supabase)
        services = front._assembly.services
        if isinstance(services.store, SupabaseStore):
            services.store.close()
        if isinstance(services.discord, DiscordRest):
            services.discord.close()
