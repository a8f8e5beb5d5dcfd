"""/health: everybody sees whether the bot works, its owner sees why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lib.ports import ChatModelError, ChatModelFailure, Finding, Heartbeat
from lib.version import VERSION
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import ASKER, slash

HEALTH = slash("health")


def card(bot: Bot, *, in_japanese: bool = False) -> Mapping[str, Any]:
    builder = HEALTH.at(bot.clock.now())
    bot.client.send(builder.in_japanese() if in_japanese else builder)
    (body,) = bot.discord.bodies()
    (embed,) = body["embeds"]
    assert isinstance(embed, dict)
    return embed


def fields(embed: Mapping[str, Any]) -> dict[str, str]:
    return {field["name"]: field["value"] for field in embed["fields"]}


def owners() -> Bot:
    return Bot(OWNER_IDS=ASKER)


def test_only_the_asker_sees_it() -> None:
    assert Bot().client.send(HEALTH).json == {"type": 5, "data": {"flags": 64}}


def test_everybody_sees_the_status_the_latencies_and_the_version() -> None:
    embed = card(Bot())
    assert embed["title"] == "🟢 Healthy"
    assert fields(embed) == {"Discord": "✅ 42 ms", "Database": "✅ 0 ms", "Model": "✅ 40 ms"}
    assert embed["footer"]["text"] == f"Halley {VERSION}"
    assert "description" not in embed


def test_the_same_in_japanese() -> None:
    embed = card(Bot(), in_japanese=True)
    assert embed["title"] == "🟢 正常"
    assert fields(embed) == {
        "Discord": "✅ 42ミリ秒",
        "データベース": "✅ 0ミリ秒",
        "モデル": "✅ 40ミリ秒",
    }


def test_a_stranger_learns_that_something_is_wrong_but_no_reasons() -> None:
    bot = Bot()
    bot.watch.findings = [Finding("schedule:cron_stats", "cron_stats has not run for 700 s.")]
    embed = card(bot)
    assert embed["title"] == "🟡 Degraded"
    assert "cron_stats" not in str(embed)


def test_the_owner_sees_the_reasons() -> None:
    bot = owners()
    bot.watch.findings = [Finding("schedule:cron_stats", "cron_stats has not run for 700 s.")]
    bot.discord.refuse(CallKind.MEASURE_PING, discord_error(0))
    embed = card(bot)
    assert embed["title"] == "🔴 Unhealthy"
    assert "- Discord's API is not reached: no connection." in embed["description"]
    assert "A schedule does not run: cron_stats has not run for 700 s." in embed["description"]
    assert fields(embed)["Discord"] == "❌ not reached"


def test_the_owner_reads_them_in_japanese() -> None:
    model = ScriptedChatModel()
    model.ping_error = ChatModelError(ChatModelFailure.TIMED_OUT, "no answer in time")
    bot = Bot(model, OWNER_IDS=ASKER)
    embed = card(bot, in_japanese=True)
    assert embed["title"] == "🟡 一部に問題があります"
    assert embed["description"] == "- モデルに接続できません（時間内に応答なし）。"


def test_the_owner_sees_the_queue_the_clocks_and_the_last_commands() -> None:
    bot = owners()
    bot.tick("/api/cron_stats")
    bot.client.send(slash("ping").at(bot.clock.now()))
    bot.watch.heartbeats = [Heartbeat("worker", bot.clock.now(), {})]
    embed = card(bot)
    moment = int(bot.clock.now().timestamp())
    shown = fields(embed)
    assert shown["Servers"] == "3"
    assert shown["Deployed"] == f"<t:{moment}:R>"
    assert shown["Latest commands (1)"].startswith("0% errors · response p95 0 ms")
    assert f"`cron_stats` <t:{moment}:R>" in shown["Last runs"]
    assert "`cron_queue` not yet" in shown["Last runs"]
    assert shown["Last signs of life"] == f"`worker` <t:{moment}:R>"
    assert shown["Queue"] == "empty"


def test_a_long_list_is_cut_short() -> None:
    bot = owners()
    bot.watch.findings = [Finding(f"schedule:{number}", "x" * 1000) for number in range(30)]
    embed = card(bot)
    assert embed["description"].endswith("… and 20 more")


def test_a_database_that_is_down_is_shown_and_costs_no_answer() -> None:
    bot = owners()
    bot.store.is_down = True
    embed = card(bot)
    assert embed["title"] == "🟡 Degraded"
    assert fields(embed)["Database"] == "❌ not reached"
    assert "Queue" not in fields(embed)


@pytest.mark.parametrize(
    ("in_japanese", "database", "model"),
    [(False, "➖ not set", "➖ offline model"), (True, "➖ 未設定", "➖ オフラインモデル")],
)
def test_what_is_not_set_is_no_fault(
    in_japanese: bool,  # noqa: FBT001
    database: str,
    model: str,
) -> None:
    bot = Bot(without=("SUPABASE_URL", "GEMINI_API_KEY"), OWNER_IDS=ASKER)
    embed = card(bot, in_japanese=in_japanese)
    assert embed["title"][0] == "🟢"
    assert list(fields(embed).values())[1:3] == [database, model]
    assert embed["description"].startswith("-# ")
