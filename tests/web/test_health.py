"""GET /health: a word for everybody, everything for who has the secret."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import requests

from lib.logs import get_logger
from lib.ports import Finding, Heartbeat
from lib.version import VERSION
from tests.bot import CRON_SECRET, Bot
from tests.captured_log import CapturedLog
from tests.fakes.discord import CallKind, discord_error
from tests.living_bot import BOT_TOKEN, living_bot
from tests.payloads import slash
from tests.servers.scripted import Answer, scripted_server

RIGHT = f"Bearer {CRON_SECRET}"
SECRETS = (CRON_SECRET, "sb_secret_for_tests_only", "a-key-for-tests-only")


def test_everybody_may_know_the_status_and_the_version_and_no_more() -> None:
    bot = Bot()
    bot.watch.findings = [Finding("queue_age", "The oldest row has waited long.")]
    reply = bot.client.get("/health")
    assert (reply.status, reply.json) == (200, {"status": "degraded", "version": VERSION})
    assert reply.headers["Cache-Control"] == "no-store"


def test_strangers_make_us_ask_others_once_in_a_while() -> None:
    bot = Bot()
    for _ in range(5):
        assert bot.client.get("/health").status == 200
    assert bot.store.calls == ["health_reading", "record_invocation"]
    assert [call.kind for call in bot.discord.calls] == [CallKind.MEASURE_PING]
    bot.clock.advance(15)
    bot.store.is_down = True
    assert bot.client.get("/health").json["status"] == "degraded"
    assert len(bot.store.calls) == 4


def test_who_looks_from_outside_keeps_the_watch_and_writes_down_what_was_logged(
    log: CapturedLog,
) -> None:
    for header in ({}, {"Authorization": RIGHT}):
        bot = Bot(output=log.output)
        get_logger("lib.tests").warning("something_odd")
        with bot.client.requesting("GET", "/health", headers=header) as reply:
            assert reply.status == 200
            assert bot.watch.records == []  # nobody waits for it
        (record,) = bot.watch.records
        assert [event.message for event in record.events] == ["something_odd"]


def test_the_public_word_is_that_of_the_whole_check_but_for_the_model() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.MEASURE_PING, *[discord_error(0)] * 2)
    public, whole = bot.client.get("/health"), bot.client.get("/health", Authorization=RIGHT)
    assert (public.status, public.json["status"]) == (503, "unhealthy")
    assert (whole.status, whole.json["status"]) == (503, "unhealthy")


def test_a_bot_that_can_answer_nobody_is_503() -> None:
    bot = Bot(without=("DISCORD_PUBLIC_KEY",))
    reply = bot.client.get("/health")
    assert (reply.status, reply.json["status"]) == (503, "unhealthy")
    assert bot.client.get("/health", Authorization=RIGHT).status == 503


def test_with_the_secret_everything_is_told() -> None:
    bot = Bot()
    bot.client.send(slash("ping"))
    bot.tick()
    bot.clock.advance(90)
    bot.watch.heartbeats = [Heartbeat("worker", bot.clock.now(), {"guilds": 2})]
    bot.store.insert("snapshot")
    bot.clock.advance(10)
    reply = bot.client.get("/health", Authorization=RIGHT)
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    told = reply.json
    assert (told["status"], told["reasons"], told["notes"]) == ("healthy", [], [])
    assert told["uptime_seconds"] == 100
    assert told["discord"] == {"state": "reached", "latency_ms": 42, "fault": None}
    assert told["model"]["latency_ms"] == 40
    assert told["guilds"] == 3
    assert told["queue"] == {"depth": 1, "oldest_seconds": 10}
    (tick,) = [entry for entry in told["schedules"] if entry["name"] == "cron_queue"]
    assert tick["seconds_since"] == 100
    (beat,) = told["heartbeats"]
    assert (beat["name"], beat["seconds_since"], beat["detail"]) == ("worker", 10, {"guilds": 2})
    assert told["window"]["executed"] == 1


def test_with_the_secret_the_reasons_are_told() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.MEASURE_PING, discord_error(0))
    bot.watch.findings = [Finding("schedule:cron_stats", "cron_stats has not run for 700 s.")]
    reply = bot.client.get("/health", Authorization=RIGHT)
    assert reply.status == 503
    assert reply.json["reasons"] == [
        "Discord's API is not reached: no connection.",
        "A schedule does not run: cron_stats has not run for 700 s.",
    ]
    assert reply.json["discord"]["fault"] == "unreachable"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nonsense", CRON_SECRET, f"{RIGHT},{RIGHT}"]
)
def test_a_wrong_secret_is_401_and_asks_nobody(header: str) -> None:
    bot = Bot()
    reply = bot.client.get("/health", Authorization=header)
    assert reply.status == 401
    assert reply.headers["Cache-Control"] == "no-store"
    assert (bot.store.calls, bot.discord.calls) == ([], [])


def test_where_no_secret_is_set_nobody_gets_more_than_the_status() -> None:
    bot = Bot(without=("CRON_SECRET",))
    assert bot.client.get("/health", Authorization=RIGHT).status == 401
    assert bot.client.get("/health").status == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": RIGHT}])
def test_no_secret_is_in_what_is_told(header: dict[str, str]) -> None:
    bot = Bot(DISCORD_BOT_TOKEN="a.bot.token-for-tests")
    bot.store.is_down = True
    text = bot.client.get("/health", **header).text
    assert not [secret for secret in (*SECRETS, "a.bot.token-for-tests") if secret in text]


@pytest.mark.stack
def test_on_the_real_database_the_rows_are_read(
    supabase_url: str, secret_key: str, database: psycopg.Connection[Any]
) -> None:
    with living_bot(
        SUPABASE_URL=supabase_url, SUPABASE_SECRET_KEY=secret_key, DISCORD_BOT_TOKEN=BOT_TOKEN
    ) as (_, url):
        database.execute("insert into command_queue (command) values ('snapshot')")
        database.execute(
            "insert into interaction_log (command, kind, acknowledged_ms, finished_ms, outcome)"
            " values ('ask', 'command', 20, 900, 'answered'),"
            " ('ask', 'command', 40, 1100, 'failed')"
        )
        database.execute("insert into heartbeats (name, every_seconds) values ('worker', 15)")
        database.execute(
            "update schedules set last_run_at = now() - interval '3 days',"
            " since = now() - interval '3 days' where name = 'cron_stats'"
        )
        told = requests.get(f"{url}/health", headers={"Authorization": RIGHT}, timeout=10).json()
        assert requests.get(f"{url}/health", timeout=10).json()["status"] == "degraded"
    assert told["status"] == "degraded"
    assert told["reasons"][0].startswith("A schedule does not run: cron_stats has not run")
    assert told["queue"]["depth"] == 1
    assert told["window"]["executed"] == 2
    assert told["window"]["p50_ms"] == 1000
    assert told["window"]["error_rate"] == 0.5
    assert [beat["name"] for beat in told["heartbeats"]] == ["worker"]
    assert told["guilds"] == 1
    assert told["database"]["state"] == "reached"


def test_a_database_that_takes_the_request_and_says_nothing_is_told_as_such() -> None:
    with (
        scripted_server(Answer(silent=True)) as silent,
        living_bot(SUPABASE_URL=silent.url, SUPABASE_SECRET_KEY="sb_secret_for_tests_only") as (
            _,
            url,
        ),
    ):
        public = requests.get(f"{url}/health", timeout=20)
        told = requests.get(f"{url}/health", headers={"Authorization": RIGHT}, timeout=20).json()
    assert public.json() == {"status": "degraded", "version": VERSION}
    assert told["database"] == {"state": "not_reached", "latency_ms": None, "fault": "timed_out"}
    assert told["discord"]["state"] == "reached"
