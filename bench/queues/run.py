"""One run of everything that is measured of the queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bench.installation import install_queues
from bench.queues.measuring import (
    HOLDERS,
    QUICK,
    Backlog,
    Effort,
    Result,
    measure,
    measure_backlog,
    prepare,
)
from bench.queues.report import Measured
from bench.queues.running import running_holders
from bench.queues.stage import staged
from bench.queues.wakeup import measure_wakeups
from bench.queues.window import measure_windows
from dev.checkout import Checkout
from dev.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured of each part."""

    effort: Effort = field(default_factory=Effort)
    wakeups: int = 100
    cold_windows: int = 20
    warm_windows: int = 100


SHORT = Extent(effort=QUICK, wakeups=3, cold_windows=1, warm_windows=3)


async def measure_all(checkout: Checkout, extent: Extent, *, console: Console) -> Measured:
    """Raises StackError if a contender loses a row, or something does not start."""
    python = install_queues(checkout, console=console)
    async with staged(checkout, console=console) as databases:

        def contest() -> tuple[Result, Backlog]:
            effort = extent.effort
            with running_holders(1 + max(HOLDERS), python=python, root=checkout.root) as holders:
                with console.step("Rows", f"{effort.finished:,} finished ones for each contender"):
                    prepare(holders[0], databases, effort)
                with console.step("Contest", f"{effort.rounds} rounds"):
                    result = measure(holders, databases, effort)
                with console.step("Backlog", "claims while many rows wait"):
                    return result, measure_backlog(holders[0], databases.empty, effort)

        # The gateways run in this thread's loop.
        result, backlog = await asyncio.to_thread(contest)
    wakeups = await measure_wakeups(checkout, count=extent.wakeups, console=console)
    windows = await measure_windows(
        checkout, starts=extent.cold_windows, warm=extent.warm_windows, console=console
    )
    return Measured(
        result=result,
        backlog=backlog,
        wakeups=wakeups,
        windows=windows,
        finished=extent.effort.finished,
    )
