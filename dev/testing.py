"""`python3 dev test`: format, lint, types, import contract, and every test with its coverage.

The tests run in several processes, more than the machine has cores: docs/adr/0011 tells what that
asks of them. Those of the voice worker are a suite of its own, in its own environment; they and the
types are looked at meanwhile, and told of when the others have ended. With arguments only pytest
runs, in one process, and gets them: `python3 dev test tests/chat -k split`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from xml.etree import ElementTree as ET

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.worker_environment import worker_python

MOST_PROCESSES = 6  # each starts a Postgres, a PostgREST and a browser of its own
PROCESSES_PER_CORE = 2
"""Many tests wait: for a program that starts, for a sound that is played."""

WORKERS_TESTS = "tests/worker"
_COUNTED_BY_THE_INTERPRETER = {"COVERAGE_CORE": "sysmon"} if sys.version_info >= (3, 12) else {}
"""Coverage by sys.monitoring, which costs next to nothing; a trace function doubles the time."""

_LEAVES_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""Under it every process, and every program that a test starts, would compile all it imports."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that holds or does not, and what its line is called.

    `run` is the command that finds it out. Of tests there are a JUnit file with their results and,
    where coverage is counted, a command that reports it.
    """

    name: str
    run: tuple[str, ...]
    report: tuple[str, ...] = ()
    results: Path | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many tests there were, and what became of them."""

    passed: int
    failed: int
    skipped: int

    @classmethod
    def of(cls, results: Path) -> Self:
        """What pytest's JUnit file says."""
        found = ET.parse(results).getroot().iter("testsuite")  # noqa: S314 - our own file
        suite = next(found).attrib
        failed = int(suite["failures"]) + int(suite["errors"])
        skipped = int(suite["skipped"])
        return cls(int(suite["tests"]) - failed - skipped, failed, skipped)

    def __str__(self) -> str:
        counts = {"failed": self.failed, "skipped (named above)": self.skipped}
        told = [f"{count} {what}" for what, count in counts.items() if count]
        return ", ".join([f"{self.passed} passed", *told])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check, in how many seconds; `said` is what nobody has been shown of it yet."""

    check: Check
    holds: bool
    said: str
    seconds: float

    def __str__(self) -> str:
        name, results = self.check.name, self.check.results
        if results is None:
            told = "in order" if self.holds else "NOT in order"
        else:
            told = str(Total.of(results)) if results.exists() else "not counted"
        return f"{name[0].upper()}{name[1:]}: {told}, in {self.seconds:.0f} s."


def main(arguments: Sequence[str]) -> int:
    """Run everything; 0 if all of it holds. A check that fails does not keep the others from it."""
    checkout = Checkout.here()
    console = Console()
    if arguments:
        return subprocess.call(_some(arguments, checkout, console), cwd=checkout.root)
    workers = _workers_python(checkout, console)
    with _meanwhile(_beside(checkout, workers), checkout) as looking:
        outcomes = [_step(check, checkout, console) for check in _short_checks(checkout)]
        console.say()
        tests = look(_own(checkout), checkout.root, shown=True)
        later = [tests, *(each.result() for each in looking)]
    for outcome in later:
        if outcome.said and (outcome.check.results or not outcome.holds):
            console.say(f"\n{outcome.said}")
    console.say()
    for outcome in later:
        console.say(str(outcome))
    failed = [outcome.check.name for outcome in (*outcomes, *later) if not outcome.holds]
    if workers is None:
        failed.append("the worker's environment")
    if failed:
        console.say(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


def look(check: Check, root: Path, *, shown: bool = False) -> Outcome:
    """Find out whether it holds. What its programs say is `shown` at once, or kept."""
    sys.stdout.flush()
    began = time.monotonic()
    if check.results:
        check.results.unlink(missing_ok=True)
    environment = os.environ | _COUNTED_BY_THE_INTERPRETER
    environment.pop(_LEAVES_NO_BYTECODE, None)
    ran = [
        subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
            text=True,
            check=False,
        )
        for command in (check.run, check.report)
        if command
    ]
    said = "".join(each.stdout or "" for each in ran).rstrip()
    return Outcome(check, ran[0].returncode == 0, said, time.monotonic() - began)


@contextmanager
def _meanwhile(checks: Sequence[Check], checkout: Checkout) -> Iterator[list[Future[Outcome]]]:
    """Look at these one after another beside the block; none is begun any more after its end."""
    lane = ThreadPoolExecutor(1, thread_name_prefix="meanwhile")
    try:
        yield [lane.submit(look, check, checkout.root) for check in checks]
    finally:
        lane.shutdown(cancel_futures=True)


def _step(check: Check, checkout: Checkout, console: Console) -> Outcome:
    """Look at it with a line of its own, and what it says below where it does not hold."""
    with console.step(check.name) as step:
        outcome = look(check, checkout.root)
        step.detail = "in order" if outcome.holds else "NOT in order"
    if not outcome.holds:
        console.say(outcome.said)
    return outcome


def _short_checks(checkout: Checkout) -> tuple[Check, ...]:
    """What is known within seconds."""
    ruff, imports = _program(checkout, "ruff"), _program(checkout, "lint-imports")
    return (
        Check("format", (ruff, "format", "--check", "--quiet", ".")),
        Check("lint", (ruff, "check", "--quiet", ".")),
        Check("imports", (imports, "--no-cache")),
    )


def _beside(checkout: Checkout, workers: Path | None) -> tuple[Check, ...]:
    """What is looked at while the tests run; `workers` is the worker's Python, if there is one."""
    mypy = (_program(checkout, "mypy"), "--no-error-summary")
    types = Check("the types", mypy)
    if workers is None:
        return (types,)
    options = ("--config-file", "worker/mypy.ini", "--python-executable", str(workers))
    # A cache of its own: the options of the two runs are not alike.
    theirs = Check("the worker's types", (*mypy, "--cache-dir", ".mypy_cache/worker", *options))
    return (types, theirs, _workers(checkout, workers))


