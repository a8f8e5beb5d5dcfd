"""Makes `.halley/worker`, the voice worker's environment.

It is one of its own because discord.py's voice needs an older PyNaCl than the functions have.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Environment, prepare


class WorkerLayer(StrEnum):
    """A set of requirement files that is installed together."""

    WORKER = "worker"
    WORKER_TEST = "worker-test"


WORKER = Environment(
    "worker",
    {
        WorkerLayer.WORKER: ("worker/requirements.txt",),
        WorkerLayer.WORKER_TEST: ("tests/worker/requirements.txt",),
    },
    "worker/constraints.txt",
)


def worker_python(checkout: Checkout, *, console: Console, tested: bool = False) -> Path:
    """The Python to run the worker with; with `tested`, one that can run its tests too.

    Installs what is missing, and raises StackError in one plain line.
    """
    layers = tuple(WorkerLayer) if tested else (WorkerLayer.WORKER,)
    prepare(checkout, layers, console=console, environment=WORKER)
    return WORKER.python(checkout)
