"""OfflineChatModel: what somebody without a key gets to see."""

from __future__ import annotations

import pytest

from lib.ports import ChatModelError, ChatModelFailure, CompletionChunk, Role, Turn, Usage
from lib.services.offline_model import OfflineChatModel
from tests.fakes.clock import ManualClock


def chunks_for(prompt: str, clock: ManualClock) -> list[CompletionChunk]:
    model = OfflineChatModel(clock=clock)
    turns = [Turn(Role.USER, prompt)]
    return list(model.stream(turns, system_instruction="Be kind.", deadline_seconds=30))


def answer_to(prompt: str) -> str:
    return "".join(chunk.text for chunk in chunks_for(prompt, ManualClock()))


def test_it_says_in_english_that_it_is_the_offline_model_and_why() -> None:
    answer = answer_to("Why is the sky blue?")

    assert "No `GEMINI_API_KEY` is set" in answer
    assert "**offline model**" in answer
    assert "> Why is the sky blue?\n" in answer


@pytest.mark.parametrize("prompt", ["空はなぜ青いの？", "ソラ", "ﾊﾚｰ", "Tell me about 彗星"])
def test_it_says_so_in_japanese_to_those_who_ask_in_japanese(prompt: str) -> None:
    answer = answer_to(prompt)

    assert "`GEMINI_API_KEY` が設定されていないため" in answer
    assert "**オフラインモデル**" in answer
    assert f"> {prompt}\n" in answer


@pytest.mark.parametrize("prompt", ["Why?", "なぜ？"])
def test_its_short_answer_shows_a_list_and_code_and_fits_one_message(prompt: str) -> None:
    answer = answer_to(prompt)

    assert "\n- " in answer
    assert answer.count("```") == 2
    assert len(answer) < 2000


@pytest.mark.parametrize("prompt", ["Write something LONG.", "長く話して", "長い話", "長めに"])
def test_on_wish_it_answers_at_length_with_code_all_along(prompt: str) -> None:
    answer = answer_to(prompt)

    assert len(answer) > 4500
    assert answer.count("```") % 2 == 0
    for start in range(0, len(answer) - 1000, 1000):
        assert "```" in answer[start : start + 1000]


def test_a_word_that_only_contains_long_is_no_such_wish() -> None:
    assert len(answer_to("Where does she belong, along the way?")) < 2000


def test_a_long_question_is_quoted_in_part() -> None:
    answer = answer_to("why " * 500)

    quote = next(line for line in answer.splitlines() if line.startswith("> "))
    assert quote.endswith("…")
    assert len(quote) == len("> ") + 200


def test_a_question_with_lines_and_code_is_quoted_on_one_line_and_opens_no_code() -> None:
    answer = answer_to("Fix this:\n```python\nboom(")

    assert "> Fix this: '''python boom(\n" in answer
    assert answer.count("```") == 2


@pytest.mark.parametrize("prompt", ["Why?", "なぜ？", "a long one", "長く"])
def test_it_comes_in_some_twenty_pieces_over_two_and_a_half_seconds(prompt: str) -> None:
    clock = ManualClock()

    pieces = [chunk for chunk in chunks_for(prompt, clock) if chunk.text]

    assert 15 <= len(pieces) <= 25
    assert len(clock.slept) == len(pieces)
    assert 1.5 <= sum(clock.slept) <= 3


def test_english_pieces_end_where_a_word_does() -> None:
    pieces = [chunk.text for chunk in chunks_for("Why?", ManualClock()) if chunk.text]

    assert all(piece[-1].isspace() for piece in pieces[:-1])


def test_the_same_question_gets_the_same_answer() -> None:
    assert chunks_for("Why?", ManualClock()) == chunks_for("Why?", ManualClock())


def test_tokens_are_estimated_by_length_and_a_japanese_character_counts_whole() -> None:
    # "Be kind." has 8 characters, two tokens; the question has 8 (two) or 4 (four).
    english = chunks_for("Why now?", ManualClock())[-1].usage
    japanese = chunks_for("なぜ今ナ", ManualClock())[-1].usage

    assert isinstance(english, Usage)
    assert isinstance(japanese, Usage)
    assert english.prompt_tokens == 4
    assert japanese.prompt_tokens == 6
    assert english.completion_tokens == -(-len(answer_to("Why now?")) // 4)


def test_it_keeps_to_its_deadline() -> None:
    clock = ManualClock()
    model = OfflineChatModel(clock=clock)
    stream = model.stream([Turn(Role.USER, "Why?")], system_instruction="", deadline_seconds=1)

    with pytest.raises(ChatModelError) as failed:
        list(stream)

    assert failed.value.failure is ChatModelFailure.TIMED_OUT
    assert clock.monotonic() <= 1
