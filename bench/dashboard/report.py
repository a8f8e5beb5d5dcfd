"""The dashboard's figures in words and tables, and what is asked of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

from bench.dashboard import queries
from bench.dashboard.browsing import VIEWS
from bench.dashboard.loading import Clicks, Load, Loads
from bench.dashboard.memory import Lived, Memory
from bench.tables import Goal, Marks, Table

MARKS: Final = Marks(
    "<!-- dashboard's figures: written by `python3 dev bench dashboard --markdown` -->",
    "<!-- end of dashboard's figures -->",
)
KINDS: Final = ("document", "scripts", "styles", "others", "data", "preflights")
OWN_KINDS: Final = KINDS[:4]
"""What the page itself is; the others are the figures that it shows."""
INTERACTIVE_LIMIT_MS: Final = 1000
VIEW_LIMIT_MS: Final = 500
PAGE_LIMIT_KB: Final = 200
HEAP_LIMIT_MB: Final = 2
NODES_LIMIT: Final = 200
"""The rows that are shown differ in how many they need."""
REALTIME_LIMIT_MB: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of one run. `counts`: rows by table; `busy`: how many processes of the machine wanted
    a core when it began.
    """

    counts: Mapping[str, int]
    busy: float
    queries: Sequence[queries.Measured]
    loads: Loads
    clicks: Clicks
    memory: Memory


@dataclass(frozen=True, slots=True)
class Allowance:
    """A line of the budget: the most that the page may take of something."""

    name: str
    limit: float
    unit: str
    value: Callable[[Load], float]
    digits: int = 0


BUDGET: Final = (
    Allowance("first contentful paint", 500, "ms", lambda load: load.painted_ms),
    Allowance("largest contentful paint", INTERACTIVE_LIMIT_MS, "ms", lambda load: load.largest_ms),
    Allowance("total blocking time", 150, "ms", lambda load: load.blocked_ms),
    Allowance("layout shifts, all added up", 0.02, "", lambda load: load.shifts, digits=3),
    Allowance("scripts", 150, "kB", lambda load: _kb(load, "scripts")),
    Allowance("styles", 30, "kB", lambda load: _kb(load, "styles")),
    Allowance("data of the first view", 20, "kB", lambda load: _kb(load, "data")),
    Allowance("requests", 80, "", lambda load: sum(load.wire.requests.values())),
)
"""Held by the median of the loads with an empty cache."""


def tables(measured: Measured) -> dict[str, Table]:
    """Each table under its title."""
    loads, clicks, memory = measured.loads, measured.clicks, measured.memory
    return {
        "From the navigation to the overview with its figures, ms": Table(
            ["", "loads", "fastest", "p50", "p95", "processor, p50"],
            [
                _load_row("empty cache", loads.cold),
                _load_row("visited before", loads.warm),
            ],
        ),
        "From the click to the view with its figures, ms": Table(
            ["", "first: fastest", "p50", "p95", "again: fastest", "p50", "p95"],
            [
                [view, *_spread(clicks.first.get(view, [])), *_spread(clicks.again[view])]
                for view in VIEWS
            ],
        ),
        "Over the wire until the overview stands": Table(
            ["", "requests", "kB, empty cache", "kB, visited before"],
            [
                *(_wire_row(kind, [kind], loads) for kind in KINDS),
                _wire_row("the page alone", OWN_KINDS, loads),
            ],
        ),
        "The budget": Table(
            ["", "at most", "median", ""],
            [
                [
                    each.name,
                    f"{each.limit:g} {each.unit}".rstrip(),
                    f"{_typical(each, loads):.{each.digits}f} {each.unit}".rstrip(),
                    "✓" if _typical(each, loads) <= each.limit else "✗",
                ]
                for each in BUDGET
            ],
        ),
        "An hour of changes, ten a second": Table(
            ["", "changes", "told", "refetches", "told a second", "heap, MB", "DOM nodes",
             "listeners"],
            [_lived_row(view, lived) for view, lived in memory.views.items()],
        ),
        "Realtime's process": Table(
            ["", "before", "after"],
            [["RSS, MB", f"{memory.realtime_before_mb:.1f}", f"{memory.realtime_after_mb:.1f}"]],
        ),
    }  # fmt: skip


