"""What OpenAICompatibleChatModel sends: bodies, dialects and headers."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from lib.ports import (
    ChatModelFailure,
    Media,
    MediaKind,
    Role,
    Turn,
)
from lib.services.openai_compatible import OpenAICompatibleChatModel
from lib.services.openai_compatible_request import Dialect
from tests.fakes.clock import ManualClock
from tests.servers.openai import OpenAIServer
from tests.services.asking_models import KEY, MOST_TOKENS, PROMPT, SYSTEM_INSTRUCTION
from tests.services.asking_openai import ask, refusal

PICTURE = Media(MediaKind.IMAGE, "sky.png", "image/png", b"\x89PNG\xff")
PAPER = Media(MediaKind.PDF, "論文.pdf", "application/pdf", b"%PDF-1.7")
VOICE = Media(MediaKind.AUDIO, "voice.wav", "audio/x-wav", b"RIFF")
SONG = Media(MediaKind.AUDIO, "song.mp3", "audio/mpeg", b"ID3")


# The SDK's own type of a request, made to take no field that it does not name.
_SCHEMA = TypeAdapter(with_config(ConfigDict(extra="forbid"))(CompletionCreateParamsStreaming))
_GOOD: dict[str, object] = {
    "model": "x",
    "stream": True,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}


def sent_body(server: OpenAIServer) -> dict[str, object]:
    """The last body, which the SDK's own types must know in every field."""
    body = dict(server.requests[-1].body)
    check(body)
    return body


def check(body: Mapping[str, object]) -> None:
    """Raises ValidationError for what the SDK's types do not know."""
    exhaust(_SCHEMA.validate_python(body))


