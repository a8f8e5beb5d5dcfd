"""What long conversations leave in the memory of the process that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.assistant.discord import OPENING, Question
from bench.assistant.provider import Script
from bench.assistant.stage import Stage, user
from bench.assistant.timing import number_of
from dev.errors import StackError

TURNS: Final = 4
AT_ONCE: Final = 4
BATCH: Final = 20
SENTENCE: Final = "彗星は約七十六年ごとに太陽のそばへ戻り、地上からもよく見えます。"
SENTENCES: Final = 75
"""Some 2,400 characters: three such answers are more than a conversation's budget."""
_SUMMARIES: Final = "select count(*) from public.conversations where summary <> ''"


async def measure_memory(stage: Stage, *, after: Sequence[int]) -> dict[int, float]:
    """MB of the process, by how many conversations it has had by then: each of four turns, with
    answers so long that a summary is made. Nothing is done to the process before it is measured.
    """
    stage.models.play = _long_winded
    found: dict[int, float] = {}
    done = 0
    for wanted in after:
        while done < wanted:
            batch = range(done + 1, min(done + BATCH, wanted) + 1)
            for turn in range(TURNS):
                await _take_a_turn(stage, batch, turn)
            done = batch[-1]
        found[wanted] = stage.rss_mb()
    (summaries,) = await stage.read(_SUMMARIES, int)
    if summaries != done:
        raise StackError(f"{done} conversations were long, and {summaries} have a summary.")
    await stage.clear()
    return found


async def _take_a_turn(stage: Stage, batch: range, turn: int) -> None:
    questions = [
        Question(number, user(number), f"#{number} 次は{turn}回目ですか？") for number in batch
    ]
    answers = await stage.ask(questions, at_once=AT_ONCE)
    if refused := [each.refusal for each in answers if each.refusal]:
        raise StackError("A long conversation was cut short.", refused[:3])
    await stage.rest()


def _long_winded(_model: str, question: str) -> Script:
    number = number_of(question)
    if not number:
        return Script(pieces=["They talk of ", "comets."])
    return Script(pieces=[f"{OPENING} {number}: ", *([SENTENCE] * SENTENCES)])
