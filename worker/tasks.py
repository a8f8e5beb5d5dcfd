"""Tasks of the event loop whose faults are logged, wherever nobody waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from lib.logs import get_logger

log = get_logger(__name__)

_running: set[asyncio.Task[None]] = set()
"""The loop itself keeps only weak references."""


def spawn(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """Have `work` done beside everything else."""
    task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_note_end)
    return task


def _note_end(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task_failed", task=task.get_name(), error=error)
