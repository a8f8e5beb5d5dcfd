"""What takes longer than it should is a warning with its name, wherever it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lib.jobs.inquiry import Inquiry
from lib.monitor import SLOW_SECONDS, monitor
from lib.ports import ChatModelError, DiscordError, InteractionWebhook, StoreError, Turn
from lib.ports.chat_model import Role
from lib.services.discord_rest import DiscordRest
from lib.services.gemini import GeminiChatModel
from lib.services.gemini_ping import measure_ping_ms
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.process_meter import ProcessMeter
from lib.services.supabase import SupabaseStore
from lib.settings import Secret
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.clock import PATIENCE_SECONDS, ManualClock
from tests.payloads import slash
from tests.servers.scripted import Answer, scripted_server


def slow(log: CapturedLog) -> list[tuple[str, int]]:
    """What was slow, and its time in ms."""
    lines = log.of("slow")
    assert {line["level"] for line in lines} <= {"WARNING"}
    return [(line["what"], line["ms"]) for line in lines]


def test_what_takes_longer_than_a_second_is_told_with_its_name_and_time(log: CapturedLog) -> None:
    clock = ManualClock()
    with monitor("a.walk", clock):
        clock.advance(1.25)
    assert slow(log) == [("a.walk", 1250)]


def test_what_takes_a_second_is_not(log: CapturedLog) -> None:
    clock = ManualClock()
    with monitor("a.walk", clock):
        clock.advance(SLOW_SECONDS)
    assert slow(log) == []


def test_what_fails_late_is_told_as_well_and_fails_as_before(log: CapturedLog) -> None:
    clock = ManualClock()

    def fail() -> None:
        with monitor("a.walk", clock):
            clock.advance(3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert slow(log) == [("a.walk", 3000)]


def test_what_stands_within_is_timed_by_itself(log: CapturedLog) -> None:
    clock = ManualClock()
    with monitor("outer", clock), monitor("inner", clock):
        clock.advance(2)
    assert slow(log) == [("inner", 2000), ("outer", 2000)]


def test_what_takes_no_longer_is_a_detail() -> None:
    log, clock = CapturedLog(level="DEBUG"), ManualClock()
    with monitor("a.walk", clock):
        clock.advance(0.25)
    (line,) = log.of("timed")
    assert (line["level"], line["what"], line["ms"]) == ("DEBUG", "a.walk", 250)


def test_what_nobody_waits_for_any_more_is_a_detail_however_long_it_takes() -> None:
    log, clock = CapturedLog(level="DEBUG"), ManualClock()
    begun, thawed, ended = threading.Event(), threading.Event(), threading.Event()

    def ask() -> None:
        with monitor("a.walk", clock):
            begun.set()
            thawed.wait(PATIENCE_SECONDS)
        ended.set()

    answer = Inquiry(clock, patience_seconds=0.01).ask(ask)
    with pytest.raises(TimeoutError):
        answer()
    assert begun.wait(PATIENCE_SECONDS)
    clock.advance(3600)  # the function was frozen, and thaws for another request
    thawed.set()
    assert ended.wait(PATIENCE_SECONDS)
    assert slow(log) == []
    assert [line["ms"] for line in log.of("timed")] == [3_600_000]


def test_what_is_slow_while_somebody_waits_is_told_from_an_inquiry_too(log: CapturedLog) -> None:
    clock = ManualClock()

    def ask() -> None:
        with monitor("a.walk", clock):
            clock.advance(1.25)

    Inquiry(clock, patience_seconds=20).ask(ask)()
    assert slow(log) == [("a.walk", 1250)]


# --- handlers ---------------------------------------------------------------------------------


def test_a_slow_answer_is_a_line_in_bot_logs(log: CapturedLog) -> None:
    clock = ManualClock()
    model = ScriptedChatModel([lambda: clock.advance(30.001), *saying("Hello.")])
    bot = Bot(model, clock=clock, output=log.output)
    bot.client.send(slash("ask", prompt="Hi"))
    assert slow(log) == [("command.ask", 30_001)]
    assert {"level": "warning", "message": "slow  what=command.ask ms=30001"} in (
        bot.store.tables.bot_logs
    )


def test_a_slow_job_is_a_line_in_bot_logs(log: CapturedLog) -> None:
    bot = Bot(output=log.output)

    bot.discord.on_call = lambda _call: bot.clock.advance(1.5)
    bot.store.insert("snapshot")
    bot.tick()
    assert slow(log) == [("job.snapshot", 1500)]
    assert [row["message"] for row in bot.store.tables.bot_logs if row["level"] == "warning"] == [
        "slow  what=job.snapshot ms=1500"
    ]


def test_an_answer_in_time_is_no_line_though_the_model_took_its_usual_time(
    log: CapturedLog,
) -> None:
    clock = ManualClock()
    model = ScriptedChatModel([lambda: clock.advance(12), *saying("Hello.")])
    bot = Bot(model, clock=clock, output=log.output)
    bot.client.send(slash("ask", prompt="Hi"))
    bot.client.send(slash("ping").numbered(2))
    assert slow(log) == []


# --- calls that leave the process -------------------------------------------------------------

WEBHOOK = InteractionWebhook("1180000000000000900", "a-token")
STATS: dict[str, Any] = {
    "cpu_usage": 1.0,
    "ram_rss": 1.0,
    "ram_heap": 1.0,
    "ping_gateway": 1,
    "ping_lavalink": None,
}
Calls = Callable[[str, ManualClock], object]
CALLS: dict[str, Calls] = {
    "supabase.roll_up_stats": lambda url, clock: PostgrestRpc(url, Secret("k"), clock=clock).call(
        "roll_up_stats", {}
    ),
    "supabase.send_system_stats": lambda url, clock: SupabaseStore(
        url, Secret("k"), clock=clock
    ).send_system_stats(**STATS),
    "discord.edit_original": lambda url, clock: DiscordRest(clock, api_url=url).edit_original(
        WEBHOOK, body={"content": "x"}
    ),
    "gemini.ping": lambda url, clock: measure_ping_ms(url, api_key="k", model="m", clock=clock),
    "lavalink.ping": lambda url, clock: ProcessMeter(
        lavalink_url=url, clock=clock
    ).ping_lavalink_ms(),
    "gemini.first_response": lambda url, clock: list(
        GeminiChatModel(api_key="k", model="m", clock=clock, base_url=url).stream(
            [Turn(Role.USER, "Hi")],
            system_instruction="Be brief.",
            deadline_seconds=timedelta(minutes=1).total_seconds(),
            max_output_tokens=100,
        )
    ),
}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("status", [200, 404])
def test_a_slow_call_of_a_server_is_told_whether_it_went_well_or_not(
    log: CapturedLog, what: str, status: int
) -> None:
    clock = ManualClock()
    seconds = 11 if what.endswith("first_response") else 2
    answer = Answer(status, [] if status == 200 else {}, meanwhile=lambda: clock.advance(seconds))
    with scripted_server(answer) as server:
        try:
            CALLS[what](server.url, clock)
        except (StoreError, DiscordError, ChatModelError):
            assert status == 404 or what.startswith("gemini")  # to which it is no answer
    assert slow(log)[0] == (what, 1000 * seconds)


def test_a_model_that_thinks_before_its_first_words_is_no_line(log: CapturedLog) -> None:
    clock = ManualClock()
    thinking = Answer(200, [], meanwhile=lambda: clock.advance(9))
    with scripted_server(thinking) as server, pytest.raises(ChatModelError):
        CALLS["gemini.first_response"](server.url, clock)
    assert slow(log) == []
