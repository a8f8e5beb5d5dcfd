"""`python3 dev test`: format, lint, types, import contract, then every test with its coverage.

The tests run in several processes, as the machine has cores: docs/adr/0011 tells what that asks of
them. With arguments only pytest runs, in one process, and gets them:
`python3 dev test tests/chat -k split`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console


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
_COUNTED_BY_THE_INTERPRETER = {"COVERAGE_CORE": "sysmon"} if sys.version_info >= (3, 12) else {}
"""Coverage by sys.monitoring, which costs next to nothing; a trace function doubles the time."""


def main(arguments: Sequence[str]) -> int:
    """Run everything; 0 if all of it holds. A check that fails does not keep the others from it."""
    checkout = Checkout.here()
    console = Console()
    if arguments:
        return subprocess.call(
            [str(checkout.python), "-m", "pytest", *arguments], cwd=checkout.root
        )
    failed = [check.name for check in CHECKS if not _holds(check, checkout, console)]
    console.say()
    sys.stdout.flush()
    began = time.monotonic()
    if not _tests_hold(checkout):
        failed.append("tests")
    console.say()
    console.say(f"The tests took {time.monotonic() - began:.0f} s.")
    if failed:
        console.say(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


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


def _tests_hold(checkout: Checkout) -> bool:
    python = str(checkout.python)
    options = ("--cov", "--cov-report=", *side_by_side(cores=os.cpu_count() or 1))
    environment = os.environ | _COUNTED_BY_THE_INTERPRETER
    tested = subprocess.call([python, "-m", "pytest", *options], cwd=checkout.root, env=environment)
    subprocess.call([python, "-m", "coverage", "report"], cwd=checkout.root)
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
