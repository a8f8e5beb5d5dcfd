"""This process, seen from within: by gc, tracemalloc and psutil."""

from __future__ import annotations

import gc
import os
import platform
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final

from lib.ports import Allocation, Collected, InstanceDescription, MemoryReading, TypeCount

MB: Final = 1024 * 1024
KB: Final = 1024
PLACE_PARTS: Final = 3
"""How much of a file's path is told: enough to find it, and nothing of whose machine it is."""


class ProcessInstance:
    """An Instance (see lib.ports)."""

    def describe(self) -> InstanceDescription:
        import psutil

        return InstanceDescription(
            pid=os.getpid(),
            python=platform.python_version(),
            threads=threading.active_count(),
            started_at=datetime.fromtimestamp(psutil.Process().create_time(), UTC),
        )

    def read_memory(self, *, most_types: int) -> MemoryReading:
        types = Counter(map(type, gc.get_objects()))
        return MemoryReading(
            rss_mb=_rss_mb(),
            objects=sum(types.values()),
            types=[TypeCount(_name(kind), count) for kind, count in types.most_common(most_types)],
        )

    def collect(self) -> Collected:
        before = _rss_mb()
        objects = gc.collect()
        return Collected(objects=objects, rss_before_mb=before, rss_after_mb=_rss_mb())

    def read_allocations(self, *, limit: int) -> Sequence[Allocation] | None:
        import tracemalloc

        if not tracemalloc.is_tracing():
            tracemalloc.start()
            return None
        own = (tracemalloc.Filter(False, tracemalloc.__file__),)  # noqa: FBT003 - it takes no name
        lines = tracemalloc.take_snapshot().filter_traces(own).statistics("lineno")
        return [
            Allocation(
                _place(entry.traceback[0].filename, entry.traceback[0].lineno),
                round(entry.size / KB, 1),
                entry.count,
            )
            for entry in lines[:limit]
        ]


def _rss_mb() -> float:
    import psutil

    return round(psutil.Process().memory_info().rss / MB, 2)


def _name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _place(file: str, line: int) -> str:
    return f"{'/'.join(PurePath(file).parts[-PLACE_PARTS:])}:{line}"
