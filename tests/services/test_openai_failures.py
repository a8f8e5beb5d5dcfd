"""What OpenAICompatibleChatModel says of an answer that is not whole, and what it keeps secret."""

from __future__ import annotations

import errno
import os

import pytest

from lib.ports import ChatModelFailure, Role, Turn
from tests.servers import openai_answers as say
from tests.servers.openai import OpenAIServer
from tests.servers.streaming import Answer, Ending
from tests.services.asking_models import KEY, PROMPT, TELLTALE, assert_keeps_secrets
from tests.services.asking_openai import ask, refusal

REFUSALS = {
    "the key is not one": (
        refusal(401, "invalid_api_key", kind="invalid_request_error"),
        ChatModelFailure.BAD_KEY,
        "HTTP 401 invalid_request_error invalid_api_key",
    ),
    "the key may not do this": (refusal(403), ChatModelFailure.BAD_KEY, "HTTP 403"),
    "the country is not served": (
        refusal(403, "unsupported_country_region_territory", kind="request_forbidden"),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 403 request_forbidden unsupported_country_region_territory",
    ),
    "the model is gone": (
        refusal(404, "model_not_found", kind="invalid_request_error"),
        ChatModelFailure.UNKNOWN_MODEL,
        "HTTP 404 invalid_request_error model_not_found",
    ),
    "the model is one that this key may not use": (
        refusal(403, "model_not_found"),
        ChatModelFailure.UNKNOWN_MODEL,
        "HTTP 403 model_not_found",
    ),
    "the request is wrong": (
        refusal(400, kind="invalid_request_error", param="messages.[0].content"),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400 invalid_request_error messages.[0].content",
    ),
    "the conversation is too long": (
        refusal(400, "context_length_exceeded"),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400 context_length_exceeded",
    ),
    "the prompt is filtered": (
        refusal(400, "content_filter"),
        ChatModelFailure.BLOCKED,
        "HTTP 400 content_filter",
    ),
    "the server ran out of time": (refusal(408), ChatModelFailure.TIMED_OUT, "HTTP 408"),
    "too many ask": (
        refusal(429, "rate_limit_exceeded"),
        ChatModelFailure.RATE_LIMITED,
        "HTTP 429 rate_limit_exceeded",
    ),
    "the quota is used up": (
        refusal(429, "insufficient_quota", kind="insufficient_quota"),
        ChatModelFailure.RATE_LIMITED,
        "HTTP 429 insufficient_quota",
    ),
    "no credit is left": (refusal(402, 402), ChatModelFailure.RATE_LIMITED, "HTTP 402"),
    "something broke inside": (
        refusal(500, kind="server_error"),
        ChatModelFailure.OVERLOADED,
        "HTTP 500 server_error",
    ),
    "the model is overloaded": (refusal(503), ChatModelFailure.OVERLOADED, "HTTP 503"),
    "a code says the key itself": (
        refusal(403, KEY, kind=PROMPT, param=KEY),
        ChatModelFailure.BAD_KEY,
        "HTTP 403",
    ),
    "the error is a sentence": (
        say.refused({"error": TELLTALE}, code=404),
        ChatModelFailure.UNKNOWN_MODEL,
        "HTTP 404",
    ),
    "the error stands at the top": (
        say.refused({"message": TELLTALE, "type": "invalid_model_name"}, code=400),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400 invalid_model_name",
    ),
    "the error is a list of one": (
        say.refused([say.error(TELLTALE, code=400)], code=400),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400",
    ),
    "a proxy has no answer": (
        say.page(f"<html>{TELLTALE}</html>", code=502),
        ChatModelFailure.UNREACHABLE,
        "HTTP 502 from something that is no such API",
    ),
    "a proxy forbids it": (
        say.page(f"<html>{TELLTALE}</html>", code=403),
        ChatModelFailure.UNREACHABLE,
        "HTTP 403 from something that is no such API",
    ),
    "a load balancer is overloaded": (
        say.page(f"<html>{TELLTALE}</html>", code=503),
        ChatModelFailure.OVERLOADED,
        "HTTP 503",
    ),
    "a login page stands in between": (
        say.page(f"<html>\n<p>{TELLTALE}</p>\n</html>", code=200),
        ChatModelFailure.UNREACHABLE,
        "the stream ended too early",
    ),
    "an event is broken JSON": (
        say.raw(f'data: {{"choices": "{TELLTALE}\n\n'.encode()),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (JSONDecodeError)",
    ),
    "an event is JSON of another shape": (
        say.streamed({"choices": TELLTALE}),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (AttributeError)",
    ),
    "an event is no object": (
        say.raw(say.event(TELLTALE)),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (AttributeError)",
    ),
    "a count is none": (
        say.streamed(say.counting({"prompt_tokens": TELLTALE})),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (TypeError)",
    ),
    "an event is no text": (
        say.raw(b"data: \xff\xfe\n\n"),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (UnicodeDecodeError)",
    ),
    "an error comes in the stream": (
        say.streamed(say.error(TELLTALE, kind="server_error")),
        ChatModelFailure.OVERLOADED,
        "error in the stream server_error",
    ),
    "an error comes in the stream with its status": (
        say.streamed(say.error(TELLTALE, code=429)),
        ChatModelFailure.RATE_LIMITED,
        "error in the stream HTTP 429",
    ),
    "an error comes in the stream that is the request's fault": (
        say.streamed(say.error(TELLTALE, kind="invalid_request_error")),
        ChatModelFailure.REFUSED_REQUEST,
        "error in the stream invalid_request_error",
    ),
    "an error comes in the stream as a sentence": (
        say.streamed({"error": TELLTALE}),
        ChatModelFailure.OVERLOADED,
        "error in the stream",
    ),
    "the stream is empty": (
        say.raw(),
        ChatModelFailure.UNREACHABLE,
        "the stream ended too early",
    ),
    "the stream is done before it began": (
        say.streamed(),
        ChatModelFailure.UNREACHABLE,
        "the stream ended too early",
    ),
    "the connection is cut": (
        say.raw(ending=Ending.CUT),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (RemoteProtocolError)",
    ),
    "the connection is reset": (
        say.raw(ending=Ending.RESET),
        ChatModelFailure.UNREACHABLE,
        f"ReadError: [Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}",
    ),
}


