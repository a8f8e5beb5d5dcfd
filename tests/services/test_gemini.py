"""GeminiChatModel: Google's real SDK against a local server that answers in Gemini's shapes."""

from __future__ import annotations

import pytest
from google.ai.generativelanguage_v1beta import GenerateContentRequest
from google.protobuf import json_format

from lib.ports import ChatModelFailure, FinishReason, Media, MediaKind, Role, Turn, Usage
from lib.services.gemini import GeminiChatModel
from lib.services.model_counts import LARGEST_COUNT
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.servers.streaming import Ending
from tests.services.asking_gemini import ask
from tests.services.asking_models import (
    KEY,
    MOST_TOKENS,
    PROMPT,
    SYSTEM_INSTRUCTION,
)


def test_an_answer_comes_in_pieces_without_the_models_thoughts(gemini_server: GeminiServer) -> None:
    outcome = ask(gemini_server.url)

    assert [chunk.text for chunk in outcome.chunks] == ["Hello", " there!", ""]
    assert outcome.finish is FinishReason.STOP


def test_a_piece_is_handed_on_before_the_next_one_is_sent(gemini_server: GeminiServer) -> None:
    gemini_server.queue(say.streamed(say.response("Hello"), ending=Ending.STALLED))
    gemini = GeminiChatModel(
        api_key=KEY, model="gemini-x", clock=ManualClock(), base_url=gemini_server.url
    )

    stream = gemini.stream(
        [Turn(Role.USER, PROMPT)],
        system_instruction="",
        deadline_seconds=30,
        max_output_tokens=MOST_TOKENS,
    )

    assert next(iter(stream)).text == "Hello"


def test_thinking_is_counted_as_completion_and_tool_results_as_prompt(
    gemini_server: GeminiServer,
) -> None:
    counts = say.counts(prompt=12, candidates=3, thoughts=25, tool_prompt=7)
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP", usage=counts)))

    assert ask(gemini_server.url).usage == Usage(
        prompt_tokens=19, completion_tokens=28, total_tokens=47
    )


def test_cached_tokens_and_those_of_audio_are_told_apart(gemini_server: GeminiServer) -> None:
    counts = say.counts(prompt=500, candidates=3, cached=400, audio=64)
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP", usage=counts)))

    assert ask(gemini_server.url).usage == Usage(
        prompt_tokens=500,
        completion_tokens=3,
        total_tokens=503,
        cached_tokens=400,
        audio_tokens=64,
    )


def test_the_last_count_of_an_answer_is_the_whole_of_it(gemini_server: GeminiServer) -> None:
    outcome = ask(gemini_server.url)

    assert [chunk.usage and chunk.usage.completion_tokens for chunk in outcome.chunks] == [
        26,
        28,
        28,
    ]


def test_the_total_is_the_providers_even_where_it_does_not_add_up(
    gemini_server: GeminiServer,
) -> None:
    counts = {"promptTokenCount": 2, "candidatesTokenCount": 3, "totalTokenCount": 9}
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP", usage=counts)))

    assert ask(gemini_server.url).usage == Usage(
        prompt_tokens=2, completion_tokens=3, total_tokens=9
    )


@pytest.mark.parametrize("told", [2**31, 10**15])
def test_no_count_is_larger_than_can_be_kept_or_less_than_nothing(
    gemini_server: GeminiServer, told: int
) -> None:
    counts = {"promptTokenCount": told, "candidatesTokenCount": -5, "totalTokenCount": told}
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP", usage=counts)))

    assert ask(gemini_server.url).usage == Usage(
        prompt_tokens=LARGEST_COUNT, completion_tokens=0, total_tokens=LARGEST_COUNT
    )


def test_an_answer_without_counts_has_no_usage(gemini_server: GeminiServer) -> None:
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP")))

    outcome = ask(gemini_server.url)

    assert outcome.text == "Yes."
    assert outcome.usage is None


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", FinishReason.STOP),
        ("MAX_TOKENS", FinishReason.MAX_TOKENS),
        ("CONTINUATION", FinishReason.MAX_TOKENS),
        ("OTHER", FinishReason.OTHER),
        ("A_REASON_OF_NEXT_YEAR", FinishReason.OTHER),
    ],
)
def test_an_answer_with_text_tells_how_it_ended(
    gemini_server: GeminiServer, reason: str, finish: FinishReason
) -> None:
    gemini_server.queue(say.streamed(say.response("As far as", finish=reason)))

    outcome = ask(gemini_server.url)

    assert outcome.text == "As far as"
    assert outcome.finish is finish
    assert len(gemini_server.requests) == 1


def test_fields_that_nobody_has_heard_of_do_no_harm(gemini_server: GeminiServer) -> None:
    part = {"text": "Yes.", "brandNewPart": {"a": 1}}
    strange = {
        "candidates": [
            {"content": {"parts": [{"brandNewPart": 1}, part]}, "finishReason": "STOP", "new": []}
        ],
        "usageMetadata": {"promptTokenCount": 1, "newTokenCount": 5, "totalTokenCount": 1},
        "brandNewField": {"a": 1},
    }
    gemini_server.queue(say.streamed(strange))

    assert ask(gemini_server.url).text == "Yes."


def test_line_separators_inside_a_text_arrive_unharmed(gemini_server: GeminiServer) -> None:
    text = "一行目\u2028二行目\u0085\r\n三行目 🌠"
    gemini_server.queue(say.streamed(say.response(text, finish="STOP")))

    assert ask(gemini_server.url).text == text


def test_a_slow_answer_is_whole_while_the_deadline_lasts(gemini_server: GeminiServer) -> None:
    pieces = [say.response("drip "), say.response("drop", finish="STOP")]
    gemini_server.queue(say.streamed(*pieces, pause_seconds=0.1))

    assert ask(gemini_server.url).text == "drip drop"


