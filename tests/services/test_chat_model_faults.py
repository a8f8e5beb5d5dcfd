"""What a bad day of a provider comes to: the same with Gemini as with those of OpenAI's shape.

What each of them says in detail stands in test_gemini_failures and test_openai_failures.
"""

from __future__ import annotations

import gc
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from lib.ports import ChatModel, ChatModelFailure, Clock, FinishReason, Role, Turn
from lib.services.gemini import GeminiChatModel
from lib.services.openai_compatible import OpenAICompatibleChatModel
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers, openai_answers
from tests.servers.gemini import GeminiServer
from tests.servers.openai import OpenAIServer
from tests.servers.streaming import Answer, Ending, StreamingServer, dripping, event, page, raw
from tests.services import asking_gemini, asking_openai
from tests.services.asking_models import (
    KEY,
    PROMPT,
    TELLTALE,
    Outcome,
    assert_keeps_secrets,
    outcome_of,
)


@dataclass(frozen=True, slots=True)
class Sayings:
    """One provider's own way to say what both say."""

    whole: Answer
    piece: dict[str, object]
    rate_limited: Answer
    rate_limited_for_7_seconds: Answer
    overloaded: Answer
    blocked: Answer
    empty: Answer
    out_of_tokens: Answer
    ended_otherwise: Answer


@dataclass(frozen=True, slots=True)
class World:
    """A provider behind a local server."""

    server: StreamingServer
    say: Sayings
    model_at: Callable[[str, Clock], ChatModel]

    def ask(
        self, *answers: Answer, deadline_seconds: float = 30.0, url: str | None = None
    ) -> Outcome:
        self.server.queue(*answers)
        return outcome_of(
            lambda clock: self.model_at(url or self.server.url, clock),
            [Turn(Role.USER, PROMPT)],
            deadline_seconds=deadline_seconds,
        )


def gemini_sayings() -> Sayings:
    say = gemini_answers
    refusal = asking_gemini.refusal
    return Sayings(
        whole=say.counted("Hello", " there!", prompt=12, completion=3, thoughts=25),
        piece=dict(say.response("Once upon")),
        rate_limited=refusal(429, "RESOURCE_EXHAUSTED"),
        rate_limited_for_7_seconds=refusal(429, "RESOURCE_EXHAUSTED", say.retry_info("7s")),
        overloaded=refusal(503, "UNAVAILABLE"),
        blocked=say.streamed(say.response(finish="SAFETY")),
        empty=say.streamed(say.response(finish="STOP")),
        out_of_tokens=say.streamed(say.response("As far as", finish="MAX_TOKENS")),
        ended_otherwise=say.streamed(say.response("So be it.", finish="A_NEW_REASON")),
    )


def openai_sayings() -> Sayings:
    say = openai_answers
    refusal = asking_openai.refusal
    return Sayings(
        whole=say.counted("Hello", " there!", prompt=12, completion=28, reasoning=25),
        piece=dict(say.chunk("Once upon")),
        rate_limited=refusal(429, "rate_limit_exceeded"),
        rate_limited_for_7_seconds=refusal(429, "rate_limit_exceeded", retry_after="7"),
        overloaded=refusal(503),
        blocked=say.streamed(say.chunk(finish="content_filter")),
        empty=say.streamed(say.chunk(finish="stop")),
        out_of_tokens=say.streamed(say.chunk("As far as", finish="length")),
        ended_otherwise=say.streamed(say.chunk("So be it.", finish="a_new_reason")),
    )


def gemini_at(url: str, clock: Clock) -> ChatModel:
    return GeminiChatModel(api_key=KEY, model="gemini-x", clock=clock, base_url=url)


def openai_at(url: str, clock: Clock) -> ChatModel:
    return OpenAICompatibleChatModel(api_key=KEY, model="gpt-x", clock=clock, base_url=f"{url}/v1")


