"""What Python does beside sending sound: as little as can be."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from worker.punctuality import be_punctual


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.unfreeze()


def test_no_thread_has_the_interpreter_for_long_while_another_is_to_send() -> None:
    be_punctual()
    assert sys.getswitchinterval() == pytest.approx(0.0005)


def test_what_is_there_when_the_worker_is_ready_is_never_gone_through_again() -> None:
    there: list[list[int]] = [[] for _ in range(1000)]
    be_punctual()
    assert gc.get_freeze_count() > len(there)
    assert not any(one is there for one in gc.get_objects())
