"""How `python3 dev test` runs the suites, and what it counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.testing import MOST_PROCESSES, Check, Total, is_for_the_worker, look, side_by_side


@pytest.mark.parametrize(("cores", "processes"), [(2, 4), (3, 6), (64, MOST_PROCESSES)])
def test_the_tests_run_in_two_processes_for_each_core_up_to_a_few(
    cores: int, processes: int
) -> None:
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


def check(source: str, *, name: str = "the types", report: str = "") -> Check:
    told = (sys.executable, "-c", report) if report else ()
    return Check(name, (sys.executable, "-c", source), told)


def test_what_is_looked_at_beside_others_keeps_its_words_until_they_are_asked_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = look(check("print('one'); exit(3)", report="print('two')"), tmp_path)
    assert (found.holds, found.said) == (False, "one\ntwo")
    assert str(found).startswith("The types: NOT in order, in ")
    assert capfd.readouterr() == ("", "")


def test_what_is_waited_for_says_it_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = look(check("print('one')"), tmp_path, shown=True)
    assert (found.holds, found.said) == (True, "")
    assert str(found).startswith("The types: in order, in ")
    assert capfd.readouterr() == ("one\n", "")


def test_the_results_of_an_earlier_run_are_not_told_again(tmp_path: Path) -> None:
    results = tmp_path / "results.xml"
    results.write_text("of yesterday")
    nothing = Check("the tests", (sys.executable, "-c", "exit(1)"), results=results)
    assert str(look(nothing, tmp_path)).startswith("The tests: not counted, in ")


def test_what_is_compiled_is_kept_for_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "some_module.py").touch()
    assert look(check("import some_module"), tmp_path).holds
    assert list((tmp_path / "__pycache__").glob("some_module.*.pyc"))


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