@pytest.fixture(params=["gemini", "openai"])
def world(
    request: pytest.FixtureRequest, gemini_server: GeminiServer, openai_server: OpenAIServer
) -> World:
    if request.param == "gemini":
        return World(gemini_server, gemini_sayings(), gemini_at)
    return World(openai_server, openai_sayings(), openai_at)


@pytest.fixture(params=["gemini", "openai"])
def https_world(
    request: pytest.FixtureRequest,
    https_gemini_server: GeminiServer,
    https_openai_server: OpenAIServer,
) -> World:
    if request.param == "gemini":
        return World(https_gemini_server, gemini_sayings(), gemini_at)
    return World(https_openai_server, openai_sayings(), openai_at)


def test_an_answer_is_whole_and_costs_what_the_provider_counts(world: World) -> None:
    outcome = world.ask(world.say.whole)

    assert (outcome.text, outcome.finish) == ("Hello there!", FinishReason.STOP)
    assert outcome.usage is not None
    assert (outcome.usage.prompt_tokens, outcome.usage.completion_tokens) == (12, 28)
    assert outcome.usage.total_tokens == 40


@pytest.mark.parametrize("ending", Ending)
def test_a_stream_cut_short_is_no_whole_answer(world: World, ending: Ending) -> None:
    cut = raw(event(world.say.piece), ending=ending)

    outcome = world.ask(cut, deadline_seconds=1 if ending is Ending.STALLED else 30)

    late = ending is Ending.STALLED
    assert outcome.text == "Once upon"
    assert outcome.failure is (ChatModelFailure.TIMED_OUT if late else ChatModelFailure.UNREACHABLE)
    assert_one_request_and_no_secret(world, outcome)


def test_a_rate_limit_is_told_at_once_with_the_wait_that_is_advised(world: World) -> None:
    outcome = world.ask(world.say.rate_limited_for_7_seconds)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.retry_after_seconds == 7
    assert_one_request_and_no_secret(world, outcome)


def test_a_rate_limit_may_come_without_any_advice(world: World) -> None:
    outcome = world.ask(world.say.rate_limited)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.retry_after_seconds is None
    assert_one_request_and_no_secret(world, outcome)


def test_an_overloaded_model_is_told_as_such(world: World) -> None:
    outcome = world.ask(world.say.overloaded)

    assert outcome.failure is ChatModelFailure.OVERLOADED
    assert_one_request_and_no_secret(world, outcome)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (200, ChatModelFailure.UNREACHABLE),
        (403, ChatModelFailure.UNREACHABLE),
        (404, ChatModelFailure.UNREACHABLE),
        (429, ChatModelFailure.RATE_LIMITED),
        (502, ChatModelFailure.UNREACHABLE),
        (503, ChatModelFailure.OVERLOADED),
        (504, ChatModelFailure.TIMED_OUT),
    ],
)
def test_a_page_of_html_blames_neither_key_nor_model(
    world: World, code: int, failure: ChatModelFailure
) -> None:
    outcome = world.ask(page(f"<html>\n<p>{TELLTALE}</p>\n</html>", code=code))

    assert outcome.failure is failure
    assert_one_request_and_no_secret(world, outcome)


@pytest.mark.parametrize(
    "content",
    [b'data: {"oops', b"data: [1, 2]", b'data: "text"', b"data: 7", b"data: \xff\xfe", b"data"],
)
def test_invalid_json_is_no_answer(world: World, content: bytes) -> None:
    outcome = world.ask(raw(content + f" {TELLTALE}\n\n".encode()))

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert_one_request_and_no_secret(world, outcome)


def test_a_blocked_answer_is_told_as_such(world: World) -> None:
    outcome = world.ask(world.say.blocked)

    assert outcome.failure is ChatModelFailure.BLOCKED
    assert_one_request_and_no_secret(world, outcome)


