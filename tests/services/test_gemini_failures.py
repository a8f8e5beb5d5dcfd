"""What GeminiChatModel says when there is no whole answer, and what it keeps to itself."""

from __future__ import annotations

import errno
import os

import pytest

from lib.ports import ChatModelFailure, Role, Turn
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.servers.streaming import Answer, Ending
from tests.services.asking_gemini import SOME_COUNTS, SOME_USAGE, ask, refusal
from tests.services.asking_models import KEY, PROMPT, TELLTALE, assert_keeps_secrets

QUOTA_FAILURE = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [
        {"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"},
        {"quotaId": KEY},
    ],
}
BAD_REQUEST = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    "fieldViolations": [
        {"field": "contents[0].parts", "description": TELLTALE},
        {"field": PROMPT, "description": KEY},
    ],
}

REFUSALS = {
    "the key is not one": (
        refusal(400, "INVALID_ARGUMENT", say.error_info("API_KEY_INVALID")),
        ChatModelFailure.BAD_KEY,
        "HTTP 400 INVALID_ARGUMENT API_KEY_INVALID",
    ),
    "the key is missing": (
        refusal(401, "UNAUTHENTICATED"),
        ChatModelFailure.BAD_KEY,
        "HTTP 401 UNAUTHENTICATED",
    ),
    "the key is suspended": (
        refusal(403, "PERMISSION_DENIED", say.error_info("CONSUMER_SUSPENDED")),
        ChatModelFailure.BAD_KEY,
        "HTTP 403 PERMISSION_DENIED CONSUMER_SUSPENDED",
    ),
    "the model is gone": (
        refusal(404, "NOT_FOUND"),
        ChatModelFailure.UNKNOWN_MODEL,
        "HTTP 404 NOT_FOUND",
    ),
    "the request is wrong": (
        refusal(400, "INVALID_ARGUMENT", BAD_REQUEST),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400 INVALID_ARGUMENT contents[0].parts",
    ),
    "the country is not served": (
        refusal(400, "FAILED_PRECONDITION"),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 400 FAILED_PRECONDITION",
    ),
    "the request is too large": (
        refusal(413, "INVALID_ARGUMENT"),
        ChatModelFailure.REFUSED_REQUEST,
        "HTTP 413 INVALID_ARGUMENT",
    ),
    "a quota is used up": (
        refusal(429, "RESOURCE_EXHAUSTED", QUOTA_FAILURE, say.retry_info("60s")),
        ChatModelFailure.RATE_LIMITED,
        "HTTP 429 RESOURCE_EXHAUSTED GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
    ),
    "the model is overloaded": (
        refusal(503, "UNAVAILABLE"),
        ChatModelFailure.OVERLOADED,
        "HTTP 503 UNAVAILABLE",
    ),
    "something broke inside": (
        refusal(500, "INTERNAL"),
        ChatModelFailure.OVERLOADED,
        "HTTP 500 INTERNAL",
    ),
    "the server ran out of time": (
        refusal(504, "DEADLINE_EXCEEDED"),
        ChatModelFailure.TIMED_OUT,
        "HTTP 504 DEADLINE_EXCEEDED",
    ),
    "a code says the key itself": (
        refusal(403, KEY, say.error_info(PROMPT)),
        ChatModelFailure.BAD_KEY,
        "HTTP 403",
    ),
    "a proxy has no answer": (
        say.page(f"<html>{TELLTALE}</html>", code=502),
        ChatModelFailure.UNREACHABLE,
        "HTTP 502 from something that is not Gemini",
    ),
    "a proxy forbids it": (
        say.page(f"<html>{TELLTALE}</html>", code=403),
        ChatModelFailure.UNREACHABLE,
        "HTTP 403 from something that is not Gemini",
    ),
    "a load balancer is overloaded": (
        say.page(f"<html>{TELLTALE}</html>", code=503),
        ChatModelFailure.OVERLOADED,
        "HTTP 503",
    ),
    "a login page stands in between": (
        say.page(f"<html>\n<p>{TELLTALE}</p>\n</html>", code=200),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (UnknownApiResponseError)",
    ),
    "an error body is no object": (
        say.Answer(400, "application/json", [f'["{TELLTALE}"]'.encode()]),
        ChatModelFailure.UNREACHABLE,
        "HTTP 400 from something that is not Gemini",
    ),
    "the prompt is blocked": (
        say.streamed(say.blocked_prompt("PROHIBITED_CONTENT")),
        ChatModelFailure.BLOCKED,
        "prompt: PROHIBITED_CONTENT",
    ),
    "the prompt is blocked for a new reason": (
        say.streamed(say.blocked_prompt("A_REASON_OF_NEXT_YEAR")),
        ChatModelFailure.BLOCKED,
        "prompt: A_REASON_OF_NEXT_YEAR",
    ),
    "an event is broken JSON": (
        say.raw(f'data: {{"candidates": "{TELLTALE}\r\n\r\n'.encode()),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (UnknownApiResponseError)",
    ),
    "an event is JSON of another shape": (
        say.streamed({"usageMetadata": {"promptTokenCount": TELLTALE}}),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (ValidationError)",
    ),
    "an event is an error without a code": (
        say.streamed({"error": {"message": TELLTALE}}),
        ChatModelFailure.UNREACHABLE,
        "no readable answer (TypeError)",
    ),
    "the stream is empty": (
        say.raw(),
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
    gemini_server: GeminiServer, answer: Answer, failure: ChatModelFailure, detail: str
) -> None:
    gemini_server.queue(answer)

    outcome = ask(gemini_server.url)

    assert (outcome.failure, outcome.detail) == (failure, detail)
    assert outcome.chunks == []
    assert len(gemini_server.requests) == 1
    assert_keeps_secrets(outcome.error)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("34.074824224s", 34.074824224),
        ("7s", 7.0),
        ("soon", None),
        ("-1s", None),
        ("1e9s", None),
        ("infs", None),
        ("", None),
    ],
)
def test_the_wait_that_google_advises_is_handed_on(
    gemini_server: GeminiServer, delay: str, seconds: float | None
) -> None:
    gemini_server.queue(refusal(429, "RESOURCE_EXHAUSTED", say.retry_info(delay)))

    outcome = ask(gemini_server.url)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.retry_after_seconds == seconds
    assert outcome.clock.slept == []


