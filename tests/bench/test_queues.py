"""The queues' benchmark works: no contender loses a row, and the tables say what was measured."""

from __future__ import annotations

import asyncio
import io
from datetime import date

import pytest

from bench.installation import QUEUE_REQUIREMENTS
from bench.queues.contender import Entrant
from bench.queues.halley import AT_ONCE, LEASE_SECONDS
from bench.queues.measuring import SETTINGS, Figures, Setting
from bench.queues.report import MARKS, Measured, as_markdown, as_text, goals, tables, titles
from bench.queues.run import SHORT, measure_all
from bench.queues.wakeup import Wakeups
from bench.queues.window import Windows
from dev.checkout import Checkout
from dev.console import Console
from lib.jobs import heartbeat, queue

TITLES = titles(Checkout.here().root / QUEUE_REQUIREMENTS)


def figures_of(scale: float) -> dict[Setting, Figures]:
    each = Figures(rows_a_second=1000 / scale, start_p50_ms=2 * scale, start_p95_ms=4 * scale)
    return dict.fromkeys(SETTINGS, each)


def measured_with(halley: dict[Setting, Figures], *, start_ms: int = 20) -> Measured:
    others = {entrant: figures_of(2) for entrant in Entrant}
    return Measured(
        result=others | {Entrant.HALLEY: halley},
        backlog={Entrant.HALLEY: {0: 0.25, 10_000: 0.5}},
        wakeups=Wakeups([start_ms * 10**6], [30 * 10**6]),
        windows=Windows([90 * 10**6], [5 * 10**6]),
        finished=1_000_000,
    )


@pytest.mark.stack
def test_every_queue_begins_and_finishes_every_row() -> None:
    # It counts the rows itself, and fails if one is missing.
    measured = asyncio.run(measure_all(Checkout.here(), SHORT, console=Console(io.StringIO())))
    assert set(measured.result) == set(Entrant)
    assert all(set(each) == set(SETTINGS) for each in measured.result.values())
    assert len(measured.wakeups.started) == len(measured.wakeups.completed) == SHORT.wakeups
    assert len(measured.windows.cold) == SHORT.cold_windows
    assert len(measured.windows.warm) == SHORT.warm_windows
    assert min([*measured.wakeups.started, *measured.windows.cold, *measured.windows.warm]) > 0


def test_halleys_rows_are_claimed_as_her_functions_claim_them() -> None:
    assert AT_ONCE == queue.MOST_AT_ONCE
    assert LEASE_SECONDS == heartbeat.LEASE_SECONDS


def test_goals_are_held_against_the_figures() -> None:
    assert all(goal.is_reached for goal in goals(measured_with(figures_of(1))))
    slow = goals(measured_with(figures_of(3), start_ms=301))
    assert [goal.is_reached for goal in slow] == [False, False, False, True, False]


def test_one_setting_that_is_behind_misses_the_goal() -> None:
    full = Setting(holders=8, is_full=True)
    halley = figures_of(1) | {full: figures_of(1.25)[full]}
    reached = [goal.is_reached for goal in goals(measured_with(halley))]
    assert reached == [True, True, True, False, True]


def test_the_figures_are_told_in_tables() -> None:
    measured = measured_with(figures_of(1))
    shown, reached = tables(measured, TITLES), goals(measured)
    text = as_text(shown, reached)
    assert "8 holders, 1,000,000 finished" in text
    assert "procrastinate 3.10.0, its SQL" in text
    assert "✓ From insert to start locally, p95 under 300 ms: 20 ms" in text
    markdown = as_markdown(shown, reached, on=date(2026, 1, 2), where="2 cores")
    assert "Measured on 2026-01-02: 2 cores." in markdown
    assert "| Halley, SQL, ten a claim | 0.25 | 0.50 |" in markdown


def test_the_document_has_a_place_for_the_figures() -> None:
    document = Checkout.here().root / "docs" / "performance.md"
    text = document.read_text(encoding="utf-8")
    assert MARKS.begin in text
    assert MARKS.end in text
