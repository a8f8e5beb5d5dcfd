"""When GeminiChatModel asks again, and when it does not."""

from __future__ import annotations

import pytest

from lib.ports import ChatModelFailure, Usage
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.servers.gemini_answers import Answer, Ending
from tests.services.asking_gemini import (
    TELLTALE,
    ask,
    assert_keeps_secrets,
    overloaded,
    refusal,
)


def rate_limited(*details: say.JsonObject) -> Answer:
    return refusal(429, "RESOURCE_EXHAUSTED", *details)


def test_a_rate_limit_is_waited_out_as_long_as_the_provider_advises(
    gemini_server: GeminiServer,
) -> None:
    gemini_server.queue(rate_limited(say.retry_info("7.5s")))

    outcome = ask(gemini_server.url)

    assert outcome.text == "Hello there!"
    assert outcome.clock.slept == [7.5]


def test_a_wait_that_does_not_fit_the_deadline_is_told_at_once(gemini_server: GeminiServer) -> None:
    gemini_server.queue(rate_limited(say.retry_info("34.074824224s")))

    outcome = ask(gemini_server.url)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.error is not None
    assert outcome.error.retry_after_seconds == pytest.approx(34.074824224)
    assert outcome.clock.slept == []
    assert len(gemini_server.requests) == 1


@pytest.mark.parametrize("delay", ["soon", "-1s", "1e9s", "infs", ""])
def test_advice_that_is_none_is_not_followed(gemini_server: GeminiServer, delay: str) -> None:
    gemini_server.queue(*[rate_limited(say.retry_info(delay))] * 3)

    outcome = ask(gemini_server.url)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.error is not None
    assert outcome.error.retry_after_seconds is None
    assert outcome.clock.slept == [0.5, 1.5]


def test_an_overloaded_model_is_asked_again_after_a_short_wait(gemini_server: GeminiServer) -> None:
    gemini_server.queue(overloaded(), overloaded())

    outcome = ask(gemini_server.url)

    assert outcome.text == "Hello there!"
    assert outcome.clock.slept == [0.5, 1.5]


def test_the_second_attempt_has_only_the_time_that_is_left(gemini_server: GeminiServer) -> None:
    gemini_server.queue(rate_limited(say.retry_info("20s")))

    ask(gemini_server.url, deadline_seconds=50)

    told = [request.headers["x-server-timeout"] for request in gemini_server.requests]
    assert told == ["50", "30"]


def test_three_attempts_are_enough(gemini_server: GeminiServer) -> None:
    gemini_server.queue(*[overloaded()] * 4)

    outcome = ask(gemini_server.url)

    assert outcome.failure is ChatModelFailure.OVERLOADED
    assert len(gemini_server.requests) == 3


def test_there_is_no_second_attempt_when_no_time_is_left_for_it(
    gemini_server: GeminiServer,
) -> None:
    gemini_server.queue(overloaded())

    outcome = ask(gemini_server.url, deadline_seconds=1.4)

    assert outcome.failure is ChatModelFailure.OVERLOADED
    assert len(gemini_server.requests) == 1


@pytest.mark.parametrize("ending", [Ending.CUT, Ending.RESET])
def test_a_connection_lost_before_the_first_piece_is_tried_again(
    gemini_server: GeminiServer, ending: Ending
) -> None:
    gemini_server.queue(say.raw(ending=ending))

    outcome = ask(gemini_server.url)

    assert outcome.text == "Hello there!"
    assert len(gemini_server.requests) == 2


def test_after_the_first_piece_nothing_is_tried_again(gemini_server: GeminiServer) -> None:
    usage = say.counts(prompt=12, candidates=1)
    gemini_server.queue(
        say.streamed(say.response("Hello", usage=usage), say.error(503, "UNAVAILABLE", TELLTALE))
    )

    outcome = ask(gemini_server.url)

    assert outcome.text == "Hello"
    assert outcome.failure is ChatModelFailure.OVERLOADED
    assert outcome.usage == Usage(prompt_tokens=12, completion_tokens=1, total_tokens=13)
    assert len(gemini_server.requests) == 1
    assert_keeps_secrets(outcome.error)
