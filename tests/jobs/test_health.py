"""What the check of the bot's health makes of each part that may fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.jobs.health import BoundedHealthCheck
from lib.locales import Locale
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Finding,
    Health,
    HealthReading,
    HealthStatus,
    Heartbeat,
    ReachState,
    StoreError,
)
from lib.settings import Settings
from tests.bot import ENVIRONMENT, Bot
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.clock import ManualClock
from tests.fakes.discord import CallKind, RecordingDiscord, discord_error
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch
from tests.payloads import slash

HEALTHY, DEGRADED, UNHEALTHY = HealthStatus


def check(bot: Bot) -> Health:
    return bot.services.health.check()


def english(health: Health) -> list[str]:
    return [reason.in_(Locale.ENGLISH) for reason in health.reasons]


def test_a_bot_that_reaches_everything_is_healthy() -> None:
    bot = Bot()
    bot.client.send(slash("ping"))
    health = check(bot)
    assert health.status is HEALTHY
    assert (health.reasons, health.notes) == ((), ())
    assert (health.discord.latency_ms, health.model.latency_ms) == (42, 40)
    assert health.database.state is ReachState.REACHED
    assert health.guild_count == 3
    assert health.deployed_at == bot.clock.now()
    assert health.reading is not None
    assert health.reading.window.executed == 1


def test_without_discords_key_nobody_can_be_answered() -> None:
    health = check(Bot(without=("DISCORD_PUBLIC_KEY",)))
    assert health.status is UNHEALTHY
    assert "DISCORD_PUBLIC_KEY" in english(health)[0]


@pytest.mark.parametrize(("status", "word"), [(0, "no connection"), (502, "`502`")])
def test_a_discord_that_is_not_reached_makes_it_unhealthy(status: int, word: str) -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.MEASURE_PING, discord_error(status))
    health = check(bot)
    assert health.status is UNHEALTHY
    assert english(health) == [f"Discord's API is not reached: {word}."]


def test_a_discord_that_asks_for_patience_is_there() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.MEASURE_PING, discord_error(429))
    health = check(bot)
    assert health.status is HEALTHY
    assert health.discord.state is ReachState.REACHED


def test_a_refused_bot_token_is_a_note_and_no_fault() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.COUNT_GUILDS, discord_error(401))
    health = check(bot)
    assert (health.status, health.guild_count) == (HEALTHY, None)
    assert "`401`" in health.notes[0].en


def test_a_database_that_is_down_degrades_it() -> None:
    bot = Bot()
    bot.store.is_down = True
    health = check(bot)
    assert health.status is DEGRADED
    assert english(health) == ["The database is not reached: no connection."]
    assert health.reading is None


def test_a_key_that_may_not_write_is_told_as_such() -> None:
    bot = Bot(without=("SUPABASE_SECRET_KEY",), SUPABASE_ANON_KEY="an-anon-key-for-tests")
    bot.store.refuse("health_reading", StoreError("health_reading", "42501", "denied"))
    health = check(bot)
    assert health.status is DEGRADED
    (reason,) = english(health)
    assert "SUPABASE_SECRET_KEY" in reason


def test_a_model_that_does_not_answer_degrades_it() -> None:
    model = ScriptedChatModel()
    model.ping_error = ChatModelError(ChatModelFailure.BAD_KEY, "HTTP 400")
    health = check(Bot(model))
    assert health.status is DEGRADED
    assert english(health) == ["The model is not reached: the key is refused."]


def test_without_a_key_there_is_no_model_to_reach() -> None:
    health = check(Bot(without=("GEMINI_API_KEY",)))
    assert (health.status, health.model.state) == (HEALTHY, ReachState.UNSET)


def test_without_a_database_it_is_healthy_with_a_note() -> None:
    bot = Bot(without=("SUPABASE_URL",))
    health = check(bot)
    assert (health.status, health.database.state) == (HEALTHY, ReachState.UNSET)
    assert "nothing is recorded" in health.notes[0].en
    assert bot.store.calls == []


def test_what_the_watch_finds_is_told_in_both_languages() -> None:
    bot = Bot()
    bot.watch.findings = [Finding("queue_age", "The oldest of 3 waiting rows has waited.")]
    health = check(bot)
    assert health.status is DEGRADED
    (reason,) = health.reasons
    assert reason.en.startswith("The queue is not worked off: The oldest of 3")
    assert reason.ja.startswith("キューの処理が滞っています")


def test_a_finding_is_told_with_the_figures_of_the_reading() -> None:
    bot = Bot()
    bot.tick("/api/cron_stats")
    bot.store.insert("snapshot")
    bot.watch.heartbeats = [Heartbeat("worker", bot.clock.now(), {})]
    bot.clock.advance(2 * 86400 + 3 * 3600)
    names = ("schedule:cron_stats", "heartbeat:worker", "queue_age", "error_rate")
    bot.watch.findings = [Finding(name, "Somebody should look.") for name in names]
    health = check(bot)
    assert english(health) == [
        "A schedule does not run: cron_stats has not run for 2 days 3 h.",
        "A process is not heard of: worker has not been heard of for 2 days 3 h.",
        "The queue is not worked off: the oldest of 1 waiting rows has waited for 2 days 3 h.",
        "Many commands fail: Somebody should look.",
    ]
    assert health.reasons[0].ja == (
        "定期処理が実行されていません: cron_stats（最後の実行から2日3時間）"
    )
    assert health.reasons[2].ja == "キューの処理が滞っています: 1件が待機中（最長2日3時間）"


class SlowWatch(MemoryWatch):
    """A watch whose last commands were acknowledged late."""

    def read_health(self, *, deployment: str) -> HealthReading:
        reading = super().read_health(deployment=deployment)
        window = replace(reading.window, is_slow=True, acknowledged_p95_ms=1840.0)
        return replace(reading, window=window)


def test_slow_answers_degrade_it() -> None:
    clock = ManualClock()
    health = health_check(watch=SlowWatch(MemoryStore(clock), clock)).check()
    assert health.status is DEGRADED
    (reason,) = health.reasons
    assert "1.8 s" in reason.en
    assert "1.8秒" in reason.ja


def test_a_fault_of_our_own_is_told_as_well_as_the_rest() -> None:
    class Broken(ScriptedChatModel):
        def measure_ping_ms(self) -> int:
            raise ZeroDivisionError

    health = check(Bot(Broken()))
    assert health.status is DEGRADED
    assert english(health) == ["The model is not reached: `ZeroDivisionError`."]
    assert health.guild_count == 3


# --- those who never answer -----------------------------------------------------------------------


@pytest.fixture
def end() -> Iterator[threading.Event]:
    """Holds whoever waits for it until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class HangingDiscord(RecordingDiscord):
    """As if looking the host's name up took for ever, which no time-out ends."""

    def __init__(self, end: threading.Event) -> None:
        super().__init__()
        self._end = end

    def measure_ping_ms(self) -> int:
        self._end.wait()
        return super().measure_ping_ms()

    def count_guilds(self) -> int | None:
        self._end.wait()
        return super().count_guilds()


