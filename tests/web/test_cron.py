"""The endpoints of the ticks: open to who has the secret, closed without one."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.jobs.schedule import SCHEDULED
from lib.logs import configure_logs
from lib.ports import StoreError
from lib.settings import Secret
from lib.web.bearer import is_authorized
from tests.bot import CRON_SECRET, Bot
from tests.captured_log import CapturedLog
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.discord import Call, CallKind, discord_error

PATHS = ["/api/cron_queue", "/api/cron_stats"]
RIGHT = f"Bearer {CRON_SECRET}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tick_with_the_secret_is_let_in_by_get_and_by_post(path: str, method: str) -> None:
    bot = Bot()
    reply = bot.client.request(method, path, headers={"Authorization": RIGHT})
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"


WRONG = [
    None,
    "",
    "Bearer",
    "Bearer ",
    CRON_SECRET,
    f"bearer {CRON_SECRET}",
    f"Bearer  {CRON_SECRET}",
    f"Bearer {CRON_SECRET} ",
    f"Bearer {CRON_SECRET[:-1]}",
    f"Bearer {CRON_SECRET}x",
    f"Bearer {CRON_SECRET.upper()}",
    f"{RIGHT}, {RIGHT}",
    f"{RIGHT},{RIGHT}",
    f"Basic {CRON_SECRET}",
    "Bearer \xe9\xe8\xff",
    f"Bearer {CRON_SECRET}\xa0",
    "Bearer None",
    "Bearer ***",
    "Bearer " + "x" * 100_000,
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", WRONG, ids=lambda header: repr(header)[:40])
def test_a_tick_without_the_right_secret_is_401_and_does_nothing(
    path: str, header: str | None
) -> None:
    bot = Bot()
    for method in ("GET", "POST"):
        headers = {} if header is None else {"Authorization": header}
        assert bot.client.request(method, path, headers=headers).status == 401
    assert bot.store.calls == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer None", RIGHT, "Bearer"])
def test_where_no_secret_is_set_the_endpoints_are_closed(path: str, header: str | None) -> None:
    for bot in (Bot(without=("CRON_SECRET",)), Bot(CRON_SECRET="  ")):
        headers = {} if header is None else {"Authorization": header}
        assert bot.client.request("GET", path, headers=headers).status == 401
        assert bot.store.calls == []


@given(header=st.none() | st.text(st.characters()))
def test_no_header_breaks_the_comparison(header: str | None) -> None:
    assert not is_authorized(header, Secret(CRON_SECRET))
    assert not is_authorized(header, None)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(path: str, method: str) -> None:
    reply = Bot().client.request(method, path, headers={"Authorization": RIGHT})
    assert reply.status == 405


@pytest.mark.parametrize("path", PATHS)
def test_a_database_that_is_down_is_503_in_one_line_that_names_nothing(path: str) -> None:
    bot = Bot()
    bot.store.is_down = True
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    reply = bot.client.get(path, Authorization=RIGHT)
    assert reply.status == 503
    assert reply.json == {"error": "the database did not answer"}
    assert "Traceback" not in stream.getvalue()
    assert '"code": "unreachable"' in stream.getvalue()


def test_the_queue_says_what_it_did() -> None:
    bot = Bot(ScriptedChatModel())
    bot.store.insert("snapshot")
    bot.store.insert("answer")
    reply = bot.client.get("/api/cron_queue", Authorization=RIGHT)
    scheduled = len(SCHEDULED)
    assert reply.json == {"enqueued": scheduled, "claimed": 2 + scheduled, "failed": 1}


def test_a_doubled_tick_enqueues_nothing_and_finds_nothing_to_do() -> None:
    bot = Bot()
    assert bot.tick() == 200
    reply = bot.client.get("/api/cron_queue", Authorization=RIGHT)
    assert reply.json == {"enqueued": 0, "claimed": 0, "failed": 0}


def test_a_tick_with_nothing_to_do_asks_the_database_twice() -> None:
    bot = Bot()
    bot.tick()
    bot.store.calls.clear()
    assert bot.tick() == 200
    assert bot.store.calls == ["record_invocation", "claim_commands"]
    bot.store.calls.clear()
    assert bot.tick("/api/cron_stats") == 200
    assert bot.store.calls == ["send_system_stats", "record_invocation"]


def test_a_snapshot_is_one_row_and_has_no_ping_where_discord_is_not_reached() -> None:
    bot = Bot()
    assert bot.tick("/api/cron_stats") == 200
    bot.discord.refuse(CallKind.MEASURE_PING, discord_error(0))
    assert bot.tick("/api/cron_stats") == 200
    pings = [row["ping_gateway"] for row in bot.store.tables.system_stats]
    assert pings == [42, None]


def test_a_fault_of_the_code_is_500_and_tells_no_stranger_why() -> None:
    bot = Bot()
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)

    def fall(_call: Call) -> None:
        raise ZeroDivisionError(f"with {CRON_SECRET} in it")

    bot.discord.on_call = fall
    configure_logs(level="INFO", as_json=True, secrets=[CRON_SECRET], stream=stream)
    reply = bot.client.get("/api/cron_stats", Authorization=RIGHT)
    assert reply.status == 500
    assert "ZeroDivision" not in reply.text
    assert "ZeroDivisionError" in stream.getvalue()
    assert CRON_SECRET not in stream.getvalue()


@pytest.mark.parametrize(
    ("path", "operation"),
    [("/api/cron_stats", "send_system_stats"), ("/api/cron_queue", "claim_commands")],
)
def test_what_a_tick_that_fails_has_logged_is_written_down(
    log: CapturedLog, path: str, operation: str
) -> None:
    bot = Bot(output=log.output)
    bot.store.refuse(operation, StoreError(operation, "42501", "denied"))
    assert bot.tick(path) == 503
    assert [event.message.split()[0] for event in bot.watch.events] == ["tick_failed"]


def test_but_not_by_a_database_that_does_not_answer(log: CapturedLog) -> None:
    bot = Bot(output=log.output)
    bot.store.refuse("claim_commands", StoreError("claim_commands", "timed_out", "hung"))
    assert bot.tick() == 503
    assert bot.store.calls == ["record_invocation", "claim_commands"]
    bot.tick()
    assert [event.message.split()[0] for event in bot.watch.events] == ["tick_failed"]


def test_a_tick_is_a_detail_of_the_log() -> None:
    log = CapturedLog(level="DEBUG")
    Bot(output=log.output).tick()
    assert [(line["name"], line["level"]) for line in log.of("ticked")] == [("cron_queue", "DEBUG")]


def test_a_refused_insert_is_503_with_its_cause_in_the_log() -> None:
    bot = Bot()
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    bot.store.refuse("send_system_stats", StoreError("send_system_stats", "42501", "denied"))
    assert bot.tick("/api/cron_stats") == 503
    assert '"code": "42501"' in stream.getvalue()
