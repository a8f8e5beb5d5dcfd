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
    summary_tokens,
)
from lib.chat.tokens import estimate_tokens
from lib.ports import ConversationKind, FinishReason, Role
from tests.chat.test_prompting import exchange
from tests.fakes.chat_models import card


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
