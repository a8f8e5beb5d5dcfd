"""Holders' processes, from the outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from bench.orders import RunningOrders
from bench.queues.contender import Address, Entrant


class RunningHolder(RunningOrders):
    """One that holds rows."""

    def __init__(self, python: Path, root: Path) -> None:
        super().__init__([python, "-B", "-m", "bench.queues.holder"], cwd=root, environment={})

    def enter(self, entrant: Entrant, address: Address) -> None:
        """Be that contender from now on."""
        self.ask("enter", entrant, asdict(address))


@contextmanager
def running_holders(count: int, *, python: Path, root: Path) -> Iterator[Sequence[RunningHolder]]:
    """So many of them while the body runs."""
    with ExitStack() as stack:
        yield [stack.enter_context(RunningHolder(python, root)) for _ in range(count)]