def goals(measured: Measured) -> list[Goal]:
    """What the dashboard is meant to reach, held against this run."""
    loads, clicks, memory = measured.loads, measured.clicks, measured.memory
    cold, warm = (
        percentile([load.interactive_ms for load in found], 95)
        for found in (loads.cold, loads.warm)
    )
    slowest, view = max(
        (percentile(times, 95), view)
        for found in (clicks.first, clicks.again)
        for view, times in found.items()
    )
    page = median(sum(_kb(load, kind) for kind in OWN_KINDS) for load in loads.cold)
    heap = max(lived.after.heap_mb - lived.before.heap_mb for lived in memory.views.values())
    nodes = max(lived.after.nodes - lived.before.nodes for lived in memory.views.values())
    realtime = memory.realtime_after_mb - memory.realtime_before_mb
    over = [each.name for each in BUDGET if _typical(each, loads) > each.limit]
    return [
        Goal(
            f"Overview interactive, p95 under {INTERACTIVE_LIMIT_MS} ms: {cold:.0f} ms with an"
            f" empty cache, {warm:.0f} ms otherwise",
            max(cold, warm) < INTERACTIVE_LIMIT_MS,
        ),
        Goal(
            f"Any view, p95 under {VIEW_LIMIT_MS} ms from the click: {view} {slowest:.0f} ms",
            slowest < VIEW_LIMIT_MS,
        ),
        queries.goal(measured.queries),
        Goal(
            f"The page under {PAGE_LIMIT_KB} kB over the wire: {page:.0f} kB", page < PAGE_LIMIT_KB
        ),
        Goal("The budget is kept" + (f", but for: {', '.join(over)}" if over else ""), not over),
        Goal(
            f"Memory of the page flat within {HEAP_LIMIT_MB} MB and {NODES_LIMIT} nodes:"
            f" {heap:+.1f} MB, {nodes:+d} nodes",
            heap < HEAP_LIMIT_MB and nodes < NODES_LIMIT,
        ),
        Goal(
            f"Memory of Realtime's process flat within {REALTIME_LIMIT_MB} MB: {realtime:+.1f} MB",
            realtime < REALTIME_LIMIT_MB,
        ),
    ]


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of all do not exceed; 0: the smallest."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def as_text(measured: Measured, reached: Sequence[Goal]) -> str:
    """The tables below each other with the queries' own, and the goals if there are any."""
    shown = {**tables(measured), "Queries in Postgres": queries.table(measured.queries)}
    parts = [f"{title}\n{table.as_text()}" for title, table in shown.items()]
    return "\n\n".join([*parts, "\n".join(goal.line for goal in reached)]).rstrip()


def as_markdown(measured: Measured, reached: Sequence[Goal], *, on: date, where: str) -> str:
    """The same for a document, with the date and the machine; the queries have one of their own."""
    parts = [f"**{title}**\n\n{table.as_markdown()}" for title, table in tables(measured).items()]
    rows = ", ".join(f"{count:,} of `{name}`" for name, count in measured.counts.items())
    begun = f"When the run began, {measured.busy:.1f} processes wanted a core."
    return "\n\n".join(
        [
            f"Measured on {on.isoformat()}: {where}. {begun} Rows: {rows}.",
            *parts,
            "\n".join(f"- {goal.line}" for goal in reached),
        ]
    )


def _kb(load: Load, kind: str) -> float:
    return load.wire.bytes.get(kind, 0) / 1000


def _typical(allowance: Allowance, loads: Loads) -> float:
    return median(allowance.value(load) for load in loads.cold)


def _load_row(name: str, loads: Sequence[Load]) -> list[str]:
    processor = median(load.processor_ms for load in loads)
    spread = _spread([load.interactive_ms for load in loads])
    return [name, str(len(loads)), *spread, f"{processor:.0f}"]


def _spread(times: Sequence[float]) -> list[str]:
    return [f"{percentile(times, percent):.0f}" if times else "" for percent in (0, 50, 95)]


def _wire_row(name: str, kinds: Sequence[str], loads: Loads) -> list[str]:
    def typical(found: Sequence[Load]) -> str:
        return f"{median(sum(_kb(load, kind) for kind in kinds) for load in found):.1f}"

    count = median(sum(load.wire.requests.get(kind, 0) for kind in kinds) for load in loads.cold)
    return [name, f"{count:g}", typical(loads.cold), typical(loads.warm)]


def _lived_row(view: str, lived: Lived) -> list[str]:
    before, after = lived.before, lived.after
    return [
        view,
        f"{lived.changes:,}",
        f"{lived.told:,}",
        f"{lived.refetches:,}",
        f"{lived.told / lived.seconds:.0f}",
        f"{before.heap_mb:.1f} → {after.heap_mb:.1f}",
        f"{before.nodes:,} → {after.nodes:,}",
        f"{before.listeners:,} → {after.listeners:,}",
    ]
