"""Calls of Discord's REST API over real HTTP: what is tried again, how long, and what never is."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from dev.simulator.config import SimulatorConfig
from dev.simulator.rate_limits import RateLimitScope
from dev.simulator.running import RunningSimulator, run_simulator
from lib.interactions.response import Message
from lib.logs import configure_logs, get_logger
from lib.ports import DiscordError, InteractionWebhook
from lib.services.discord_rest import LONGEST_WAIT_SECONDS, MOST_TRIES, DiscordRest
from tests.fakes.clock import ManualClock
from tests.payloads import APPLICATION_ID, slash
from tests.servers.scripted import Answer, ScriptedServer, nobody, scripted_server

TOKEN = slash("ask").token
WEBHOOK = InteractionWebhook(APPLICATION_ID, TOKEN)
BODY = Message(content="Hello.").to_edit()
DONE = Answer(body={"id": "42"})
UNKNOWN_WEBHOOK = Answer(404, {"code": 10015, "message": "Unknown Webhook"})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def rest(server: ScriptedServer | str, clock: ManualClock) -> DiscordRest:
    url = server if isinstance(server, str) else server.url
    return DiscordRest(clock, api_url=url, timeout_seconds=5)


def edit(discord: DiscordRest) -> None:
    discord.edit_original(WEBHOOK, body=BODY)


def create(discord: DiscordRest) -> None:
    discord.create_follow_up(WEBHOOK, body=BODY)


def edit_follow_up(discord: DiscordRest) -> None:
    discord.edit_follow_up(WEBHOOK, message_id="42", body=BODY)


def delete(discord: DiscordRest) -> None:
    discord.delete_follow_up(WEBHOOK, message_id="42")


def delete_original(discord: DiscordRest) -> None:
    discord.delete_original(WEBHOOK)


CALLS: list[Callable[[DiscordRest], None]] = [
    edit,
    create,
    edit_follow_up,
    delete,
    delete_original,
]


def test_each_call_goes_where_discord_expects_it_under_a_name_it_accepts(
    clock: ManualClock,
) -> None:
    with scripted_server(DONE) as server:
        discord = rest(server, clock)
        for call in CALLS:
            call(discord)
        assert discord.create_follow_up(WEBHOOK, body=BODY) == "42"
        assert discord.edit_original(WEBHOOK, body=BODY) == "42"
    base = f"/webhooks/{APPLICATION_ID}/{TOKEN}"
    assert [(asked.method, asked.path) for asked in server.requests[:5]] == [
        ("PATCH", f"{base}/messages/@original"),
        ("POST", f"{base}?wait=true"),
        ("PATCH", f"{base}/messages/42"),
        ("DELETE", f"{base}/messages/42"),
        ("DELETE", f"{base}/messages/@original"),
    ]
    assert server.requests[0].json == BODY
    assert all(
        asked.headers["user-agent"].startswith("DiscordBot (https://")
        and "authorization" not in asked.headers
        for asked in server.requests
    )


# --- the race after a deferral ------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_a_webhook_that_discord_does_not_know_yet_is_asked_again(
    clock: ManualClock, call: Callable[[DiscordRest], None]
) -> None:
    with scripted_server(*[UNKNOWN_WEBHOOK] * 4, DONE) as server:
        call(rest(server, clock))
    assert len(server.requests) == 5


@pytest.mark.parametrize("call", CALLS)
def test_a_webhook_that_stays_unknown_is_given_up_after_about_five_seconds(
    clock: ManualClock, call: Callable[[DiscordRest], None]
) -> None:
    with (
        scripted_server(UNKNOWN_WEBHOOK) as server,
        pytest.raises(DiscordError) as caught,
    ):
        call(rest(server, clock))
    assert (caught.value.status, caught.value.code) == (404, 10015)
    assert caught.value.is_final
    assert 4 <= sum(clock.slept) <= 7


# --- rate limits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (Answer(429, {"retry_after": 0.65, "global": False, "message": "limited"}), 0.65),
        (Answer(429, {"retry_after": 2.5, "global": True}, {"X-RateLimit-Global": "true"}), 2.5),
        (Answer(429, {"retry_after": 3}, {"Retry-After": "9"}), 3),
        (Answer(429, {}, {"Retry-After": "1.5"}), 1.5),
        (Answer(429, b"<html>slow down</html>", {"Retry-After": "4"}), 4),
        (Answer(429, b"<html>slow down</html>"), 1),
        (Answer(429, b""), 1),
        (Answer(429, {"retry_after": "soon"}), 1),
        (Answer(429, {"retry_after": None}, {"Retry-After": "2"}), 2),
        (Answer(429, b'{"retry_after": NaN}'), 1),
        (Answer(429, b"", {"Retry-After": "nan"}), 1),
        (Answer(429, b"", {"Retry-After": "inf"}), 1),
        (Answer(429, b"", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 1),
        (Answer(429, [1, 2]), 1),
        (Answer(429, {"retry_after": 0}), 0.25),
        (Answer(429, {"retry_after": -3}), 0.25),
    ],
    ids=lambda value: repr(value)[:80],
)
def test_a_rate_limit_is_waited_out_as_long_as_discord_says(
    clock: ManualClock, answer: Answer, pause: float
) -> None:
    for call in CALLS:
        clock.slept.clear()
        with scripted_server(answer, DONE) as server:
            call(rest(server, clock))
        assert clock.slept == [pause]
        assert len(server.requests) == 2


@pytest.mark.parametrize("seconds", [0, 0.5, 4, 14, 16, 3600, 1e300])
def test_a_rate_limit_without_end_is_given_up_within_a_quarter_of_a_minute(
    clock: ManualClock, seconds: float
) -> None:
    with (
        scripted_server(Answer(429, {"retry_after": seconds})) as server,
        pytest.raises(DiscordError) as caught,
    ):
        edit(rest(server, clock))
    assert caught.value.status == 429
    assert not caught.value.is_final
    assert sum(clock.slept) <= LONGEST_WAIT_SECONDS
    assert len(server.requests) <= 61


# --- when Discord is not well -------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"code": 0, "message": "Internal Server Error"}),
        Answer(502, b"<html>bad gateway</html>"),
        Answer(503, b""),
        Answer(520, b"cloudflare"),
        Answer(dropped=True),
    ],
    ids=lambda answer: str(answer.status if not answer.dropped else "dropped"),
)
def test_what_can_be_repeated_is_and_what_may_have_been_done_is_not(
    clock: ManualClock, answer: Answer
) -> None:
    for call in CALLS:
        with scripted_server(answer) as server, pytest.raises(DiscordError) as caught:
            call(rest(server, clock))
        assert caught.value.status == (0 if answer.dropped else answer.status)
        assert not caught.value.is_final
        assert len(server.requests) == (1 if call is create else MOST_TRIES)


def test_a_passing_fault_is_passed_over(clock: ManualClock) -> None:
    with scripted_server(Answer(503), Answer(dropped=True), DONE) as server:
        edit(rest(server, clock))
    assert len(server.requests) == 3


def test_a_server_that_never_answers_is_given_up(clock: ManualClock) -> None:
    with scripted_server(Answer(silent=True)) as server:
        discord = DiscordRest(clock, api_url=server.url, timeout_seconds=0.05)
        with pytest.raises(DiscordError) as caught:
            create(discord)
        assert (caught.value.status, caught.value.detail) == (0, "ReadTimeout")
        assert server.has_read(1)
        with pytest.raises(DiscordError):
            edit(discord)
        assert server.has_read(1 + MOST_TRIES)


def test_where_nothing_listens_the_error_says_so(clock: ManualClock) -> None:
    with nobody() as url, pytest.raises(DiscordError) as caught:
        edit(rest(url, clock))
    assert (caught.value.status, caught.value.detail) == (0, "ConnectionError")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_asked_for_twice(clock: ManualClock, status: int) -> None:
    answer = Answer(status, {"code": 50027, "message": "Invalid Webhook Token"})
    with scripted_server(answer) as server, pytest.raises(DiscordError) as caught:
        edit(rest(server, clock))
    assert len(server.requests) == 1
    assert (caught.value.status, caught.value.code) == (status, 50027)
    assert caught.value.detail == "Invalid Webhook Token"
    assert caught.value.is_final


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>welcome to our wifi</html>"),
        Answer(200, b""),
        Answer(204, b""),
        Answer(200, [1]),
        Answer(200, {"content": "no id"}),
        Answer(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}),
    ],
    ids=lambda answer: repr(answer.body)[:30] + str(answer.status),
)
def test_a_follow_up_whose_answer_names_no_message_is_an_error(
    clock: ManualClock, answer: Answer
) -> None:
    with scripted_server(answer) as server, pytest.raises(DiscordError):
        create(rest(server, clock))
    assert len(server.requests) == 1


def test_an_edit_whose_answer_names_no_message_is_done_all_the_same(clock: ManualClock) -> None:
    for answer in (Answer(200, b""), Answer(204, b""), Answer(200, {"content": "no id"})):
        with scripted_server(answer) as server:
            assert rest(server, clock).edit_original(WEBHOOK, body=BODY) == ""


def test_a_message_that_is_already_gone_counts_as_removed(clock: ManualClock) -> None:
    gone = Answer(404, {"code": 10008, "message": "Unknown Message"})
    with scripted_server(gone) as server:
        delete(rest(server, clock))
        delete_original(rest(server, clock))
        with pytest.raises(DiscordError):
            edit_follow_up(rest(server, clock))


def test_the_ping_is_one_request_however_it_ends(clock: ManualClock) -> None:
    slow = Answer(body={"url": "wss://gateway.discord.gg"}, meanwhile=lambda: clock.advance(0.123))
    with scripted_server(slow) as server:
        assert rest(server, clock).measure_ping_ms() == 123
    assert [(asked.method, asked.path) for asked in server.requests] == [("GET", "/gateway")]
    with scripted_server(Answer(503)) as server, pytest.raises(DiscordError):
        rest(server, clock).measure_ping_ms()
    assert len(server.requests) == 1


# --- the token ------------------------------------------------------------------------------------


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """All that any logger of this process says at WARNING or above, as standard error would."""
    stream = io.StringIO()
    configure_logs(level="DEBUG", as_json=True, stream=stream)
    root = logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    configure_logs(level="INFO", as_json=False)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"code": 50027, "message": "Invalid Webhook Token"}),
        UNKNOWN_WEBHOOK,
        Answer(429, {"retry_after": 99}),
        Answer(500, b"<html></html>"),
        Answer(dropped=True),
        Answer(silent=True),
        Answer(200, b"", raw_headers=b"this is no header\r\n"),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
        Answer(302, b"", {"Location": "/elsewhere"}),
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_the_token_is_in_no_error_and_in_no_log(
    clock: ManualClock, everything_logged: io.StringIO, answer: Answer
) -> None:
    with scripted_server(answer) as server:
        discord = DiscordRest(clock, api_url=server.url, timeout_seconds=0.05)
        for call in CALLS:
            try:
                call(discord)
            except DiscordError as error:
                get_logger("lib.test").error("failed", error=error)
                shown = [str(error), repr(error), *traceback.format_exception(error)]
                assert not any(TOKEN in text for text in shown)
    assert TOKEN not in repr(WEBHOOK)
    assert TOKEN not in everything_logged.getvalue()


def test_nor_where_the_address_itself_is_wrong(
    clock: ManualClock, everything_logged: io.StringIO
) -> None:
    for url in ("http://127.0.0.1:99999", "http://[::", "http://a..b", "nonsense", "http://"):
        with pytest.raises(DiscordError) as caught:
            edit(rest(url, clock))
        get_logger("lib.test").error("failed", error=caught.value)
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in everything_logged.getvalue()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_goes_nowhere_else_whatever_discords_answer_says(
    clock: ManualClock, status: int
) -> None:
    with scripted_server(DONE) as elsewhere:
        away = Answer(status, b"", {"Location": f"{elsewhere.url}/webhooks/1/{TOKEN}"})
        with scripted_server(away) as server:
            discord = rest(server, clock)
            for call in (*CALLS, DiscordRest.measure_ping_ms):
                with pytest.raises(DiscordError) as caught:
                    call(discord)
                assert caught.value.status == status
        assert elsewhere.requests == []


# --- against the simulator ------------------------------------------------------------------------


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    config = SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token="local.bot.token",
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
    )
    with run_simulator(config) as discord:
        yield discord


def test_the_simulator_answers_the_ping_and_a_wrong_token_as_discord_would(
    clock: ManualClock, simulator: RunningSimulator
) -> None:
    discord = rest(simulator.api_url, clock)
    discord.measure_ping_ms()
    assert [(call.method, call.path) for call in simulator.calls] == [("GET", "/api/v10/gateway")]
    with pytest.raises(DiscordError) as caught:
        edit(discord)
    assert caught.value.is_final
    simulator.rate_limit(2, retry_after_seconds=0.01, scope=RateLimitScope.GLOBAL)
    with pytest.raises(DiscordError) as caught:
        edit(discord)
    assert caught.value.status != 429
