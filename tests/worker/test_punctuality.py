"""What Python does beside sending sound: as little as can be."""

from __future__ import annotations

import gc
import os
import subprocess
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


def test_the_worker_goes_before_other_programs_where_it_may_and_plays_as_well_where_not() -> None:
    ask = "os.setpriority(os.PRIO_PROCESS, 0, punctuality.NICENESS)"
    tell = "print(os.getpriority(os.PRIO_PROCESS, 0))"
    head = "import os; from worker import punctuality; "
    may = _run(head + ask).returncode == 0
    told = _run(f"{head}punctuality.go_first(); {tell}")
    assert told.returncode == 0
    assert int(told.stdout) == (-10 if may else os.getpriority(os.PRIO_PROCESS, 0))


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
