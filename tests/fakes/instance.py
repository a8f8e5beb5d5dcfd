"""A process that is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lib.ports import Allocation, Collected, InstanceDescription, MemoryReading, TypeCount

STARTED_AT = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)


class FixedInstance:
    """An `Instance` that counts its collections, and has allocations once it traces."""

    def __init__(self) -> None:
        self.collections = 0
        self.is_tracing = False

    def describe(self) -> InstanceDescription:
        return InstanceDescription(pid=4711, python="3.12.9", threads=3, started_at=STARTED_AT)

    def read_memory(self, *, most_types: int) -> MemoryReading:
        types = [TypeCount("function", 12345), TypeCount("dict", 9876), TypeCount("tuple", 543)]
        return MemoryReading(rss_mb=48.25, objects=34567, types=types[:most_types])

    def collect(self) -> Collected:
        self.collections += 1
        return Collected(objects=1234, rss_before_mb=48.25, rss_after_mb=47.5)

    def read_allocations(self, *, limit: int) -> Sequence[Allocation] | None:
        if not self.is_tracing:
            self.is_tracing = True
            return None
        return [Allocation("lib/chat/splitting.py:12", 512.5, 34)][:limit]
