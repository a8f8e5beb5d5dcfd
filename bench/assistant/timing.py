"""How soon a question is acknowledged, and how soon what the model says is to be seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.assistant.discord import OPENING, Answered, Question
from bench.assistant.provider import Script
from bench.assistant.stage import Stage, user
from dev.errors import StackError
from lib.commands._asking import COOLDOWN_SECONDS

ASKERS: Final = 20
SECONDS: Final = COOLDOWN_SECONDS
READERS: Final = 8
WORDS: Final = "comets come back on schedule and nobody has to wait for them"
_NUMBER: Final = re.compile(r"#(\d+) ")


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Nanoseconds from the request to its acknowledgement, by how many asked at once."""

    quiet: Sequence[int]
    crowded: Sequence[int]


@dataclass(frozen=True, slots=True)
class Streamed:
    """Nanoseconds from the model's first piece to the first visible edit, and from its last piece
    to the final one.
    """

    first: Sequence[int]
    final: Sequence[int]


async def measure_acknowledgements(stage: Stage, *, quiet: int, crowded: int) -> Acknowledged:
    """Of the one who asks alone, and of twenty: each asks as often as the cool-down of /ask lets
    them, and their answers take almost as long, so that most of them are being written at any time.
    """
    stage.models.play = usual
    askers = min(ASKERS, crowded)
    await stage.ask(_questions(askers), at_once=askers)  # warms up
    await stage.rest()
    stage.models.play = _brief
    alone = await stage.ask(_questions(quiet), at_once=1)
    await stage.rest()
    stage.models.play = usual
    questions = _questions(crowded)
    together = await stage.ask_in_turn(
        [questions[place::askers] for place in range(askers)], seconds=SECONDS
    )
    await stage.clear()
    return Acknowledged(_waits(alone), _waits(together))


async def measure_streams(stage: Stage, *, model: str, count: int, at_once: int) -> Streamed:
    """Answers of many lengths, by this model."""
    stage.models.play = _of_many_lengths
    await stage.prefer(model)
    await stage.ask(_questions(at_once), at_once=at_once)  # warms up
    await stage.clear()
    answers = await stage.ask(_questions(count), at_once=at_once)
    _require_answers(answers)
    served = {number_of(each.question): each for each in stage.models.served}
    if any(each.model != model for each in served.values()) or len(served) != count:
        raise StackError(f"{count} answers of {model} were wanted, and something else was given.")
    first = [each.seen_ns - served[each.number].first_ns for each in answers]
    final = [each.whole_ns - served[each.number].last_ns for each in answers]
    await stage.clear()
    return Streamed(first, final)


def number_of(question: str) -> int:
    """The number that a question begins with; 0 for what nobody asked."""
    found = _NUMBER.match(question)
    return int(found[1]) if found else 0


def answer_in_pieces(number: int, count: int) -> list[str]:
    """So many pieces of an answer, each some sixty characters."""
    return [f"{OPENING} {number}: ", *(f"{WORDS}, {place}. " for place in range(1, count))]


def _questions(count: int) -> list[Question]:
    """Each of somebody else, so that nobody has to cool down."""
    return [
        Question(number, user(number), f"#{number} When will you be back?")
        for number in range(1, count + 1)
    ]


def usual(_model: str, question: str) -> Script:
    """An answer of four seconds."""
    return Script(pieces=answer_in_pieces(number_of(question), 40), pause_seconds=0.1)


def _brief(_model: str, question: str) -> Script:
    return Script(pieces=answer_in_pieces(number_of(question), 10), pause_seconds=0.05)


def _of_many_lengths(_model: str, question: str) -> Script:
    number = number_of(question)
    return Script(pieces=answer_in_pieces(number, 4 + number * 7 % 56), pause_seconds=0.04)


def _waits(answers: Sequence[Answered]) -> list[int]:
    _require_answers(answers)
    return [each.acknowledged_ns - each.asked_ns for each in answers]


def _require_answers(answers: Sequence[Answered]) -> None:
    if refused := [each.refusal for each in answers if each.refusal]:
        raise StackError(f"{len(refused)} of {len(answers)} were not answered.", refused[:3])
