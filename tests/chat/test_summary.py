"""The request for a summary, which is all quoted material, and what is kept of the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.chat.quoting import without_quoted
from lib.chat.summary import (
    INSTRUCTION,
    LONGEST_SUMMARY_TOKENS,
    is_for_place,
    summary_of,
    summary_prompt,
    summary_request,
    summary_tokens,
)
from lib.chat.tokens import estimate_tokens
from lib.ports import ConversationKind, Exchange, FinishReason, ModelCard, Role
from tests.chat.test_prompting import exchange
from tests.fakes.chat_models import card


def answered(place: int, answer: str) -> Exchange:
    """An exchange with that answer."""
    return replace(exchange(place), answer=answer, tokens=estimate_tokens(answer) + 10)


def test_exchanges_are_quoted_in_order_each_with_its_asker() -> None:
    prompt = summary_prompt("", [exchange(1, name="A"), exchange(2, name="B")])
    (turn,) = prompt.turns
    assert turn.role is Role.USER
    assert prompt.instruction == INSTRUCTION
    assert turn.text.index("A: question 1") < turn.text.index("assistant: answer 1")
    assert turn.text.index("assistant: answer 1") < turn.text.index("B: question 2")
    assert without_quoted(turn.text).strip() == ""


def test_the_summary_so_far_is_a_part_of_the_next() -> None:
    (turn,) = summary_prompt("They spoke of comets.", [exchange(3)]).turns
    assert turn.text.startswith('<quoted kind="summary"')
    assert turn.text.index("They spoke of comets.") < turn.text.index("question 3")


@pytest.mark.parametrize(("output", "most"), [(500, 500), (4096, 2048), (3000, 2000), (8192, 4096)])
def test_a_model_that_thinks_before_it_writes_has_room_for_both(output: int, most: int) -> None:
    assert summary_tokens(replace(card(), output_tokens=output)) == most


CONTEXTS = [1_000, 2_048, 4_096, 8_192, 128_000]


def small(context: int) -> ModelCard:
    return replace(card(), context_tokens=context, output_tokens=min(4096, context // 2))


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("length", [1, 300, 9_000])
@pytest.mark.parametrize("so_far", ["", "They spoke of comets. " * 200])
def test_a_request_leaves_a_model_of_any_context_room_for_the_summary(
    context: int, length: int, so_far: str
) -> None:
    model = small(context)
    outgrown = [answered(place, "word " * length) for place in range(1, 13)]
    prompt, told = summary_request(model, so_far, outgrown)
    assert prompt.tokens + summary_tokens(model) <= context
    assert summary_tokens(model) >= context // 3 or summary_tokens(model) >= 2000
    assert [each.place for each in told] == list(range(1, len(told) + 1))
    assert told


def test_what_a_model_can_read_at_once_is_told_it_at_once() -> None:
    outgrown = [answered(place, "word " * 300) for place in range(1, 30)]
    prompt, told = summary_request(small(128_000), "They spoke of comets.", outgrown)
    assert list(told) == outgrown
    assert prompt == summary_prompt("They spoke of comets.", outgrown)


def test_of_an_exchange_that_a_small_model_cannot_read_its_beginning_and_its_end_are_told() -> None:
    long = answered(1, "In the beginning. " + "word " * 9000 + "In the end.")
    prompt, (told,) = summary_request(small(4_096), "", [long, answered(2, "Two.")])
    assert told.place == 1
    assert "In the beginning." in prompt.turns[0].text
    assert "In the end." in prompt.turns[0].text


def test_what_a_model_wrote_is_kept_without_the_space_around_it() -> None:
    assert summary_of(" They spoke of comets.\n", FinishReason.STOP) == "They spoke of comets."


@pytest.mark.parametrize(
    ("text", "finish"),
    [("They spoke of", FinishReason.MAX_TOKENS), (" \n", FinishReason.STOP), ("", None)],
)
def test_half_a_summary_is_none(text: str, finish: FinishReason | None) -> None:
    assert summary_of(text, finish) is None


def test_a_summary_that_is_much_too_long_is_kept_in_what_each_question_can_bear() -> None:
    kept = summary_of("word " * 9000, FinishReason.STOP)
    assert kept is not None
    assert estimate_tokens(kept) <= LONGEST_SUMMARY_TOKENS


def test_only_what_is_everybodys_counts_for_the_place() -> None:
    assert [kind for kind in ConversationKind if is_for_place(kind)] == [ConversationKind.SHARED]
