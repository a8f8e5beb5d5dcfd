"""The process and its neighbours, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """What this process uses: CPU in percent of one core, resident and virtual memory in MB."""

    cpu_percent: float
    rss_mb: float
    vms_mb: float


class Meter(Protocol):
    """Measures the process, and the music server if there is one."""

    def begin(self) -> Callable[[], Reading]:
        """Begin to count what the CPU does; what this returns reads it, a moment later at least."""

    def ping_lavalink_ms(self) -> int | None:
        """The round trip to LAVALINK_URL in ms; None if it is not set or does not answer."""
