"""OpenAICompatibleChatModel and what it loads, logs and asks beside an answer."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import pytest

from lib.ports import ChatModelError, ChatModelFailure
from lib.services.openai_compatible import OpenAICompatibleChatModel
from tests.fakes.clock import ManualClock
from tests.servers.openai import OpenAIServer
from tests.servers.scripted import Answer, nobody, scripted_server
from tests.services.asking_models import KEY, assert_keeps_secrets
from tests.services.asking_openai import ask


def model_at(
    base_url: str, *, api_key: str | None = KEY, name: str = "gpt-x"
) -> OpenAICompatibleChatModel:
    return OpenAICompatibleChatModel(
        api_key=api_key, model=name, clock=ManualClock(), base_url=base_url
    )


def test_the_sdk_is_loaded_by_the_first_answer_and_not_by_the_module() -> None:
    check = (
        "import sys, lib.services.openai_compatible;"
        "print([name for name in ('openai', 'pydantic', 'httpx2') if name in sys.modules])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )

    assert loaded.stdout == "[]\n"


def test_the_sdk_says_nothing_however_much_the_environment_wants_to_hear(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    code = f"""if True:
        from lib.ports import Role, Turn
        from lib.services.clock import SystemClock
        from lib.services.openai_compatible import OpenAICompatibleChatModel
        model = OpenAICompatibleChatModel(
            api_key="key", model="x", clock=SystemClock(), base_url="{openai_server.base_url}"
        )
        chunks = list(
            model.stream(
                [Turn(Role.USER, "Hi")],
                system_instruction="",
                deadline_seconds=30,
                max_output_tokens=9,
            )
        )
        print("".join(chunk.text for chunk in chunks))
    """

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (told.stdout, told.stderr) == ("Hello there!\n", "")


def test_what_the_socket_said_stands_behind_the_error() -> None:
    with nobody() as url:
        outcome = ask(f"{url}/v1")

    assert outcome.error is not None
    assert isinstance(outcome.error.__cause__, httpx2.ConnectError)
    assert_keeps_secrets(outcome.error)


# --- the ping --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 401, 403, 404, 429, 500])
def test_any_answer_to_the_question_for_models_tells_how_far_it_is(status: int) -> None:
    with scripted_server(Answer(status, {"data": []})) as server:
        # The clock of tests stands still.
        assert model_at(f"{server.url}/v1/").measure_ping_ms() == 0
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_an_endpoint_without_a_key_is_asked_without_one() -> None:
    with scripted_server(Answer(200, {"data": []})) as server:
        model_at(f"{server.url}/v1", api_key=None).measure_ping_ms()
    assert "authorization" not in server.requests[0].headers


def test_nobody_there_is_told_as_that() -> None:
    with nobody() as url, pytest.raises(ChatModelError) as caught:
        model_at(f"{url}/v1").measure_ping_ms()
    assert caught.value.failure is ChatModelFailure.UNREACHABLE


@pytest.mark.parametrize(
    ("api_key", "name", "failure"),
    [
        ("two words", "gpt-x", ChatModelFailure.BAD_KEY),
        (KEY, "", ChatModelFailure.UNKNOWN_MODEL),
    ],
)
def test_settings_that_can_never_work_are_told_before_anything_is_sent(
    api_key: str, name: str, failure: ChatModelFailure
) -> None:
    with scripted_server(Answer(200)) as server, pytest.raises(ChatModelError) as caught:
        model_at(f"{server.url}/v1", api_key=api_key, name=name).measure_ping_ms()
    assert caught.value.failure is failure
    assert server.requests == []