def test_an_error_inside_the_stream_tells_what_the_call_had_cost(
    gemini_server: GeminiServer,
) -> None:
    piece = say.response("Hello", usage=SOME_COUNTS)
    gemini_server.queue(say.streamed(piece, say.error(503, "UNAVAILABLE", TELLTALE)))

    outcome = ask(gemini_server.url)

    assert outcome.text == "Hello"
    assert (outcome.failure, outcome.usage) == (ChatModelFailure.OVERLOADED, SOME_USAGE)
    assert_keeps_secrets(outcome.error)


@pytest.mark.parametrize(
    "reason",
    [
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "MODEL_ARMOR",
    ],
)
@pytest.mark.parametrize("text", [None, "Once upon"])
def test_an_answer_that_is_blocked_says_so_and_what_it_cost(
    gemini_server: GeminiServer, reason: str, text: str | None
) -> None:
    gemini_server.queue(say.streamed(say.response(text, finish=reason, usage=SOME_COUNTS)))

    outcome = ask(gemini_server.url)

    assert (outcome.failure, outcome.detail) == (ChatModelFailure.BLOCKED, f"answer: {reason}")
    assert outcome.text == (text or "")
    assert outcome.usage == SOME_USAGE
    assert len(gemini_server.requests) == 1


def test_a_prompt_that_is_blocked_says_what_it_cost(gemini_server: GeminiServer) -> None:
    gemini_server.queue(say.streamed(say.blocked_prompt("SAFETY", usage=SOME_COUNTS)))

    outcome = ask(gemini_server.url)

    assert (outcome.failure, outcome.usage) == (ChatModelFailure.BLOCKED, SOME_USAGE)
    assert len(gemini_server.requests) == 1


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("STOP", ChatModelFailure.EMPTY),
        ("OTHER", ChatModelFailure.EMPTY),
        ("TOO_MANY_TOOL_CALLS", ChatModelFailure.EMPTY),
        ("A_REASON_OF_NEXT_YEAR", ChatModelFailure.EMPTY),
        ("MAX_TOKENS", ChatModelFailure.CUT_OFF),
    ],
)
@pytest.mark.parametrize("text", [None, "", " \n"])
def test_an_answer_without_text_tells_why_and_what_it_cost(
    gemini_server: GeminiServer, reason: str, failure: ChatModelFailure, text: str | None
) -> None:
    only_thoughts = say.response(text, thought="Hm.", finish=reason, usage=SOME_COUNTS)
    gemini_server.queue(say.streamed(only_thoughts))

    outcome = ask(gemini_server.url)

    assert (outcome.failure, outcome.usage) == (failure, SOME_USAGE)
    assert outcome.detail == f"no text, finish reason {reason}"
    assert len(gemini_server.requests) == 1


@pytest.mark.parametrize("ending", [Ending.ORDERLY, Ending.CUT, Ending.RESET])
def test_an_answer_that_breaks_off_is_told_from_a_whole_one(
    gemini_server: GeminiServer, ending: Ending
) -> None:
    piece = say.response("Once upon", usage=SOME_COUNTS)
    gemini_server.queue(say.streamed(piece, ending=ending))

    outcome = ask(gemini_server.url)

    assert outcome.text == "Once upon"
    assert (outcome.failure, outcome.usage) == (ChatModelFailure.UNREACHABLE, SOME_USAGE)
    assert len(gemini_server.requests) == 1
    assert_keeps_secrets(outcome.error)


def test_a_conversation_that_ends_with_the_model_is_not_even_sent(
    gemini_server: GeminiServer,
) -> None:
    outcome = ask(gemini_server.url, turns=[Turn(Role.USER, PROMPT), Turn(Role.MODEL, "Hello!")])

    assert outcome.failure is ChatModelFailure.REFUSED_REQUEST
    assert gemini_server.requests == []


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "ключ", "key\x00"])
def test_a_key_that_cannot_be_one_is_told_without_being_shown(
    gemini_server: GeminiServer, key: str
) -> None:
    outcome = ask(gemini_server.url, api_key=key)

    assert outcome.failure is ChatModelFailure.BAD_KEY
    assert outcome.detail == "the key is empty or no header can carry it"
    assert gemini_server.requests == []


@pytest.mark.parametrize("model", ["", "gemini flash", "../v1/models/x", "x?alt=json", "x&y"])
def test_a_name_that_no_model_can_have_is_an_unknown_model(
    gemini_server: GeminiServer, model: str
) -> None:
    outcome = ask(gemini_server.url, model=model)

    assert outcome.failure is ChatModelFailure.UNKNOWN_MODEL
    assert gemini_server.requests == []
