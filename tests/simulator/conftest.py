"""A running simulator with the stand-in bot behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dev.simulator import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator
from tests.simulator.standin_bot import Rest, StandinBot, register, run_standin_bot

APPLICATION_ID = "1180000000000000900"


@dataclass
class Pair:
    """The simulator and the bot it talks to."""

    discord: RunningSimulator
    bot: StandinBot

    @property
    def rest(self) -> Rest:
        return self.bot.rest


@pytest.fixture
def first_response_seconds() -> float:
    """How long Discord waits for an answer: a machine that is busy is no bot that keeps silent."""
    return 30.0


@pytest.fixture
def config(first_response_seconds: float) -> SimulatorConfig:
    return SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token="local.bot.token",
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
        first_response_seconds=first_response_seconds,
    )


@pytest.fixture
def pair(config: SimulatorConfig) -> Iterator[Pair]:
    with run_simulator(config) as discord:
        bot = StandinBot(Rest(discord.api_url, config.bot_token), discord.public_key)
        register(bot.rest, config.application_id)
        with run_standin_bot(bot) as url:
            discord.interactions_url = url
            yield Pair(discord, bot)


@pytest.fixture
def discord(pair: Pair) -> RunningSimulator:
    return pair.discord


@pytest.fixture
def rest(pair: Pair) -> Rest:
    return pair.rest
