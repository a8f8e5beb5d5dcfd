"""The dashboard's benchmark works: the short run gives every figure, and goals are held to them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from bench.dashboard import queries
from bench.dashboard.browsing import VIEWS, Wire
from bench.dashboard.loading import Clicks, Load, Loads, blocked
from bench.dashboard.memory import CHANGES, Lived, Memory, Reading
from bench.dashboard.plans import CALLS, Call
from bench.dashboard.report import (
    BUDGET,
    KINDS,
    MARKS,
    Measured,
    as_markdown,
    as_text,
    goals,
    percentile,
    tables,
)
from bench.dashboard.run import SHORT, measure_all
from dev.checkout import Checkout
from dev.console import Console


@pytest.mark.browser
@pytest.mark.stack
def test_a_short_run_gives_every_figure() -> None:
    measured = measure_all(Checkout.here(), SHORT, console=Console(io.StringIO()))
    assert len(measured.loads.cold) == len(measured.loads.warm) == SHORT.loads
    for load in (*measured.loads.cold, *measured.loads.warm):
        assert 0 < load.painted_ms <= load.largest_ms
        assert load.interactive_ms > 0
        assert load.processor_ms > 0
        assert load.wire.requests["data"] > 0
    for cold, warm in zip(measured.loads.cold, measured.loads.warm, strict=True):
        assert all(cold.wire.bytes[kind] > 0 for kind in KINDS if kind != "preflights")
        assert warm.wire.bytes["scripts"] < cold.wire.bytes["scripts"]  # it was cached
    assert tuple(measured.clicks.first) == VIEWS[1:]
    assert set(measured.clicks.again) == set(VIEWS)
    for times in (*measured.clicks.first.values(), *measured.clicks.again.values()):
        assert len(times) == SHORT.clicks
        assert min(times) > 0
    assert len(measured.queries) == len(CALLS)
    assert all(min(each.times_ms) > 0 for each in measured.queries)
    # What the page asks for is what is measured of the database.
    assert measured.clicks.calls <= {call.name for call in CALLS}
    assert set(measured.memory.views) == set(CHANGES)
    for lived in measured.memory.views.values():
        assert lived.told == lived.changes > 0
        assert min(lived.before.heap_mb, lived.after.heap_mb, lived.after.nodes) > 0
    assert measured.memory.realtime_after_mb > 0
    shown = tables(measured)
    assert all(table.rows for table in shown.values())
    views = shown["From the click to the view with its figures, ms"]
    assert tuple(row[0] for row in views.rows) == VIEWS


# --- the report ----------------------------------------------------------------------------------


def wire_of(scripts: float) -> Wire:
    given: Mapping[str, float] = {"document": 2, "scripts": scripts, "styles": 20, "data": 10}
    return Wire(requests=dict.fromkeys(given, 2), bytes={k: kb * 1000 for k, kb in given.items()})


LOAD = Load(
    interactive_ms=400,
    painted_ms=200,
    largest_ms=350,
    blocked_ms=20,
    shifts=0.0,
    processor_ms=300,
    wire=wire_of(120),
)
FULL = Reading(3.0, 4000, 200)
LIVED = Lived(changes=12_000, told=12_000, refetches=600, seconds=60, before=FULL, after=FULL)
MEASURED = Measured(
    counts={"bot_logs": 100_000},
    busy=0.5,
    queries=[queries.Measured(Call("queue_counts"), [3.0], 2.0, 0.3, "Result")],
    loads=Loads([LOAD], [LOAD]),
    clicks=Clicks(
        {view: [200] for view in VIEWS[1:]}, {view: [100] for view in VIEWS}, frozenset()
    ),
    memory=Memory(dict.fromkeys(CHANGES, LIVED), 60.0, 61.0),
)


def missed(measured: Measured) -> list[str]:
    return [goal.text.partition(":")[0] for goal in goals(measured) if not goal.is_reached]


def test_goals_are_held_against_the_figures() -> None:
    assert missed(MEASURED) == []


def test_a_slow_load_misses_its_goal_however_it_was_cached() -> None:
    slow = replace(LOAD, interactive_ms=1001)
    for loads in (Loads([slow], [LOAD]), Loads([LOAD], [slow])):
        assert missed(replace(MEASURED, loads=loads)) == ["Overview interactive, p95 under 1000 ms"]


def test_one_view_that_is_slow_misses_the_goal_and_is_named() -> None:
    clicks = replace(MEASURED.clicks, first={**MEASURED.clicks.first, "music": [501.0]})
    measured = replace(MEASURED, clicks=clicks)
    assert missed(measured) == ["Any view, p95 under 500 ms from the click"]
    assert "music 501 ms" in as_text(measured, goals(measured))


def test_one_query_that_is_slow_misses_the_goal() -> None:
    slow = replace(MEASURED.queries[0], processor_ms=201.0)
    (text,) = missed(replace(MEASURED, queries=[MEASURED.queries[0], slow]))
    assert text.startswith("No query over 200 ms")


def test_a_heavy_page_misses_its_goal_and_the_budgets() -> None:
    heavy = Loads([replace(LOAD, wire=wire_of(190))], [LOAD])
    assert missed(replace(MEASURED, loads=heavy)) == [
        "The page under 200 kB over the wire",
        "The budget is kept, but for",
    ]


@pytest.mark.parametrize(
    "after", [replace(FULL, heap_mb=5.5), replace(FULL, nodes=4300)], ids=["heap", "nodes"]
)
def test_one_view_that_grows_misses_the_goal(after: Reading) -> None:
    views = {**MEASURED.memory.views, "logs": replace(LIVED, after=after)}
    (text,) = missed(replace(MEASURED, memory=replace(MEASURED.memory, views=views)))
    assert text.startswith("Memory of the page flat")


def test_a_realtime_that_grows_misses_the_goal() -> None:
    (text,) = missed(replace(MEASURED, memory=replace(MEASURED.memory, realtime_after_mb=90.0)))
    assert text.startswith("Memory of Realtime's process flat")


def test_only_what_is_too_long_and_before_the_end_blocks() -> None:
    tasks = [(0, 90), (100, 60), (200, 40), (300, 150), (600, 500)]
    assert blocked(tasks, since=95, until=500) == 10 + 100


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile([1.5], 95) == 1.5


def test_the_figures_are_told_in_tables() -> None:
    markdown = as_markdown(MEASURED, goals(MEASURED), on=date(2026, 1, 2), where="2 cores")
    assert "Measured on 2026-01-02: 2 cores. When the run began, 0.5 processes" in markdown
    assert "Rows: 100,000 of `bot_logs`." in markdown
    assert "| empty cache | 1 | 400 | 400 | 400 | 300 |" in markdown
    assert "| music | 200 | 200 | 200 | 100 | 100 | 100 |" in markdown
    assert "| overview |  |  |  | 100 | 100 | 100 |" in markdown
    assert "| logs | 12,000 | 12,000 | 600 | 200 | 3.0 → 3.0 |" in markdown
    assert all(f"| {each.name} |" in markdown for each in BUDGET)


def test_the_documents_have_places_for_the_figures() -> None:
    docs = Checkout.here().root / "docs"
    for name, marks in {"performance.md": MARKS, "dashboard-queries.md": queries.MARKS}.items():
        text = (docs / name).read_text(encoding="utf-8")
        assert marks.begin in text
        assert marks.end in text