def test_an_empty_answer_is_told_as_such(world: World) -> None:
    outcome = world.ask(world.say.empty)

    assert outcome.failure is ChatModelFailure.EMPTY
    assert_one_request_and_no_secret(world, outcome)


def test_an_answer_at_its_bound_is_an_answer(world: World) -> None:
    outcome = world.ask(world.say.out_of_tokens)

    assert (outcome.text, outcome.finish) == ("As far as", FinishReason.MAX_TOKENS)


def test_an_unknown_reason_ends_an_answer_like_any_other(world: World) -> None:
    outcome = world.ask(world.say.ended_otherwise)

    assert (outcome.text, outcome.finish) == ("So be it.", FinishReason.OTHER)


# --- time, sockets and threads ---------------------------------------------------------------


def test_without_any_time_nothing_is_sent(world: World) -> None:
    assert world.ask(deadline_seconds=0).failure is ChatModelFailure.TIMED_OUT
    assert world.server.requests == []


def test_a_server_that_accepts_and_stays_silent_runs_into_the_deadline(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        outcome = world.ask(deadline_seconds=0.3, url=url)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert_keeps_secrets(outcome.error)


def test_a_stream_that_drips_for_ever_is_cut_off_at_the_deadline(world: World) -> None:
    outcome = world.ask(dripping(), deadline_seconds=0.5)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert world.server.hung_up.wait(10)
    assert_one_request_and_no_secret(world, outcome)


def test_the_deadline_holds_over_https_as_well(https_world: World) -> None:
    assert https_world.ask(https_world.say.whole).text == "Hello there!"

    outcome = https_world.ask(dripping(), deadline_seconds=0.5)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert https_world.server.hung_up.wait(10)


def test_a_server_that_nobody_vouches_for_is_not_told_the_key(
    https_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    outcome = https_world.ask()

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail
    assert https_world.server.requests == []
    assert_keeps_secrets(outcome.error)


def test_a_port_where_nobody_listens_is_unreachable(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    outcome = world.ask(url=f"http://127.0.0.1:{port}")

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert outcome.detail.startswith("ConnectError: ")
    assert_keeps_secrets(outcome.error)


@pytest.mark.parametrize("ending", Ending)
def test_no_thread_and_no_socket_is_left_behind(world: World, ending: Ending) -> None:
    world.ask(raw(event(world.say.piece), ending=ending), deadline_seconds=0.5)

    # An open socket would warn when it is collected, and warnings are errors here.
    gc.collect()
    assert timers() == []


def test_a_stream_that_nobody_reads_on_is_closed_with_its_connection(world: World) -> None:
    world.server.queue(dripping(event(world.say.piece)))
    stream = world.model_at(world.server.url, ManualClock()).stream(
        [Turn(Role.USER, PROMPT)],
        system_instruction="",
        deadline_seconds=30,
        max_output_tokens=99,
    )

    assert next(iter(stream)).text == "Once upon"
    del stream

    assert world.server.hung_up.wait(10)
    gc.collect()
    assert timers() == []


# --- manners ---------------------------------------------------------------------------------


def test_nothing_is_printed_and_nothing_logged_but_by_the_caller(
    world: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    caplog.set_level(logging.INFO)

    for answer in (world.say.whole, world.say.overloaded, world.say.ended_otherwise):
        world.ask(answer)

    assert caplog.messages == []
    assert capfd.readouterr() == ("", "")


def test_even_the_lowest_log_level_shows_neither_key_nor_prompt(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    world.ask(world.say.overloaded)
    world.ask(world.say.whole)

    assert "send_request_headers.started" in caplog.text
    assert KEY not in caplog.text
    assert PROMPT not in caplog.text


def timers() -> list[threading.Thread]:
    """The threads that deadlines have left."""
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def assert_one_request_and_no_secret(world: World, outcome: Outcome) -> None:
    assert len(world.server.requests) == 1
    assert outcome.clock.slept == []
    assert_keeps_secrets(outcome.error)
