"""The process and its neighbours, measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a command loads this module before Discord is answered
    from datetime import datetime


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


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many objects of a type there are."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """The memory of one process: resident, in MB, and the objects its garbage collector knows,
    the most frequent types first.
    """

    rss_mb: float
    objects: int
    types: Sequence[TypeCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a garbage collection freed, and the resident memory before and after it."""

    objects: int
    rss_before_mb: float
    rss_after_mb: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """A line of code, and the memory that it allocated and that is still held."""

    place: str
    kilobytes: float
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceDescription:
    """The process: its number, its Python, its threads, and when it began (aware, UTC)."""

    pid: int
    python: str
    threads: int
    started_at: datetime


class Instance(Protocol):
    """The process that happens to answer, seen from within. Another one may answer the next time.

    Nothing here runs code that somebody sends.
    """

    def describe(self) -> InstanceDescription:
        """Which process this is."""

    def read_memory(self, *, most_types: int) -> MemoryReading:
        """What the memory is filled with."""

    def collect(self) -> Collected:
        """Run the garbage collector now."""

    def read_allocations(self, *, limit: int) -> Sequence[Allocation] | None:
        """Where memory was allocated since tracing began, the largest first.

        The first call begins it and returns None. Tracing makes everything slower until the
        process ends.
        """
