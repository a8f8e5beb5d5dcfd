"""How `python3 dev test` runs the suites, and what it counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.testing import MOST_PROCESSES, Total, is_for_the_worker, side_by_side


@pytest.mark.parametrize(("cores", "processes"), [(2, 2), (3, 3), (64, MOST_PROCESSES)])
def test_the_tests_run_in_a_process_for_each_core_up_to_a_few(cores: int, processes: int) -> None:
    assert side_by_side(cores=cores)[:4] == ("-n", str(processes), "--dist", "loadfile")


def test_on_a_single_core_they_run_plainly() -> None:
    assert side_by_side(cores=1) == ()


SOME_TESTS = """
import pytest

def test_that_holds(): pass
def test_that_fails(): assert False
def test_with_an_error(no_such_fixture): pass
@pytest.mark.skip(reason="tired")
def test_that_is_skipped(): pass
"""


def test_a_total_says_what_became_of_the_tests(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SOME_TESTS)
    results = tmp_path / "results.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junit-xml={results}", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    total = Total.of(results)
    assert total == Total(passed=1, failed=2, skipped=1)
    assert str(total) == "1 passed, 2 failed, 1 skipped (named above)"
    assert str(Total(passed=7, failed=0, skipped=0)) == "7 passed"


@pytest.mark.parametrize(
    ("arguments", "is_theirs"),
    [
        (["tests/worker"], True),
        (["-k", "seek", "tests/worker/audio/test_stream.py"], True),
        (["tests/chat", "-k", "split"], False),
        (["tests/dev/test_worker.py"], False),
    ],
)
def test_the_workers_tests_run_in_its_own_environment(
    arguments: list[str], *, is_theirs: bool
) -> None:
    assert is_for_the_worker(arguments) is is_theirs


def test_the_other_tests_leave_them_out() -> None:
    others = ("--ignore-glob=tests/[!w]*", "--ignore=tests/web")
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *others],
        cwd=Checkout.here().root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no tests collected" in collected.stdout
