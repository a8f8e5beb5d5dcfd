"""A process that is measured, from the outside."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.errors import StackError

LAST_LINES = 12


class MeasuredChild:
    """Started when made, ended with the block; it is asked and answers over its own pipes."""

    def __init__(
        self, command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

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

    def _failure(self, what: str) -> StackError:
        """That something went wrong with it, and the last it said."""
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").splitlines()
        return StackError(what, said[-LAST_LINES:])