def exhaust(value: object) -> None:
    """See every part of `value`: lists are checked only while somebody goes through them."""
    if isinstance(value, Mapping):
        for part in value.values():
            exhaust(part)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for part in value:
            exhaust(part)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_token": 5},
        {"stream": "perhaps"},
        {"stream_options": {"include_use": True}},
        {"messages": [{"role": "nobody", "content": "Hi"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "txt": "Hi"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
    ],
)
def test_the_check_of_requests_can_fail(wrong: dict[str, object]) -> None:
    check(_GOOD)

    with pytest.raises(ValidationError):
        check({**_GOOD, **wrong})


def test_a_conversation_is_sent_as_the_sdks_own_types_want_it(openai_server: OpenAIServer) -> None:
    ask(
        openai_server.base_url,
        turns=[
            Turn(Role.USER, "Who are you?"),
            Turn(Role.MODEL, "A comet."),
            Turn(Role.USER, "戻ってくるのはいつ？"),
        ],
    )

    assert sent_body(openai_server) == {
        "model": "vendor/llama-3.3:free",
        "messages": [
            {"role": "system", "content": SYSTEM_INSTRUCTION},
            {"role": "user", "content": "Who are you?"},
            {"role": "assistant", "content": "A comet."},
            {"role": "user", "content": "戻ってくるのはいつ？"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": MOST_TOKENS,
    }


def test_files_go_along_as_the_sdks_own_types_want_them(openai_server: OpenAIServer) -> None:
    ask(
        openai_server.base_url,
        turns=[Turn(Role.USER, "What are these?", (PICTURE, PAPER, VOICE, SONG))],
    )

    messages = sent_body(openai_server)["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["content"] == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PICTURE)}"}},
        {
            "type": "file",
            "file": {
                "filename": "論文.pdf",
                "file_data": f"data:application/pdf;base64,{encoded(PAPER)}",
            },
        },
        {"type": "input_audio", "input_audio": {"data": encoded(VOICE), "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": encoded(SONG), "format": "mp3"}},
        {"type": "text", "text": "What are these?"},
    ]


def encoded(media: Media) -> str:
    return base64.b64encode(media.content).decode()


def test_audio_that_the_protocol_cannot_carry_is_refused_before_it_is_sent(
    openai_server: OpenAIServer,
) -> None:
    voice = Media(MediaKind.AUDIO, "voice-message.ogg", "audio/ogg", b"OggS")

    outcome = ask(openai_server.base_url, turns=[Turn(Role.USER, "What is said?", (voice,))])

    assert outcome.failure is ChatModelFailure.REFUSED_REQUEST
    assert openai_server.requests == []


def test_an_empty_system_instruction_is_left_out(openai_server: OpenAIServer) -> None:
    model = OpenAICompatibleChatModel(
        api_key=KEY, model="x", clock=ManualClock(), base_url=openai_server.base_url
    )

    list(
        model.stream(
            [Turn(Role.USER, PROMPT)],
            system_instruction="",
            deadline_seconds=30,
            max_output_tokens=7,
        )
    )

    assert sent_body(openai_server)["messages"] == [{"role": "user", "content": PROMPT}]


def test_half_a_surrogate_pair_in_a_prompt_is_no_reason_to_fail(
    openai_server: OpenAIServer,
) -> None:
    outcome = ask(openai_server.base_url, turns=[Turn(Role.USER, "A broken \ud83c comet")])

    assert outcome.text == "Hello there!"
    messages = sent_body(openai_server)["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["content"] == "A broken ? comet"


# --- dialects --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "only_max_tokens"),
    [
        ("https://api.openai.com/v1", False),
        ("https://eu.api.openai.com/v1", False),
        ("https://me.openai.azure.com/openai/v1", False),
        ("https://api.groq.com/openai/v1", True),
        ("https://openai.com.example/v1", True),
        ("https://notopenai.com/v1", True),
        ("http://127.0.0.1:11434/v1", True),
    ],
)
def test_the_newer_name_of_the_bound_is_for_openais_own_addresses(
    base_url: str, *, only_max_tokens: bool
) -> None:
    assert Dialect.of(base_url).knows_max_tokens_only is only_max_tokens


@pytest.mark.parametrize(
    ("knows_not", "bodies"),
    [
        (["stream_options"], [{"max_tokens", "stream_options"}, {"max_tokens"}]),
        (
            ["max_tokens"],
            [{"max_tokens", "stream_options"}, {"max_completion_tokens", "stream_options"}],
        ),
        (
            ["stream_options", "max_tokens"],
            [{"max_tokens", "stream_options"}, {"max_tokens"}, {"max_completion_tokens"}],
        ),
    ],
)
def test_a_server_that_refuses_a_parameter_is_asked_without_it(
    knows_not: list[str], bodies: list[set[str]]
) -> None:
    with OpenAIServer(knows_not=knows_not) as server:
        outcome = ask(server.base_url)

    assert outcome.text == "Hello there!"
    always = {"model", "messages", "stream"}
    assert [set(request.body) - always for request in server.requests] == bodies


def test_a_server_that_refuses_both_names_of_the_bound_is_not_asked_for_ever() -> None:
    with OpenAIServer(knows_not=["max_tokens", "max_completion_tokens"]) as server:
        outcome = ask(server.base_url)

    assert outcome.failure is ChatModelFailure.REFUSED_REQUEST
    assert len(server.requests) == 2


# --- the environment -------------------------------------------------------------------------


def test_the_environment_has_no_say(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "OPENAI_API_KEY": "another-key",
        "OPENAI_ADMIN_KEY": "yet-another-key",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_ORG_ID": "org-of-somebody",
        "OPENAI_PROJECT_ID": "proj-of-somebody",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer stolen\nX-Told: everything",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)

    outcome = ask(openai_server.base_url, api_key=f" {KEY}\n")

    assert outcome.text == "Hello there!"
    headers = openai_server.requests[-1].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert set(headers) == {
        *("accept", "accept-encoding", "authorization", "connection"),
        *("content-length", "content-type", "host", "user-agent"),
    }


def test_an_endpoint_without_a_key_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    with OpenAIServer(wants_key=False) as server:
        outcome = ask(server.base_url, api_key=None)

    assert outcome.text == "Hello there!"
    assert "authorization" not in server.requests[-1].headers


def test_a_bad_day_is_one_request(openai_server: OpenAIServer) -> None:
    openai_server.queue(refusal(429, retry_after="1"))

    outcome = ask(openai_server.base_url)

    assert outcome.failure is ChatModelFailure.RATE_LIMITED
    assert outcome.chunks == []
    assert len(openai_server.requests) == 1
