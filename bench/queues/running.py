"""Holders' processes, from the outside."""

from __future__ import annotations

import json
import select
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.child import MeasuredChild
from bench.queues.contender import Address, Entrant
from dev.errors import StackError

LONGEST_SECONDS = 600.0


class RunningHolder(MeasuredChild):
    """Started when made, ended with the block. Raises StackError if it fails."""

    def __init__(self, python: Path, root: Path) -> None:
        super().__init__([python, "-B", "-m", "bench.queues.holder"], cwd=root, environment={})

    def tell(self, order: str, *arguments: object) -> None:
        """Give an order, and don't wait for its result."""
        requests = self._process.stdin
        assert requests is not None  # noqa: S101 - it was asked for above
        try:
            requests.write(json.dumps([order, *arguments]).encode() + b"\n")
            requests.flush()
        except BrokenPipeError:
            raise self._without_result() from None

    def result(self) -> Any:  # noqa: ANN401 - JSON, as the order gives it
        """What the next order resulted in."""
        results = self._process.stdout
        assert results is not None  # noqa: S101 - it was asked for above
        ready, _, _ = select.select([results], [], [], LONGEST_SECONDS)  # one line is on its way
        line = results.readline() if ready else b""
        if not line:
            raise self._without_result()
        return json.loads(line)

    def ask(self, order: str, *arguments: object) -> Any:  # noqa: ANN401 - as `result`
        """Give an order and return its result."""
        self.tell(order, *arguments)
        return self.result()

    def enter(self, entrant: Entrant, address: Address) -> None:
        """Be that contender from now on."""
        self.ask("enter", entrant, asdict(address))

    def _without_result(self) -> StackError:
        self._process.kill()
        self._process.wait()
        return self._failure("A holder of rows gave no result.")


@contextmanager
def running_holders(count: int, *, python: Path, root: Path) -> Iterator[Sequence[RunningHolder]]:
    """So many of them while the body runs."""
    with ExitStack() as stack:
        yield [stack.enter_context(RunningHolder(python, root)) for _ in range(count)]
