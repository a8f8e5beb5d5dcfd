"""The log, caught before it leaves the process.

log = CapturedLog()
bot = Bot(output=log.output)
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

from lib.logs import configure_logs


class CapturedLog:
    """Sets the log up anew; `output` is what a bot is given, so that it sets up no other."""

    def __init__(
        self,
        *,
        level: str = "INFO",
        secrets: tuple[str, ...] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stream = io.StringIO()
        self.output = configure_logs(
            level=level, as_json=True, secrets=secrets, stream=self._stream, now=now
        )

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event."""
        return [line for line in self.lines if line["event"] == event]
