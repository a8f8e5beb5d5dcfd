"""A process that carries out orders, a line of JSON each, from the outside."""

from __future__ import annotations

import json
import select
from contextlib import suppress
from subprocess import TimeoutExpired
from typing import Any

from bench.child import MeasuredChild
from dev.errors import StackError

LONGEST_SECONDS = 600.0
LAST_WORDS_SECONDS = 1.0


class RunningOrders(MeasuredChild):
    """Started when made, ended with the block. Raises StackError if it fails."""

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

    def _without_result(self) -> StackError:
        with suppress(TimeoutExpired):
            self._process.wait(LAST_WORDS_SECONDS)
        self._process.kill()
        self._process.wait()
        return self._failure("A process gave no result to an order.")
