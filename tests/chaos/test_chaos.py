"""The queue under fault, in its short form: each fault once, with real processes and a real
database of their own. The long form is `python3 dev chaos`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from random import Random

import pytest

from dev.chaos.command import main
from dev.chaos.database import Database
from dev.chaos.ground import prepared_ground
from dev.chaos.verdict import counts, faults_found
from dev.chaos.workload import Task, clear, insert_tasks
from dev.checkout import Checkout

_VALUES = "select id, order_key, (payload ->> 'position')::integer from chaos.commands order by seq"
_RUNS = "insert into chaos.runs (command_id, order_key, position, attempt)"
EFFECT = f"insert into chaos.effects (command_id, order_key, position) {_VALUES}"
EFFECT_BACKWARDS = f"{EFFECT} desc"
RUN = f"{_RUNS} select *, 1 from ({_VALUES}) as each"
COMPLETE = "update chaos.commands set status = 'completed', attempts = 1"
FAIL = "update chaos.commands set status = 'failed'"
BEGIN_AGAIN = "update chaos.commands set status = 'processing'"
TRY_TOO_OFTEN = "update chaos.commands set attempts = max_attempts + 1"
BE_LATE = "update chaos.effects set at = now() where position = 0"
EACH_DONE = (EFFECT, RUN, COMPLETE)


@pytest.mark.stack
def test_nothing_is_lost_doubled_or_stuck_whatever_dies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["--short", "--seed", "1986"])
    told = capsys.readouterr().out
    assert status == 0, told
    for scenario in ("restarts", "backends", "pool", "crashes", "crash-loop"):
        row = re.search(rf"^{scenario} +(?P<sent>\d+) +(?P<done>\d+)", told, re.MULTILINE)
        assert row is not None, told
        assert row["sent"] == row["done"] == "36"
    assert re.search(r"^functions killed while they answered +8$", told, re.MULTILINE), told


@pytest.mark.stack
def test_what_breaks_a_promise_is_found() -> None:
    asyncio.run(_break_every_promise())


async def _break_every_promise() -> None:
    async with prepared_ground(Checkout.here()) as ground:
        database = ground.database
        assert await _found(database, [*EACH_DONE]) == []
        for spoiling, complaint in {
            (RUN, COMPLETE): "lost: no effect",
            (EFFECT, RUN): "stuck: not ended",
            (EFFECT, RUN, FAIL): "failed",
            (*EACH_DONE, BEGIN_AGAIN, COMPLETE): "doubled: completed more than once",
            (*EACH_DONE, RUN): "doubled: run twice",
            (*EACH_DONE, TRY_TOO_OFTEN): "out of bounds",
            (*EACH_DONE, BE_LATE): "out of order: begun",
            (EFFECT_BACKWARDS, RUN, COMPLETE): "out of order: effects",
        }.items():
            found = await _found(database, spoiling)
            assert any(line.startswith(complaint) for line in found), (complaint, found)


async def _found(database: Database, statements: Sequence[str]) -> list[str]:
    """What is found where two commands of one order went through the queue like this."""
    await clear(database)
    tasks = [Task(failures=0, seconds=0, order_key="a", position=place) for place in range(2)]
    await insert_tasks(database, tasks, Random(0))
    for statement in statements:
        await database.ask(statement)
    assert (await counts(database)).commands == 2
    return await faults_found(database)
