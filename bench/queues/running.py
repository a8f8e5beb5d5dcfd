"""Holders' processes, from the outside."""

from __future__ import annotations

import json
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.queues.contender import Address, Entrant
from dev.errors import StackError

LONGEST_SECONDS = 600.0


class RunningHolder:
    """Started when made, ended with the block. Raises StackError if it fails."""

    def __init__(self, python: Path, root: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
        self._process = subprocess.Popen(
            [python, "-B", "-m", "bench.queues.holder"],
            cwd=root,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def tell(self, order: str, *arguments: object) -> None:
        """Give an order, and don't wait for its result."""
        requests = self._process.stdin
        assert requests is not None  # noqa: S101 - it was asked for above
        try:
            requests.write(json.dumps([order, *arguments]).encode() + b"\n")
            requests.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def result(self) -> Any:  # noqa: ANN401 - JSON, as the order gives it
        """What the next order resulted in."""
        results = self._process.stdout
        assert results is not None  # noqa: S101 - it was asked for above
        ready, _, _ = select.select([results], [], [], LONGEST_SECONDS)  # one line is on its way
        line = results.readline() if ready else b""
        if not line:
            raise self._failure()
        return json.loads(line)

    def ask(self, order: str, *arguments: object) -> Any:  # noqa: ANN401 - as `result`
        """Give an order and return its result."""
        self.tell(order, *arguments)
        return self.result()

    def enter(self, entrant: Entrant, address: Address) -> None:
        """Be that contender from now on."""
        self.ask("enter", entrant, asdict(address))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _failure(self) -> StackError:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").splitlines()
        return StackError("A holder of rows gave no result.", said[-12:])


@contextmanager
def running_holders(count: int, *, python: Path, root: Path) -> Iterator[Sequence[RunningHolder]]:
    """So many of them while the body runs."""
    with ExitStack() as stack:
        yield [stack.enter_context(RunningHolder(python, root)) for _ in range(count)]
