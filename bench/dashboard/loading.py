"""How soon the page stands there, what it weighs, and how soon a view follows a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from bench.dashboard.browsing import VIEWS, Reader, Wire, renderer_seconds, require_no_faults

CALM_MS: Final = 500
"""After the page is there, the time in which what it fetches beside still comes."""
LONG_TASK_MS: Final = 50
"""What a task may take of the main thread before a reader's click has to wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One navigation. Times in milliseconds from its beginning; `processor_ms`: what the renderer
    took of it; `blocked_ms`: by how much tasks were too long until the page was interactive.
    """

    interactive_ms: float
    painted_ms: float
    largest_ms: float
    blocked_ms: float
    shifts: float
    processor_ms: float
    wire: Wire


@dataclass(frozen=True, slots=True)
class Loads:
    """With an empty cache, and with what the visit before has left there."""

    cold: Sequence[Load]
    warm: Sequence[Load]


@dataclass(frozen=True, slots=True)
class Clicks:
    """Milliseconds by view: the first time since the page was opened, and any later time."""

    first: Mapping[str, Sequence[float]]
    again: Mapping[str, Sequence[float]]
    calls: frozenset[str]


def measure_loads(reader: Reader, *, rounds: int) -> Loads:
    """Each round is one load with an empty cache and one after it."""
    cold: list[Load] = []
    warm: list[Load] = []
    for _ in range(rounds):
        with reader.context() as context:
            for found in (cold, warm):
                page = context.new_page()
                found.append(_load(page, reader))
                page.close()
    return Loads(cold, warm)


def _load(page: Page, reader: Reader) -> Load:
    wire = Wire()
    wire.listen(page.context.new_cdp_session(page))
    before = renderer_seconds(reader.browser)
    page.goto(reader.url)
    interactive = page.evaluate("seen.interactive")
    processor = renderer_seconds(reader.browser) - before
    page.wait_for_timeout(CALM_MS)
    require_no_faults(page)
    noted = page.evaluate("seen.noted")
    return Load(
        interactive_ms=interactive,
        painted_ms=noted["painted"],
        largest_ms=noted["largest"],
        blocked_ms=blocked(noted["tasks"], since=noted["painted"], until=interactive),
        shifts=noted["shifts"],
        processor_ms=processor * 1000,
        wire=wire,
    )


def blocked(tasks: Sequence[Sequence[float]], *, since: float, until: float) -> float:
    """By how many milliseconds in all tasks between two moments were too long. A task is its
    beginning and how long it took.
    """
    return sum(
        max(0.0, duration - LONG_TASK_MS)
        for began, duration in tasks
        if began + duration > since and began < until
    )


def measure_clicks(reader: Reader, *, rounds: int) -> Clicks:
    """In each round the page is opened anew and every view visited twice."""
    first: dict[str, list[float]] = {view: [] for view in VIEWS[1:]}
    again: dict[str, list[float]] = {view: [] for view in VIEWS}
    wire = Wire()
    for _ in range(rounds):
        with reader.open() as page:
            wire.listen(page.context.new_cdp_session(page))
            for found in (first, again):
                order = [view for view in VIEWS[1:] if view in found]
                for view in [*order, VIEWS[0]] if found is again else order:
                    page.wait_for_timeout(CALM_MS)  # as a reader looks before going on
                    found[view].append(page.evaluate("view => seen.click(view)", view))
                    require_no_faults(page)
    return Clicks(first, again, frozenset(wire.calls))
