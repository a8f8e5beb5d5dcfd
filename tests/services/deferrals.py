"""An interaction that the simulated Discord was told to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dev.simulator.config import SimulatorConfig
from dev.simulator.errors import JsonObject
from dev.simulator.running import RunningSimulator, run_simulator
from lib.ports import InteractionWebhook
from tests.payloads import APPLICATION_ID
from tests.servers.scripted import Answer, scripted_server


@dataclass(frozen=True)
class Deferral:
    """An interaction that was told to wait, and what its user sees."""

    discord: RunningSimulator
    id: str

    @property
    def webhook(self) -> InteractionWebhook:
        return InteractionWebhook(APPLICATION_ID, self.discord.trace(self.id).payload["token"])

    @property
    def messages(self) -> list[JsonObject]:
        return self.discord.messages(self.id)


@contextmanager
def deferred_interaction() -> Iterator[Deferral]:
    """One `/stats` in a channel for all to see, deferred."""
    with scripted_server(Answer(body={"type": 5})) as bot:
        config = SimulatorConfig(
            application_id=APPLICATION_ID,
            bot_token="local.bot.token",
            signing_key="17" * 32,
            interactions_url=bot.url,
        )
        with run_simulator(config) as discord:
            discord.simulator.set_commands([{"name": "stats", "description": "S"}], guild_id=None)
            sent = discord.send_command("stats")
            discord.wait_for(sent, lambda seen: seen.is_thinking)
            yield Deferral(discord, sent)