class HangingWatch(MemoryWatch):
    def __init__(self, end: threading.Event) -> None:
        clock = ManualClock()
        super().__init__(MemoryStore(clock), clock)
        self._end = end
        self.asked = 0

    def read_health(self, *, deployment: str) -> HealthReading:
        self.asked += 1
        self._end.wait()
        return super().read_health(deployment=deployment)


class HangingModel(ScriptedChatModel):
    def __init__(self, end: threading.Event) -> None:
        super().__init__()
        self._end = end

    def measure_ping_ms(self) -> int:
        self._end.wait()
        return super().measure_ping_ms()


def health_check(
    *,
    watch: MemoryWatch | None = None,
    discord: RecordingDiscord | None = None,
    model: ScriptedChatModel | None = None,
    clock: ManualClock | None = None,
) -> BoundedHealthCheck:
    clock = clock or ManualClock()
    return BoundedHealthCheck(
        Settings.from_env(ENVIRONMENT),
        watch=watch or MemoryWatch(MemoryStore(clock), clock),
        discord=discord or RecordingDiscord(),
        chat_model=model or ScriptedChatModel(),
        clock=clock,
        deployment="this one",
        patience_seconds=0.2,
    )


def test_the_check_ends_though_nobody_answers(end: threading.Event) -> None:
    health = health_check(
        watch=HangingWatch(end), discord=HangingDiscord(end), model=HangingModel(end)
    ).check()
    assert not end.is_set()
    assert health.status is UNHEALTHY
    assert [reach.fault for reach in (health.database, health.discord, health.model)] == [
        "timed_out"
    ] * 3
    assert (health.guild_count, health.reading) == (None, None)


def test_one_who_hangs_hides_nobody_else(end: threading.Event) -> None:
    health = health_check(discord=HangingDiscord(end)).check()
    assert health.discord.fault == "timed_out"
    assert health.database.state is ReachState.REACHED
    assert health.model.latency_ms == 40


def test_a_glance_at_a_database_that_hangs_ends_too_and_holds_for_a_while(
    end: threading.Event,
) -> None:
    clock, watch = ManualClock(), HangingWatch(end)
    checking = health_check(watch=watch, clock=clock)
    assert checking.glance() is DEGRADED
    clock.advance(14)
    assert checking.glance() is DEGRADED
    assert watch.asked == 1  # whoever asks often makes nobody else be asked
    clock.advance(2)
    assert checking.glance() is DEGRADED
    assert watch.asked == 2


def test_of_many_who_glance_at_once_one_asks() -> None:
    clock = ManualClock()
    watch = MemoryWatch(store := MemoryStore(clock), clock)
    checking = health_check(watch=watch, clock=clock)
    seen: list[HealthStatus] = []
    threads = [threading.Thread(target=lambda: seen.append(checking.glance())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [HEALTHY] * 8
    assert store.calls == ["health_reading"]