def _workers_python(checkout: Checkout, console: Console) -> Path | None:
    """The Python that has the worker's packages; None, with a line that says so, without them."""
    try:
        return worker_python(checkout, console=console, tested=True)
    except StackError as error:
        console.fail(error)
        return None


def _some(arguments: Sequence[str], checkout: Checkout, console: Console) -> list[str]:
    """The command that gives pytest these arguments, in the environment that they need."""
    if is_for_the_worker(arguments):
        python = worker_python(checkout, console=console, tested=True)
        return [str(python), *workers_pytest(), *arguments]
    return [str(checkout.python), "-m", "pytest", *arguments]


def is_for_the_worker(arguments: Sequence[str]) -> bool:
    """Whether pytest's arguments name tests of the worker."""
    return any(
        argument == WORKERS_TESTS or argument.startswith(f"{WORKERS_TESTS}/")
        for argument in arguments
    )


def workers_pytest() -> tuple[str, ...]:
    """What runs the worker's tests: what the other tests' conftest imports is not there."""
    options = ("-c", f"{WORKERS_TESTS}/pytest.ini", "--rootdir=.", f"--confcutdir={WORKERS_TESTS}")
    return ("-m", "pytest", *options)


def _own(checkout: Checkout) -> Check:
    python = str(checkout.python)
    results = checkout.home / "tests.xml"
    options = ("--cov", "--cov-report=", *side_by_side(cores=os.cpu_count() or 1))
    return Check(
        "the tests",
        (python, "-m", "pytest", *options, f"--junit-xml={results}"),
        (python, "-m", "coverage", "report"),
        results,
    )


def _workers(checkout: Checkout, python: Path) -> Check:
    results = checkout.home / "tests-worker.xml"
    tests = (*workers_pytest(), f"--junit-xml={results}", WORKERS_TESTS)
    name = "the worker's own tests"
    if not _COUNTED_BY_THE_INTERPRETER:
        # What a trace function keeps of each thread would be taken for a leak of those threads.
        return Check(name, (str(python), *tests), (), results)
    coverage = (str(python), "-m", "coverage")
    settings = f"--rcfile={WORKERS_TESTS}/coveragerc"
    return Check(
        name, (*coverage, "run", settings, *tests), (*coverage, "report", settings), results
    )


def side_by_side(*, cores: int) -> tuple[str, ...]:
    """The options by which pytest starts some processes more than there are cores.

    A file's tests are run by one of them. None for a single core, where a second process would
    only cost.
    """
    if cores == 1:
        return ()
    processes = min(cores * PROCESSES_PER_CORE, MOST_PROCESSES)
    # The files in the order that tests/conftest.py gives them, not by how many tests they have.
    return ("-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder")


def _program(checkout: Checkout, name: str) -> str:
    return str(checkout.venv / "bin" / name)
