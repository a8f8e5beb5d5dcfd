"""OpenAICompatibleChatModel: the official SDK against a local server of OpenAI's shape."""

from __future__ import annotations

import pytest

from lib.ports import (
    ChatModelFailure,
    FinishReason,
    Role,
    Turn,
    Usage,
)
from lib.services.model_counts import LARGEST_COUNT
from lib.services.openai_compatible import OpenAICompatibleChatModel
from tests.fakes.clock import ManualClock
from tests.servers import openai_answers as say
from tests.servers.openai import OpenAIServer
from tests.servers.streaming import Ending
from tests.services.asking_models import KEY, MOST_TOKENS, PROMPT
from tests.services.asking_openai import ask


def test_an_answer_comes_in_pieces_without_the_models_thoughts(openai_server: OpenAIServer) -> None:
    outcome = ask(openai_server.base_url)

    assert [chunk.text for chunk in outcome.chunks] == ["Hello", " there!", ""]
    assert outcome.finish is FinishReason.STOP


def test_a_piece_is_handed_on_before_the_next_one_is_sent(openai_server: OpenAIServer) -> None:
    openai_server.queue(say.streamed(say.chunk("Hello"), ending=Ending.STALLED))
    model = OpenAICompatibleChatModel(
        api_key=KEY, model="x", clock=ManualClock(), base_url=openai_server.base_url
    )

    stream = model.stream(
        [Turn(Role.USER, PROMPT)],
        system_instruction="",
        deadline_seconds=30,
        max_output_tokens=MOST_TOKENS,
    )

    assert next(iter(stream)).text == "Hello"


def test_the_counts_are_the_providers_and_hold_the_thinking(openai_server: OpenAIServer) -> None:
    usage = say.counts(prompt=500, completion=28, reasoning=25, cached=384, audio=64)
    openai_server.queue(
        say.streamed(say.chunk("Yes."), say.chunk(finish="stop"), say.counting(usage))
    )

    assert ask(openai_server.base_url).usage == Usage(
        prompt_tokens=500,
        completion_tokens=28,
        total_tokens=528,
        cached_tokens=384,
        audio_tokens=64,
    )


def test_thinking_that_only_the_total_holds_is_counted_as_completion(
    openai_server: OpenAIServer,
) -> None:
    usage = {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135}
    openai_server.queue(say.streamed(say.chunk("Yes.", finish="stop"), say.counting(usage)))

    assert ask(openai_server.base_url).usage == Usage(
        prompt_tokens=32, completion_tokens=103, total_tokens=135
    )


def test_of_counts_on_every_piece_the_last_is_the_whole(openai_server: OpenAIServer) -> None:
    pieces = [
        {**say.chunk(text, finish=finish), "usage": say.counts(prompt=4, completion=count)}
        for count, (text, finish) in enumerate([("a", None), ("b", None), ("c", "stop")], start=1)
    ]
    openai_server.queue(say.streamed(*pieces))

    outcome = ask(openai_server.base_url)

    told = [chunk.usage and chunk.usage.completion_tokens for chunk in outcome.chunks]
    assert told == [1, 2, 3, 3]


@pytest.mark.parametrize("told", [2**31, 10**15])
def test_no_count_is_larger_than_can_be_kept_or_less_than_nothing(
    openai_server: OpenAIServer, told: int
) -> None:
    usage = {"prompt_tokens": told, "completion_tokens": -5, "total_tokens": told}
    openai_server.queue(say.streamed(say.chunk("Yes.", finish="stop"), say.counting(usage)))

    assert ask(openai_server.base_url).usage == Usage(
        prompt_tokens=LARGEST_COUNT, completion_tokens=0, total_tokens=LARGEST_COUNT
    )


def test_an_answer_without_counts_has_no_usage(openai_server: OpenAIServer) -> None:
    openai_server.queue(say.streamed(say.chunk("Yes.", finish="stop")))

    outcome = ask(openai_server.base_url)

    assert outcome.text == "Yes."
    assert outcome.usage is None


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.MAX_TOKENS),
        ("tool_calls", FinishReason.OTHER),
        ("a_reason_of_next_year", FinishReason.OTHER),
    ],
)
def test_an_answer_with_text_tells_how_it_ended(
    openai_server: OpenAIServer, reason: str, finish: FinishReason
) -> None:
    openai_server.queue(say.streamed(say.chunk("As far as", finish=reason)))

    outcome = ask(openai_server.base_url)

    assert (outcome.text, outcome.finish) == ("As far as", finish)


def test_fields_that_nobody_has_heard_of_do_no_harm(openai_server: OpenAIServer) -> None:
    strange = {"choices": [{"delta": {"content": "Yes.", "new": 1}, "finish_reason": "stop"}]}
    last = {"choices": [{"delta": None, "finish_reason": None}], "brand_new": []}
    openai_server.queue(say.streamed(strange, last))

    assert ask(openai_server.base_url).text == "Yes."


def test_of_a_content_in_parts_the_spoken_ones_are_the_answer(openai_server: OpenAIServer) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    delta = {"content": [thought, {"type": "text", "text": "Yes."}]}
    parts = {"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}
    openai_server.queue(say.streamed(parts))

    assert ask(openai_server.base_url).text == "Yes."


def test_comments_and_line_separators_arrive_unharmed(openai_server: OpenAIServer) -> None:
    text = "一行目\u2028二行目\u0085\r\n三行目 🌠"
    comment = b": OPENROUTER PROCESSING\n\n"
    whole = say.event(say.chunk(text, finish="stop"))
    openai_server.queue(say.raw(comment, whole, say.DONE))

    assert ask(openai_server.base_url).text == text


def test_a_connection_lost_after_the_end_of_the_answer_loses_nothing(
    openai_server: OpenAIServer,
) -> None:
    openai_server.queue(say.streamed(say.chunk("Yes.", finish="stop"), ending=Ending.CUT))

    outcome = ask(openai_server.base_url)

    assert (outcome.text, outcome.finish) == ("Yes.", FinishReason.STOP)


def test_whoever_answers_from_another_address_is_told_nothing(openai_server: OpenAIServer) -> None:
    with OpenAIServer() as elsewhere:
        openai_server.queue(say.moved_to(f"{elsewhere.base_url}/chat/completions"))

        outcome = ask(openai_server.base_url)

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert elsewhere.requests == []
