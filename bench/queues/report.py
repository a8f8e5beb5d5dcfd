"""The queues' figures in words and tables, and what is asked of Halley's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.measuring import percentile
from bench.queues.contender import Entrant
from bench.queues.measuring import SETTINGS, Backlog, Figures, Result, Setting
from bench.queues.wakeup import Wakeups
from bench.queues.window import Windows
from bench.tables import Goal, Marks, Table

MARKS = Marks(
    "<!-- queue figures: written by `python3 dev bench queue --markdown` -->",
    "<!-- end of queue figures -->",
)
COST_LIMIT = 1.2
START_LIMIT_MS = 300
NANOSECONDS_IN_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of one run."""

    result: Result
    backlog: Backlog
    wakeups: Wakeups
    windows: Windows
    finished: int


def titles(requirements: Path) -> Mapping[Entrant, str]:
    """What the tables call each, with the version that is pinned."""
    pins = dict(
        line.strip().split("==") for line in requirements.read_text().splitlines() if "==" in line
    )
    return {
        Entrant.HALLEY: "Halley, SQL, ten a claim",
        Entrant.HALLEY_SINGLY: "Halley, SQL, one a claim",
        Entrant.PROCRASTINATE: f"procrastinate {pins['procrastinate']}, its SQL",
        Entrant.PGMQ: f"pgmq {pins['pgmq']}, its SQL",
        Entrant.HALLEY_REST: "Halley, PostgREST, ten a claim",
    }


def tables(measured: Measured, names: Mapping[Entrant, str]) -> Mapping[str, Table]:
    """By what each of them shows."""
    columns = [_heading(setting, measured.finished) for setting in SETTINGS]
    waiting = list(next(iter(measured.backlog.values())))
    return {
        "Claimed and finished, rows a second": Table(
            ["", *columns],
            [
                [names[entrant], *(f"{each[setting].rows_a_second:.0f}" for setting in SETTINGS)]
                for entrant, each in measured.result.items()
            ],
        ),
        "From enqueue to start, ms: p50 / p95": Table(
            ["", *columns],
            [
                [names[entrant], *(_start(each[setting]) for setting in SETTINGS)]
                for entrant, each in measured.result.items()
            ],
        ),
        "One claim, ms (median), while rows wait": Table(
            ["", *(f"{count:,} wait" for count in waiting)],
            [
                [names[entrant], *(f"{each[count]:.2f}" for count in waiting)]
                for entrant, each in measured.backlog.items()
            ],
        ),
        "Through the whole local stack, ms": Table(
            ["", "p50", "p95"],
            [
                ["from insert to start", *_ms(measured.wakeups.started)],
                ["from insert to completion", *_ms(measured.wakeups.completed)],
                ["from acknowledgement to durable row, warm", *_ms(measured.windows.warm)],
                ["from acknowledgement to durable row, cold", *_ms(measured.windows.cold)],
            ],
        ),
    }


def goals(measured: Measured) -> list[Goal]:
    """What Halley's queue is meant to reach, held against this run."""
    ours = measured.result[Entrant.HALLEY]
    theirs = measured.result[Entrant.PROCRASTINATE]
    speed = min(ours[each].rows_a_second / theirs[each].rows_a_second for each in SETTINGS)
    p50 = max(ours[each].start_p50_ms / theirs[each].start_p50_ms for each in SETTINGS)
    p95 = max(ours[each].start_p95_ms / theirs[each].start_p95_ms for each in SETTINGS)
    cost = max(
        ours[setting].rows_a_second / ours[setting._replace(is_full=True)].rows_a_second
        for setting in SETTINGS
    )
    start = percentile(measured.wakeups.started, 95) / NANOSECONDS_IN_MS
    return [
        Goal(f"Rows a second: at least {speed:.2f} times procrastinate's", speed > 1),
        Goal(f"From enqueue to start, p50: at most {p50:.2f} of procrastinate's", p50 < 1),
        Goal(f"From enqueue to start, p95: at most {p95:.2f} of procrastinate's", p95 < 1),
        Goal(
            f"With {measured.finished:,} finished rows a row costs at most {COST_LIMIT} times as "
            f"much: {cost:.2f} times",
            cost <= COST_LIMIT,
        ),
        Goal(
            f"From insert to start locally, p95 under {START_LIMIT_MS} ms: {start:.0f} ms",
            start < START_LIMIT_MS,
        ),
    ]


def as_text(shown: Mapping[str, Table], reached: Sequence[Goal]) -> str:
    """The tables below each other, and the goals if there are any."""
    parts = [f"{title}\n{table.as_text()}" for title, table in shown.items()]
    return "\n\n".join([*parts, "\n".join(goal.line for goal in reached)]).rstrip()


def as_markdown(
    shown: Mapping[str, Table], reached: Sequence[Goal], *, on: date, where: str
) -> str:
    """The same for a document, with the date and the machine."""
    parts = [f"**{title}**\n\n{table.as_markdown()}" for title, table in shown.items()]
    return "\n\n".join(
        [
            f"Measured on {on.isoformat()}: {where}.",
            *parts,
            "\n".join(f"- {goal.line}" for goal in reached),
        ]
    )


def _heading(setting: Setting, finished: int) -> str:
    holders = "1 holder" if setting.holders == 1 else f"{setting.holders} holders"
    return f"{holders}, {finished if setting.is_full else 0:,} finished"


def _start(figures: Figures) -> str:
    return f"{figures.start_p50_ms:.1f} / {figures.start_p95_ms:.1f}"


def _ms(nanoseconds: Sequence[int]) -> list[str]:
    return [f"{percentile(nanoseconds, percent) / NANOSECONDS_IN_MS:.1f}" for percent in (50, 95)]