@pytest.mark.parametrize(("answer", "failure", "detail"), REFUSALS.values(), ids=list(REFUSALS))
def test_each_failure_has_its_name_and_tells_neither_key_nor_prompt(
    openai_server: OpenAIServer, answer: Answer, failure: ChatModelFailure, detail: str
) -> None:
    openai_server.queue(answer)

    outcome = ask(openai_server.base_url)

    assert (outcome.failure, outcome.detail) == (failure, detail)
    assert outcome.chunks == []
    assert len(openai_server.requests) == 1
    assert_keeps_secrets(outcome.error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after_ms": "1500", "retry_after": "2"}, 1.5),
        # The clock of tests stands at midnight of the first day of 2026.
        ({"retry_after": "Thu, 01 Jan 2026 00:01:30 GMT"}, 90.0),
        ({"retry_after": "Wed, 31 Dec 2025 23:59:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "1e9"}, None),
        ({"retry_after": ""}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_server_advises_is_handed_on(
    openai_server: OpenAIServer, headers: dict[str, str], seconds: float | None
) -> None:
    openai_server.queue(refusal(429, **headers))

    outcome = ask(openai_server.base_url)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.retry_after_seconds == seconds
    assert outcome.clock.slept == []


@pytest.mark.parametrize("text", [None, "Once upon"])
def test_an_answer_that_is_filtered_is_blocked(
    openai_server: OpenAIServer, text: str | None
) -> None:
    openai_server.queue(say.streamed(say.chunk(text, finish="content_filter")))

    outcome = ask(openai_server.base_url)

    assert outcome.failure is ChatModelFailure.BLOCKED
    assert outcome.detail == "answer: content_filter"
    assert outcome.text == (text or "")


def test_a_refusal_of_the_model_is_blocked_and_says_what_it_cost(
    openai_server: OpenAIServer,
) -> None:
    openai_server.queue(
        say.streamed(
            say.chunk(refusal="I can't help with that."),
            say.chunk(finish="stop"),
            say.counting(say.counts(prompt=9, completion=8)),
        )
    )

    outcome = ask(openai_server.base_url)

    assert (outcome.failure, outcome.detail) == (ChatModelFailure.BLOCKED, "answer: refusal")
    assert outcome.usage is not None
    assert outcome.usage.total_tokens == 17


@pytest.mark.parametrize(
    ("reason", "failure", "told"),
    [
        ("stop", ChatModelFailure.EMPTY, "stop"),
        ("tool_calls", ChatModelFailure.EMPTY, "tool_calls"),
        ("a_reason_of_next_year", ChatModelFailure.EMPTY, "a_reason_of_next_year"),
        (PROMPT, ChatModelFailure.EMPTY, "unknown"),
        (KEY, ChatModelFailure.EMPTY, "unknown"),
        ("length", ChatModelFailure.CUT_OFF, "length"),
    ],
)
@pytest.mark.parametrize("text", [None, "", " \n"])
def test_an_answer_without_text_tells_why_and_what_it_cost(
    openai_server: OpenAIServer,
    reason: str,
    failure: ChatModelFailure,
    told: str,
    text: str | None,
) -> None:
    only_thoughts = say.chunk(text, thought="Hm.", finish=reason)
    usage = say.counting(say.counts(prompt=5, completion=2, reasoning=2))
    openai_server.queue(say.streamed(only_thoughts, usage))

    outcome = ask(openai_server.base_url)

    assert (outcome.failure, outcome.detail) == (failure, f"no text, finish reason {told}")
    assert outcome.usage is not None
    assert outcome.usage.completion_tokens == 2
    assert_keeps_secrets(outcome.error)


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_an_answer_that_a_server_gave_up_is_no_whole_one(
    openai_server: OpenAIServer, reason: str
) -> None:
    openai_server.queue(say.streamed(say.chunk("Once upon", finish=reason)))

    outcome = ask(openai_server.base_url)

    assert outcome.text == "Once upon"
    assert outcome.failure is ChatModelFailure.OVERLOADED


@pytest.mark.parametrize("ending", [Ending.ORDERLY, Ending.CUT, Ending.RESET])
def test_an_answer_that_breaks_off_is_told_from_a_whole_one(
    openai_server: OpenAIServer, ending: Ending
) -> None:
    openai_server.queue(say.raw(say.event(say.chunk("Once upon")), ending=ending))

    outcome = ask(openai_server.base_url)

    assert outcome.text == "Once upon"
    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert_keeps_secrets(outcome.error)


def test_a_conversation_that_ends_with_the_model_is_not_even_sent(
    openai_server: OpenAIServer,
) -> None:
    turns = [Turn(Role.USER, PROMPT), Turn(Role.MODEL, "Hello!")]

    outcome = ask(openai_server.base_url, turns=turns)

    assert outcome.failure is ChatModelFailure.REFUSED_REQUEST
    assert openai_server.requests == []


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "ключ", "key\x00"])
def test_a_key_that_cannot_be_one_is_told_without_being_shown(
    openai_server: OpenAIServer, key: str
) -> None:
    outcome = ask(openai_server.base_url, api_key=key)

    assert outcome.failure is ChatModelFailure.BAD_KEY
    assert outcome.detail == "the key is empty or no header can carry it"
    assert openai_server.requests == []


@pytest.mark.parametrize("model", ["", " ", "llama 3", "line\nbreak"])
def test_a_name_that_no_model_can_have_is_an_unknown_model(
    openai_server: OpenAIServer, model: str
) -> None:
    outcome = ask(openai_server.base_url, model=model)

    assert outcome.failure is ChatModelFailure.UNKNOWN_MODEL
    assert openai_server.requests == []


@pytest.mark.parametrize("base_url", ["ftp://127.0.0.1/v1", "http://[::1", "nonsense"])
def test_an_address_that_is_none_is_unreachable(base_url: str) -> None:
    outcome = ask(base_url)

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert_keeps_secrets(outcome.error)
