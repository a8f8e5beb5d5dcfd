"""The scenarios of the queue: commands through drainers, under one fault or all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from dev.chaos.crew import working_crew
from dev.chaos.faults import (
    Fault,
    Scene,
    Strike,
    exhaust_the_pool,
    freeze_drainers,
    kill_backends,
    kill_drainers,
    let_no_drainer_live,
    restart_postgres,
)
from dev.chaos.ground import Ground
from dev.chaos.verdict import Counts, counts, faults_found
from dev.chaos.workload import clear, count_open, draw_tasks, insert_in_portions

PATIENCE_SECONDS: Final = 300.0
"""What is not done by then, the faults included, is stuck. It says nothing of speed."""
_PAUSE_SECONDS: Final = 0.2
# Waits between attempts grow to minutes; they are bounded, and then nobody waits for them.
_LONGEST_WAIT: Final = """
select coalesce(max(extract(epoch from run_at - now())), 0)::integer from chaos.commands
  where status = 'pending'
"""
_BOUND_SECONDS: Final = 600
_HASTEN: Final = """
update chaos.commands set run_at = now() where status = 'pending' and run_at > now()
"""


class QueueScenario(StrEnum):
    """What happens to the queue, by the names that the command line takes."""

    CALM = "calm"
    RESTARTS = "restarts"
    BACKENDS = "backends"
    POOL = "pool"
    CRASHES = "crashes"
    CRASH_LOOP = "crash-loop"
    FREEZES = "freezes"
    COMBINED = "combined"


FAULTS: Final[Mapping[QueueScenario, Sequence[Fault]]] = {
    QueueScenario.CALM: (),
    QueueScenario.RESTARTS: (restart_postgres,),
    QueueScenario.BACKENDS: (kill_backends,),
    QueueScenario.POOL: (exhaust_the_pool,),
    QueueScenario.CRASHES: (kill_drainers,),
    QueueScenario.CRASH_LOOP: (let_no_drainer_live,),
    QueueScenario.FREEZES: (freeze_drainers,),
    QueueScenario.COMBINED: (restart_postgres, kill_backends, exhaust_the_pool, kill_drainers),
}

WHEN_SHORT: Final = (
    QueueScenario.RESTARTS,
    QueueScenario.BACKENDS,
    QueueScenario.POOL,
    QueueScenario.CRASHES,
    QueueScenario.CRASH_LOOP,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done."""

    commands: int
    drainers: int
    is_short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOutcome:
    """What a scenario did and found. It holds if nothing was found."""

    scenario: QueueScenario
    counts: Counts
    kills: int
    strikes: Mapping[Strike, int]
    seconds: float
    found: Sequence[str]


async def run_queue_scenario(
    scenario: QueueScenario, ground: Ground, *, effort: Effort, seed: int
) -> QueueOutcome:
    """Send the commands through, inflict the faults, let it settle, and look."""
    chance = Random(f"{seed} {scenario}")  # noqa: S311 - it chooses victims, and guards nothing
    await clear(ground.database)
    began = time.monotonic()
    found: list[str] = []
    async with working_crew(ground, size=effort.drainers) as crew:
        scene = Scene(ground, crew, chance, effort.commands, effort.is_short)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _work_under(FAULTS[scenario], scene)
                found += await _settle(scene)
        except TimeoutError:
            found.append(f"not done after {PATIENCE_SECONDS:.0f} s")
    found += await faults_found(ground.database)
    return QueueOutcome(
        scenario=scenario,
        counts=await counts(ground.database),
        kills=crew.kills,
        strikes=dict(scene.strikes),
        seconds=time.monotonic() - began,
        found=found,
    )


async def _work_under(faults: Sequence[Fault], scene: Scene) -> None:
    tasks = draw_tasks(scene.count, scene.chance)
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(fault(scene))
        await insert_in_portions(
            scene.database, tasks, scene.chance, most_open=max(20, scene.count // 4)
        )


async def _settle(scene: Scene) -> list[str]:
    """Wait for the rest once the faults are over; leases run out by themselves."""
    longest = await scene.database.number(_LONGEST_WAIT)
    while await count_open(scene.database):
        await scene.database.ask(_HASTEN)
        await asyncio.sleep(_PAUSE_SECONDS)
    if longest > _BOUND_SECONDS:
        return [f"a row waited for its next attempt for {longest} s"]
    return []
