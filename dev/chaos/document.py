"""The counts for docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from bench.tables import Goal, Marks, Table
from dev.chaos.answer_scenario import ANSWERS, AnswersOutcome
from dev.chaos.drainer import LEASE_SECONDS
from dev.chaos.queue_scenarios import Effort, QueueOutcome
from dev.chaos.report import answers_figures, queue_figures
from dev.chaos.workload import MAX_ATTEMPTS

MARKS: Final = Marks(
    "<!-- counts under fault: written by `python3 dev chaos --markdown` -->",
    "<!-- end of counts under fault -->",
)


def as_markdown(
    queue: Sequence[QueueOutcome],
    answers: AnswersOutcome,
    *,
    effort: Effort,
    seed: int,
    on: date,
    where: str,
) -> str:
    """Both tables and what was promised, with the date, the machine and what the run was given."""
    given = (
        f"Seed {seed}, {effort.commands:,} commands in each scenario, {effort.drainers} drainers, "
        f"leases of {LEASE_SECONDS} s, at most {MAX_ATTEMPTS} attempts."
    )
    return "\n\n".join(
        [
            f"Measured on {on.isoformat()}: {where}.",
            given,
            _queue_table(queue).as_markdown(),
            _answers_table(answers).as_markdown(),
            "\n".join(f"- {goal.line}" for goal in goals(queue, answers)),
        ]
    )


def goals(queue: Sequence[QueueOutcome], answers: AnswersOutcome) -> list[Goal]:
    """The two promises, and below them whatever broke one."""
    of_the_queue = [f"{each.scenario}: {line}" for each in queue for line in each.found]
    of_the_answers = [f"{ANSWERS}: {line}" for line in answers.found]
    return [
        Goal("No command lost, doubled, stuck or out of order", not of_the_queue),
        Goal("Outside the two windows, every answer seen whole and once", not of_the_answers),
        *(Goal(line, is_reached=False) for line in [*of_the_queue, *of_the_answers]),
    ]


def _queue_table(outcomes: Sequence[QueueOutcome]) -> Table:
    figures = {outcome.scenario.value: queue_figures(outcome) for outcome in outcomes}
    headings = next(iter(figures.values()))
    return Table(
        ["commands", *headings],
        [[name, *(f"{each:,}" for each in row.values())] for name, row in figures.items()],
    )


def _answers_table(outcome: AnswersOutcome) -> Table:
    figures = answers_figures(outcome)
    return Table(["deferred answers", ""], [[name, f"{each:,}"] for name, each in figures.items()])
