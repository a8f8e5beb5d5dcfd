"""`python3 dev test`: format, lint, types, import contract, then every test with its coverage.

The tests run in several processes, as the machine has cores: docs/adr/0011 tells what that asks of
them. Those of the voice worker are a suite of its own, in its own environment. With arguments only
pytest runs, in one process, and gets them: `python3 dev test tests/chat -k split`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from xml.etree import ElementTree as ET

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.worker_environment import worker_python


@dataclass(frozen=True, slots=True)
class Check:
    """A program of the environment, and what its line is called."""

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("format", ("ruff", "format", "--check", "--quiet", ".")),
    Check("lint", ("ruff", "check", "--quiet", ".")),
    Check("types", ("mypy", "--no-error-summary")),
    Check("imports", ("lint-imports", "--no-cache")),
)

MOST_PROCESSES = 4  # each starts a Postgres, a PostgREST and a browser of its own
WORKERS_TESTS = "tests/worker"
_COUNTED_BY_THE_INTERPRETER = {"COVERAGE_CORE": "sysmon"} if sys.version_info >= (3, 12) else {}
"""Coverage by sys.monitoring, which costs next to nothing; a trace function doubles the time."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests that run in one environment.

    `run` is the command that runs them and notes what they reach, `report` the one that tells it;
    empty where nobody counts.
    """

    name: str
    run: tuple[str, ...]
    report: tuple[str, ...]
    results: Path


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


def main(arguments: Sequence[str]) -> int:
    """Run everything; 0 if all of it holds. A check that fails does not keep the others from it."""
    checkout = Checkout.here()
    console = Console()
    if arguments:
        return subprocess.call(_some(arguments, checkout, console), cwd=checkout.root)
    workers = _workers_python(checkout, console)
    checks = [*CHECKS, *([_workers_types(workers)] if workers else [])]
    failed = [check.name for check in checks if not _holds(check, checkout, console)]
    if workers is None:
        failed.append("the worker's environment")
    console.say()
    suites = [_own(checkout), *([_workers(checkout, workers)] if workers else [])]
    told = []
    for suite in suites:
        sys.stdout.flush()
        began = time.monotonic()
        if not _tests_hold(suite, checkout):
            failed.append(suite.name)
        took = time.monotonic() - began
        counted = Total.of(suite.results) if suite.results.exists() else "not counted"
        told.append(f"{suite.name[0].upper()}{suite.name[1:]}: {counted}, in {took:.0f} s.")
        console.say()
    for line in told:
        console.say(line)
    if failed:
        console.say(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


def _workers_python(checkout: Checkout, console: Console) -> Path | None:
    """The Python that has the worker's packages; None, with a line that says so, without them."""
    try:
        return worker_python(checkout, console=console, tested=True)
    except StackError as error:
        console.fail(error)
        return None


def _workers_types(python: Path) -> Check:
    options = ("--config-file", "worker/mypy.ini", "--python-executable", str(python))
    # A cache of its own: the options of the two runs are not alike.
    return Check(
        "worker's types",
        ("mypy", "--no-error-summary", "--cache-dir", ".mypy_cache/worker", *options),
    )


def _holds(check: Check, checkout: Checkout, console: Console) -> bool:
    program, *arguments = check.command
    with console.step(check.name) as step:
        done = subprocess.run(
            [str(_program(checkout, program)), *arguments],
            cwd=checkout.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        step.detail = "in order" if done.returncode == 0 else "NOT in order"
    if done.returncode != 0:
        console.say(done.stdout.rstrip())
    return done.returncode == 0


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


def _own(checkout: Checkout) -> Suite:
    python = str(checkout.python)
    results = checkout.home / "tests.xml"
    options = ("--cov", "--cov-report=", *side_by_side(cores=os.cpu_count() or 1))
    return Suite(
        "the tests",
        (python, "-m", "pytest", *options, f"--junit-xml={results}"),
        (python, "-m", "coverage", "report"),
        results,
    )


def _workers(checkout: Checkout, python: Path) -> Suite:
    results = checkout.home / "tests-worker.xml"
    tests = (*workers_pytest(), f"--junit-xml={results}", WORKERS_TESTS)
    name = "the worker's own tests"
    if not _COUNTED_BY_THE_INTERPRETER:
        # What a trace function keeps of each thread would be taken for a leak of those threads.
        return Suite(name, (str(python), *tests), (), results)
    coverage = (str(python), "-m", "coverage")
    settings = f"--rcfile={WORKERS_TESTS}/coveragerc"
    return Suite(
        name, (*coverage, "run", settings, *tests), (*coverage, "report", settings), results
    )


def _tests_hold(suite: Suite, checkout: Checkout) -> bool:
    suite.results.unlink(missing_ok=True)
    environment: Mapping[str, str] = os.environ | _COUNTED_BY_THE_INTERPRETER
    tested = subprocess.call(suite.run, cwd=checkout.root, env=environment)
    if suite.report:
        subprocess.call(suite.report, cwd=checkout.root)
    return tested == 0


def side_by_side(*, cores: int) -> tuple[str, ...]:
    """The options by which pytest starts a process for each core, with a file's tests in one.

    None for a single core, where a second process would only cost.
    """
    if cores == 1:
        return ()
    # The files in the order that tests/conftest.py gives them, not by how many tests they have.
    return ("-n", str(min(cores, MOST_PROCESSES)), "--dist", "loadfile", "--no-loadscope-reorder")


def _program(checkout: Checkout, name: str) -> Path:
    return checkout.venv / "bin" / name
