"""The counts as tables, and below them whatever should not have happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from bench.tables import Table
from dev.chaos.answer_scenario import ANSWERS, AnswersOutcome
from dev.chaos.answers import WINDOW_SECONDS
from dev.chaos.faults import Strike
from dev.chaos.queue_scenarios import QueueOutcome

_BROKEN: Final = ("killed", "frozen", "restarts", "held", "cut off")
_QUEUE_ALLOWED: Final = """\
Each command must be done once. More runs than that are allowed: whoever dies, or loses its lease,
is followed by another, and a run that is late repeats an effect which is recorded only once.
"""
_ANSWERS_ALLOWED: Final = """\
Two things are allowed, and counted. An answer is lost if its function dies after the
acknowledgement and before its row is there, for Discord's three seconds wait for no database. A
follow-up is seen twice if it dies between sending it and noting its id, as Discord cannot be asked
whether it has it. And past its 15 minutes nobody can answer any more.
"""


def show_queue(outcomes: Sequence[QueueOutcome], stream: TextIO) -> None:
    """A row for each scenario of the queue: what came of it, and what was broken meanwhile."""
    rows = {outcome.scenario.value: queue_figures(outcome) for outcome in outcomes}
    names = list(next(iter(rows.values())))
    for heading, columns in (
        ("commands", [name for name in names if name not in _BROKEN]),
        ("broken", list(_BROKEN)),
    ):
        lines = [[name, *(str(row[each]) for each in columns)] for name, row in rows.items()]
        stream.write(f"{Table([heading, *columns], lines).as_text()}\n\n")
    stream.write(f"{_QUEUE_ALLOWED}\n")
    for outcome in outcomes:
        _complain(outcome.scenario, outcome.found, stream)


def show_answers(outcome: AnswersOutcome, stream: TextIO) -> None:
    """What came of the deferred answers, with the two windows that are known."""
    lines = [[name, str(figure)] for name, figure in answers_figures(outcome).items()]
    stream.write(f"{Table(['deferred answers', ''], lines).as_text()}\n\n{_ANSWERS_ALLOWED}\n")
    _complain(ANSWERS, outcome.found, stream)


def answers_figures(outcome: AnswersOutcome) -> Mapping[str, int]:
    """What is told of the answers, each with its name."""
    return {
        "functions killed while they answered": outcome.asked,
        "users who saw the one whole answer": outcome.answered,
        "answers that a fresh process took up and ended": outcome.resumed,
        "killed before the row, or within "
        f"{WINDOW_SECONDS} s of the acknowledgement": outcome.aimed_at_window,
        "lost, having no row yet": outcome.lost,
        "the latest of these, ms after the acknowledgement": outcome.latest_loss_ms,
        "a follow-up seen twice": outcome.doubled,
        "past the 15 minutes: failed as expired, logged, not tried again": outcome.expired,
    }


def queue_figures(outcome: QueueOutcome) -> dict[str, int]:
    """What a scenario's row tells, by the names of the columns."""
    counts, strikes = outcome.counts, outcome.strikes
    return {
        "sent": counts.commands,
        "done": counts.effects,
        "runs": counts.executions,
        "retries": counts.retries,
        "most tries": counts.most_attempts,
        "late runs": counts.late_runs,
        "killed": outcome.kills,
        "frozen": strikes.get(Strike.FREEZE, 0),
        "restarts": strikes.get(Strike.RESTART, 0),
        "held": strikes.get(Strike.HELD, 0),
        "cut off": strikes.get(Strike.SESSION, 0),
        "s": round(outcome.seconds),
    }


def _complain(scenario: str, found: Sequence[str], stream: TextIO) -> None:
    stream.writelines(f"  {scenario}: {line}\n" for line in found)
