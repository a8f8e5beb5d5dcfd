"""GET /metrics: what Prometheus reads, by the official client and read by its own parser."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from lib.jobs.figures import Figures
from lib.ports import CommandCount, Finding, Heartbeat, MeanReading, Window
from lib.version import VERSION
from tests.bot import CRON_SECRET, Bot
from tests.client import Reply
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.watch import MemoryWatch
from tests.living_bot import BOT_TOKEN, living_bot
from tests.payloads import slash
from tests.servers.scripted import Answer, scripted_server

RIGHT = f"Bearer {CRON_SECRET}"
Labels = tuple[tuple[str, str], ...]
Samples = Mapping[tuple[str, Labels], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(bot: Bot) -> Samples:
    return samples(read(bot).text)


def read(bot: Bot) -> Reply:
    reply = bot.client.get("/metrics", Authorization=RIGHT)
    assert reply.status == 200
    return reply


def test_it_is_closed_to_who_has_not_the_secret() -> None:
    bot = Bot()
    for header in (None, "", "Bearer nonsense", f"{RIGHT},{RIGHT}"):
        headers = {} if header is None else {"Authorization": header}
        assert bot.client.request("GET", "/metrics", headers=headers).status == 401
    assert Bot(without=("CRON_SECRET",)).client.get("/metrics", Authorization=RIGHT).status == 401
    assert (bot.store.calls, bot.discord.calls) == ([], [])


def test_it_is_text_that_prometheus_knows_and_nobody_keeps() -> None:
    reply = read(Bot())
    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    assert reply.headers["Cache-Control"] == "no-store"


def test_commands_are_counted_by_name_and_outcome_and_timed() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello."), [lambda: bot.clock.advance(2.0), *saying("Hi.")]))
    bot.client.send(slash("ask", prompt="Hi").numbered(1))
    bot.clock.advance(10)
    bot.client.send(slash("ask", prompt="Hi").numbered(2).at(bot.clock.now()))
    bot.client.send(slash("gone").numbered(3).at(bot.clock.now()))
    found = scrape(bot)
    assert found["halley_commands_total", (("command", "ask"), ("outcome", "answered"))] == 2
    assert found["halley_commands_total", (("command", "gone"), ("outcome", "refused"))] == 1
    assert found["halley_command_duration_seconds", (("quantile", "0.5"),)] == 0
    assert found["halley_command_duration_seconds", (("quantile", "0.99"),)] > 1.5
    assert found["halley_acknowledged_seconds", (("quantile", "0.95"),)] == 0
    assert found["halley_error_rate", ()] == 0
    assert found["halley_commands_last_hour", ()] == 3
    assert found["halley_cold_starts_last_hour", ()] == 1


def test_the_parts_the_queue_and_the_clocks_are_there() -> None:
    bot = Bot()
    bot.tick("/api/cron_stats")
    bot.clock.advance(30)
    bot.store.insert("snapshot")
    bot.clock.advance(12)
    bot.watch.heartbeats = [Heartbeat("worker", bot.clock.now(), {})]
    bot.watch.findings = [Finding("error_rate", "Many.")]
    bot.watch.stats = [
        MeanReading(
            starts_at=bot.clock.now(),
            source="function",
            cpu_usage=cpu,
            ram_rss=48.5,
            ram_heap=210.0,
            ping_gateway=42.0,
            ping_lavalink=None,
        )
        for cpu in (10.0, 12.5)
    ]
    found = scrape(bot)
    assert found["halley_info", (("version", VERSION),)] == 1
    assert found["halley_status", (("status", "degraded"),)] == 1
    assert found["halley_status", (("status", "healthy"),)] == 0
    for component in ("database", "discord", "model"):
        assert found["halley_up", (("component", component),)] == 1
    assert found["halley_latency_seconds", (("component", "discord"),)] == 0.042
    assert found["halley_guilds", ()] == 3
    assert found["halley_queue_depth", ()] == 1
    assert found["halley_queue_oldest_seconds", ()] == 12
    assert found["halley_schedule_last_run_seconds", (("schedule", "cron_stats"),)] == 42
    assert found["halley_schedule_interval_seconds", (("schedule", "cron_stats"),)] == 86400
    assert found["halley_heartbeat_seconds", (("process", "worker"),)] == 0
    assert found["halley_findings", ()] == 1
    assert found["halley_cpu_percent", (("source", "function"),)] == 12.5  # the newest
    assert found["halley_discord_ping_seconds", (("source", "function"),)] == 0.042
    assert not [name for name, _ in found if name == "halley_lavalink_ping_seconds"]


def test_nothing_is_told_of_a_process_that_lives_for_seconds() -> None:
    names = {name for name, _ in scrape(Bot())}
    assert {name.partition("_")[0] for name in names} == {"halley"}


def test_with_the_database_down_it_answers_and_says_so() -> None:
    bot = Bot()
    bot.store.is_down = True
    found = scrape(bot)
    assert found["halley_up", (("component", "database"),)] == 0
    assert found["halley_up", (("component", "discord"),)] == 1
    assert not [name for name, _ in found if name.startswith(("halley_commands", "halley_queue"))]


def test_without_a_database_there_is_no_such_part() -> None:
    found = scrape(Bot(without=("SUPABASE_URL", "GEMINI_API_KEY")))
    assert found["halley_status", (("status", "healthy"),)] == 1
    assert [key for key in found if key[0] == "halley_up"] == [
        ("halley_up", (("component", "discord"),))
    ]


def test_tables_that_hang_hide_neither_each_other_nor_the_rest() -> None:
    end = threading.Event()

    class Hanging(MemoryWatch):
        def read_counts(self) -> list[CommandCount]:
            end.wait()
            return super().read_counts()

    bot = Bot()
    services = replace(bot.services, watch=Hanging(bot.store, bot.clock))
    figures = Figures(services, patience_seconds=0.2).read()
    assert not end.is_set()
    assert figures.counts is None
    assert isinstance(figures.last_hour, Window)
    assert figures.health.guild_count == 3
    end.set()


@pytest.mark.stack
def test_on_the_real_database_the_counts_outlive_their_rows(
    supabase_url: str, secret_key: str, database: psycopg.Connection[Any]
) -> None:
    with living_bot(
        SUPABASE_URL=supabase_url, SUPABASE_SECRET_KEY=secret_key, DISCORD_BOT_TOKEN=BOT_TOKEN
    ) as (_, url):
        database.execute(
            "insert into interaction_log (command, kind, acknowledged_ms, finished_ms, outcome)"
            " values ('ask', 'command', 20, 900, 'answered'),"
            " ('ask', 'command', 40, 1100, 'failed')"
        )
        database.execute("insert into interaction_totals values ('ask', 'answered', 41)")
        database.execute(
            "insert into system_stats (cpu_usage, ram_rss, ram_heap, ping_gateway, source)"
            " values (12.5, 48.25, 210, 42, 'function')"
        )
        reply = requests.get(f"{url}/metrics", headers={"Authorization": RIGHT}, timeout=10)
    found = samples(reply.text)
    assert found["halley_commands_total", (("command", "ask"), ("outcome", "answered"))] == 42
    assert found["halley_commands_total", (("command", "ask"), ("outcome", "failed"))] == 1
    assert found["halley_error_rate", ()] == 0.5
    assert found["halley_command_duration_seconds", (("quantile", "0.5"),)] == 1
    assert found["halley_cpu_percent", (("source", "function"),)] == 12.5
    assert found["halley_up", (("component", "database"),)] == 1


def test_a_database_that_takes_the_request_and_says_nothing_is_down() -> None:
    with (
        scripted_server(Answer(silent=True)) as silent,
        living_bot(SUPABASE_URL=silent.url, SUPABASE_SECRET_KEY="sb_secret_for_tests_only") as (
            _,
            url,
        ),
    ):
        reply = requests.get(f"{url}/metrics", headers={"Authorization": RIGHT}, timeout=20)
    found = samples(reply.text)
    assert found["halley_up", (("component", "database"),)] == 0
    assert found["halley_up", (("component", "discord"),)] == 1
