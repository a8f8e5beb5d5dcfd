"""The request for a summary: all of it is quoted material."""

from __future__ import annotations

from lib.chat.quoting import without_quoted
from lib.chat.summary import INSTRUCTION, summary_prompt
from lib.ports import Role
from tests.chat.test_prompting import exchange


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
