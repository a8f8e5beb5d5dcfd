"""Discord with the bot behind it as it is deployed: its functions over HTTP, its own settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from dev.simulator.config import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator
from lib.interactions.registry import CommandRegistry
from lib.ports import Clock
from lib.services.discord_rest import DiscordRest
from lib.services.supabase import SupabaseStore
from lib.settings import Settings
from lib.web.front import create_app
from tests.payloads import APPLICATION_ID
from tests.servers.wsgi import serving

BOT_TOKEN = "local.bot.token"
CRON_SECRET = "a-secret-for-the-ticks"


@contextmanager
def living_bot(
    clock: Clock | None = None, /, **environ: str
) -> Iterator[tuple[RunningSimulator, str]]:
    """Discord, with the bot behind it; and the bot's own address. Leaving waits for its work."""
    config = SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token=BOT_TOKEN,
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
        first_response_seconds=30.0,  # a machine that is busy is no bot that keeps silent
    )
    with run_simulator(config) as discord:
        settings = Settings.from_env(
            {
                "ENVIRONMENT": "test",
                "LOG_LEVEL": "WARNING",
                "DISCORD_PUBLIC_KEY": discord.public_key,
                "DISCORD_API_URL": discord.api_url,
                "DISCORD_CDN_URL": discord.api_url,
                "CRON_SECRET": CRON_SECRET,
                **environ,
            }
        )
        front = create_app(settings, clock)
        _register_commands(discord)
        with serving(front) as url:
            discord.interactions_url = f"{url}/api/interactions"
            yield discord, url
        store = front._assembly.services.store
        if isinstance(store, SupabaseStore):
            store.close()
        discord_rest = front._assembly.services.discord
        if isinstance(discord_rest, DiscordRest):
            discord_rest.close()
        assert discord.violations == []


def _register_commands(discord: RunningSimulator) -> None:
    """Register all commands, as `python3 dev register` does."""
    answer = requests.put(
        f"{discord.api_url}/applications/{APPLICATION_ID}/commands",
        json=[command.to_payload() for command in CommandRegistry("lib.commands").all()],
        headers={
            "Authorization": f"Bot {BOT_TOKEN}",
            "User-Agent": "DiscordBot (https://example.com, 1)",
        },
        timeout=10,
    )
    assert answer.ok, answer.text