def test_a_connection_lost_after_the_end_of_the_answer_loses_nothing(
    gemini_server: GeminiServer,
) -> None:
    gemini_server.queue(say.streamed(say.response("Yes.", finish="STOP"), ending=Ending.CUT))

    outcome = ask(gemini_server.url)

    assert (outcome.text, outcome.finish) == ("Yes.", FinishReason.STOP)


# --- requests --------------------------------------------------------------------------------


def sent_request(gemini_server: GeminiServer) -> GenerateContentRequest:
    """The last body, as Google's own parser for v1beta reads it: it takes no unknown field."""
    body = dict(gemini_server.requests[-1].body)
    path = gemini_server.requests[-1].path
    body["model"] = path.removeprefix("/v1beta/").partition(":")[0]
    request = GenerateContentRequest()
    json_format.ParseDict(body, GenerateContentRequest.pb(request))
    return request


def test_a_conversation_is_sent_as_googles_own_schema_wants_it(gemini_server: GeminiServer) -> None:
    ask(
        gemini_server.url,
        turns=[
            Turn(Role.USER, "Who are you?"),
            Turn(Role.MODEL, "A comet."),
            Turn(Role.USER, "戻ってくるのはいつ？"),
        ],
    )

    request = sent_request(gemini_server)
    assert request.model == "models/gemini-flash-lite-latest"
    assert [(turn.role, turn.parts[0].text) for turn in request.contents] == [
        ("user", "Who are you?"),
        ("model", "A comet."),
        ("user", "戻ってくるのはいつ？"),
    ]
    assert request.system_instruction.parts[0].text == SYSTEM_INSTRUCTION


def test_nothing_is_sent_that_newer_models_refuse(gemini_server: GeminiServer) -> None:
    ask(gemini_server.url)

    body = dict(gemini_server.requests[-1].body)
    assert body.pop("generationConfig") == {"maxOutputTokens": MOST_TOKENS}
    assert set(body) == {"contents", "systemInstruction"}


def test_an_empty_system_instruction_is_left_out_and_the_bound_is_the_callers(
    gemini_server: GeminiServer,
) -> None:
    gemini = GeminiChatModel(
        api_key=KEY, model="gemini-x", clock=ManualClock(), base_url=gemini_server.url
    )

    list(
        gemini.stream(
            [Turn(Role.USER, PROMPT)],
            system_instruction="",
            deadline_seconds=30,
            max_output_tokens=7,
        )
    )

    body = gemini_server.requests[-1].body
    assert "systemInstruction" not in body
    assert body["generationConfig"] == {"maxOutputTokens": 7}


def test_files_go_along_as_googles_own_schema_wants_them(gemini_server: GeminiServer) -> None:
    picture = Media(MediaKind.IMAGE, "sky.png", "image/png", b"\x89PNG\xff")
    paper = Media(MediaKind.PDF, "論文.pdf", "application/pdf", b"%PDF-1.7")
    voice = Media(MediaKind.AUDIO, "voice.ogg", "audio/ogg", b"OggS")

    ask(
        gemini_server.url,
        turns=[
            Turn(Role.USER, "What is this?", (picture,)),
            Turn(Role.MODEL, "A comet."),
            Turn(Role.USER, "And these?", (paper, voice)),
        ],
    )

    first, _, last = sent_request(gemini_server).contents
    assert [(p.inline_data.mime_type, p.inline_data.data, p.text) for p in first.parts] == [
        ("image/png", b"\x89PNG\xff", ""),
        ("", b"", "What is this?"),
    ]
    assert [(p.inline_data.mime_type, p.inline_data.data, p.text) for p in last.parts] == [
        ("application/pdf", b"%PDF-1.7", ""),
        ("audio/ogg", b"OggS", ""),
        ("", b"", "And these?"),
    ]


def test_a_file_without_a_word_goes_alone(gemini_server: GeminiServer) -> None:
    picture = Media(MediaKind.IMAGE, "sky.png", "image/png", b"\x89PNG")

    ask(gemini_server.url, turns=[Turn(Role.USER, "", (picture,))])

    (turn,) = sent_request(gemini_server).contents
    assert [part.inline_data.mime_type for part in turn.parts] == ["image/png"]


def test_whoever_answers_from_another_address_is_told_nothing(gemini_server: GeminiServer) -> None:
    with GeminiServer() as elsewhere:
        path = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
        gemini_server.queue(say.moved_to(f"{elsewhere.url}{path}"))

        outcome = ask(gemini_server.url)

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert elsewhere.requests == []


def test_half_a_surrogate_pair_in_a_prompt_is_no_reason_to_fail(
    gemini_server: GeminiServer,
) -> None:
    outcome = ask(gemini_server.url, turns=[Turn(Role.USER, "A broken \ud83c comet")])

    assert outcome.text == "Hello there!"
    assert sent_request(gemini_server).contents[0].parts[0].text == "A broken ? comet"


def test_the_key_that_was_given_is_used_whatever_the_environment_says(
    gemini_server: GeminiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GEMINI_API_KEY", "yet-another-key")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")

    outcome = ask(gemini_server.url, api_key=f" {KEY}\n")

    assert outcome.text == "Hello there!"
    assert gemini_server.requests[-1].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize(("deadline_seconds", "told"), [(45.0, "45"), (3.0, "10")])
def test_the_server_is_told_the_deadline_but_never_less_than_it_accepts(
    gemini_server: GeminiServer, deadline_seconds: float, told: str
) -> None:
    outcome = ask(gemini_server.url, deadline_seconds=deadline_seconds)

    assert outcome.text == "Hello there!"
    assert gemini_server.requests[-1].headers["x-server-timeout"] == told
