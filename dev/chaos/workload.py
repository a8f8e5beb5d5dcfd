"""The commands that are sent through the queue, and how they get into it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Self
from uuid import UUID

from dev.chaos.database import Database

KIND: Final = "chaos"
"""The `command_queue.command` of all of them."""
MAX_ATTEMPTS: Final = 40
"""Far more than the usual five: a drainer that is killed costs an attempt to each row it holds."""

_PORTIONS: Final = 10
_PAUSE_SECONDS: Final = 0.05
_INSERT: Final = """
insert into public.command_queue (id, command, payload, order_key, max_attempts)
  select task.id, %s, task.payload, task.payload ->> 'order_key', %s
    from jsonb_to_recordset(%s::jsonb) as task (id uuid, payload jsonb)
  on conflict (id) do nothing
"""


@dataclass(frozen=True, slots=True)
class Task:
    """What one command asks of its handler: to fail so many times, then to take so long.

    Those of one `order_key` are to be done by `position`.
    """

    failures: int
    seconds: float
    order_key: str | None
    position: int | None

    @classmethod
    def from_payload(cls, payload: Mapping[str, object]) -> Self:
        """The task that a row's payload holds."""
        order_key, position = payload["order_key"], payload["position"]
        return cls(
            failures=int(str(payload["failures"])),
            seconds=float(str(payload["seconds"])),
            order_key=None if order_key is None else str(order_key),
            position=None if position is None else int(str(position)),
        )

    def to_payload(self) -> dict[str, object]:
        return {
            "failures": self.failures,
            "seconds": self.seconds,
            "order_key": self.order_key,
            "position": self.position,
        }


def draw_tasks(count: int, chance: Random) -> list[Task]:
    """A tenth fails at the first try, a seventh takes long enough to be killed, a quarter has an
    order to keep, in which the first fails at the first try, so that the others have to wait.
    """
    keys = [f"key {number}" for number in range(max(2, count // 40))]
    lengths = dict.fromkeys(keys, 0)
    tasks = []
    for _ in range(count):
        key = chance.choice(keys) if chance.random() < 0.25 else None  # noqa: PLR2004
        is_first = key is not None and lengths[key] == 0
        seconds = chance.uniform(0.05, 0.4) if chance.random() < 0.15 else 0.0  # noqa: PLR2004
        tasks.append(
            Task(
                failures=int(chance.random() < 0.1 or is_first),  # noqa: PLR2004
                seconds=round(seconds, 3),
                order_key=key,
                position=None if key is None else lengths[key],
            )
        )
        if key is not None:
            lengths[key] += 1
    return tasks


async def insert_in_portions(
    database: Database, tasks: Sequence[Task], chance: Random, *, most_open: int
) -> None:
    """Insert them while they are worked off, and never more than `most_open` ahead of that."""
    size = max(1, len(tasks) // _PORTIONS)
    for start in range(0, len(tasks), size):
        await insert_tasks(database, tasks[start : start + size], chance)
        while await count_open(database) > most_open:
            await asyncio.sleep(_PAUSE_SECONDS)


async def insert_tasks(database: Database, tasks: Sequence[Task], chance: Random) -> None:
    """Insert them in their order.

    The ids are drawn here, so that an insert whose answer was lost can be repeated.
    """
    rows = [
        {"id": str(UUID(int=chance.getrandbits(128), version=4)), "payload": task.to_payload()}
        for task in tasks
    ]
    await database.ask(_INSERT, (KIND, MAX_ATTEMPTS, json.dumps(rows)))


async def count_open(database: Database) -> int:
    """How many of them have not ended."""
    return await database.number(
        "select count(*) from chaos.commands where status in ('pending', 'processing')"
    )


async def clear(database: Database) -> None:
    """Take out all that an earlier scenario left."""
    await database.ask(
        "truncate chaos.runs, chaos.effects, chaos.ends; delete from public.command_queue"
    )
