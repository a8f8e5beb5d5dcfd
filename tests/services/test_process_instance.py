"""This process, as it sees itself."""

from __future__ import annotations

import os
import platform
import tracemalloc
from datetime import UTC, datetime

import pytest

from lib.services.process_instance import ProcessInstance


class Circle:
    """Something that only a garbage collection frees."""

    def __init__(self) -> None:
        self.itself = self


def test_it_knows_which_process_it_is() -> None:
    described = ProcessInstance().describe()
    assert described.pid == os.getpid()
    assert described.python == platform.python_version()
    assert described.threads >= 1
    assert described.started_at < datetime.now(UTC)


def test_the_memory_is_told_by_types_the_most_frequent_first() -> None:
    memory = ProcessInstance().read_memory(most_types=5)
    counts = [kind.count for kind in memory.types]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)
    assert memory.objects >= sum(counts)
    assert memory.rss_mb > 1
    assert "function" in {kind.name for kind in memory.types}


def test_a_collection_counts_what_nobody_could_reach() -> None:
    instance = ProcessInstance()
    instance.collect()
    for _ in range(50):
        Circle()
    collected = instance.collect()
    assert collected.objects >= 50
    assert collected.rss_before_mb > 1
    assert collected.rss_after_mb > 1


def test_allocations_are_known_from_the_call_on_that_begins_to_trace() -> None:
    assert not tracemalloc.is_tracing()
    instance = ProcessInstance()
    try:
        assert instance.read_allocations(limit=5) is None
        kept = ["x" * 1000 + str(number) for number in range(5000)]
        allocations = instance.read_allocations(limit=5)
        assert allocations is not None
        assert 1 <= len(allocations) <= 5
        places = [entry.place for entry in allocations]
        (own,) = [place for place in places if "test_process_instance.py" in place]
        assert own.startswith("tests/services/")  # nothing of whose machine this is
        assert allocations[places.index(own)].kilobytes > len(kept)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("limit", [1, 3])
def test_there_are_no_more_types_than_asked_for(limit: int) -> None:
    assert len(ProcessInstance().read_memory(most_types=limit).types) == limit
