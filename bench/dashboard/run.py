"""One run of everything that is measured of the dashboard."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from bench.dashboard import queries
from bench.dashboard.browsing import sign_in
from bench.dashboard.loading import measure_clicks, measure_loads
from bench.dashboard.memory import REST_MS, measure_memory
from bench.dashboard.plans import CALLS
from bench.dashboard.report import Measured
from bench.orders import RunningOrders
from dev.checkout import Checkout
from dev.console import Console
from dev.processes import plain_environment
from tests.browser import running_browser

PLACE = "bench.dashboard.place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured of each part, and of how many rows (see dev/seed)."""

    days: int = 30
    scale: float = 1.0
    loads: int = 15
    clicks: int = 10
    queries: int = 15
    changes: int = 36_000
    refetches: int = 1_800
    rest_ms: int = REST_MS


SHORT = Extent(
    days=2, scale=0.2, loads=1, clicks=1, queries=1, changes=300, refetches=3, rest_ms=100
)


def measure_all(checkout: Checkout, extent: Extent, *, console: Console) -> Measured:
    """Raises StackError if a view shows a fault, a change does not arrive, or something does not
    start. The changes come last: they alter what the others measure.
    """
    busy = os.getloadavg()[0]
    with (
        RunningOrders(
            [sys.executable, "-m", PLACE], cwd=checkout.root, environment=plain_environment()
        ) as place,
        running_browser() as browser,
    ):
        with console.step("Local stack", f"{extent.days} days of an invented bot"):
            told = place.ask("begin", extent.days, extent.scale)
        url, database_url, counts = told["url"], told["database_url"], told["counts"]
        with console.step("Queries", f"{len(CALLS)}, {extent.queries} times each"):
            asked = queries.measure_all(database_url, rounds=extent.queries)
        reader = sign_in(browser, url)
        with console.step("Loads", f"{extent.loads} cold and warm"):
            loads = measure_loads(reader, rounds=extent.loads)
        with console.step("Views", f"{extent.clicks} visits of each, twice"):
            clicks = measure_clicks(reader, rounds=extent.clicks)
        with console.step("Memory", f"{extent.changes:,} changes"):
            memory = measure_memory(
                reader,
                database_url=database_url,
                realtime_mb=lambda: float(place.ask("memory")),
                changes=extent.changes,
                refetches=extent.refetches,
                rest_ms=extent.rest_ms,
            )
    return Measured(
        counts=counts, busy=busy, queries=asked, loads=loads, clicks=clicks, memory=memory
    )
