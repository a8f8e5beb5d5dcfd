"""The counts as tables, and below them whatever should not have happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TextIO

from rich.console import Console as Terminal
from rich.table import Column, Table

from dev.chaos.answer_scenario import ANSWERS, AnswersOutcome
from dev.chaos.faults import Strike
from dev.chaos.queue_scenarios import QueueOutcome

_WIDTH_OF_A_PIPE: Final = 80


def show_queue(outcomes: Sequence[QueueOutcome], stream: TextIO) -> None:
    """A row for each scenario of the queue."""
    rows = {outcome.scenario.value: queue_figures(outcome) for outcome in outcomes}
    _show(rows, stream)
    for outcome in outcomes:
        _complain(outcome.scenario, outcome.found, stream)


def show_answers(outcome: AnswersOutcome, stream: TextIO) -> None:
    """The one row of the deferred answers, with the two windows that are known."""
    figures = {
        "asked": outcome.asked,
        "answered": outcome.answered,
        "resumed": outcome.resumed,
        "expired": outcome.expired,
        "killed in window": outcome.aimed_at_window,
        "lost there": outcome.lost,
        "latest ms": outcome.latest_loss_ms,
        "shown twice": outcome.doubled,
        "s": round(outcome.seconds),
    }
    _show({ANSWERS: figures}, stream)
    _complain(ANSWERS, outcome.found, stream)


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


def _show(rows: Mapping[str, Mapping[str, int]], stream: TextIO) -> None:
    headings = next(iter(rows.values()))
    table = Table(
        Column("", no_wrap=True),
        *(Column(name, justify="right", width=_width(name, rows.values())) for name in headings),
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for name, figures in rows.items():
        table.add_row(name, *(str(figure) for figure in figures.values()))
    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    Terminal(file=stream, width=width, highlight=False).print(table)
    stream.write("\n")


def _width(heading: str, rows: Iterable[Mapping[str, int]]) -> int:
    """So wide that neither a word of the heading nor a figure is cut."""
    return max(len(word) for word in [*heading.split(), *(str(row[heading]) for row in rows)])


def _complain(scenario: str, found: Sequence[str], stream: TextIO) -> None:
    stream.writelines(f"  {scenario}: {line}\n" for line in found)
