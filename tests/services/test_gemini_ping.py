"""How far Gemini is: one question about the model, which costs nothing and keeps the key."""

from __future__ import annotations

import pytest

from lib.ports import ChatModelError, ChatModelFailure
from lib.services.gemini import GeminiChatModel
from tests.fakes.clock import ManualClock
from tests.servers.scripted import Answer, scripted_server

KEY = "a-key-for-tests-only"


def model_at(url: str, *, name: str = "gemini-flash-lite-latest") -> GeminiChatModel:
    return GeminiChatModel(api_key=KEY, model=name, clock=ManualClock(), base_url=url)


def test_it_asks_for_the_model_that_is_set_and_sends_the_key_in_a_header_alone() -> None:
    with scripted_server(Answer(200, {"name": "models/gemini-flash-lite-latest"})) as server:
        assert model_at(server.url).measure_ping_ms() == 0  # the clock of tests stands still
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/v1beta/models/gemini-flash-lite-latest")
    assert request.headers["x-goog-api-key"] == KEY
    assert KEY not in request.path


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, ChatModelFailure.BAD_KEY),
        (401, ChatModelFailure.BAD_KEY),
        (403, ChatModelFailure.BAD_KEY),
        (404, ChatModelFailure.UNKNOWN_MODEL),
        (429, ChatModelFailure.RATE_LIMITED),
        (500, ChatModelFailure.OVERLOADED),
        (503, ChatModelFailure.OVERLOADED),
    ],
)
def test_what_google_refuses_has_its_own_name(status: int, failure: ChatModelFailure) -> None:
    with (
        scripted_server(Answer(status, {"error": {"message": f"the key {KEY}"}})) as server,
        pytest.raises(ChatModelError) as caught,
    ):
        model_at(server.url).measure_ping_ms()
    assert caught.value.failure is failure
    assert KEY not in str(caught.value)


def test_nobody_there_is_told_as_that() -> None:
    with pytest.raises(ChatModelError) as caught:
        model_at("http://127.0.0.1:9").measure_ping_ms()
    assert caught.value.failure is ChatModelFailure.UNREACHABLE


@pytest.mark.parametrize("name", ["", "a b", "../../v1/other"])
def test_a_name_that_is_none_is_never_sent(name: str) -> None:
    with pytest.raises(ChatModelError) as caught:
        model_at("http://127.0.0.1:9", name=name).measure_ping_ms()
    assert caught.value.failure is ChatModelFailure.UNKNOWN_MODEL
