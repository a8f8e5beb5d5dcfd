"""Two environments that differ in one thing: whether bytecode lies beside the sources.

A function on a serverless host has the bytecode of the standard library, and that of its packages
only if the build made it; so the plain environment is a copy without any in site-packages.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import digest_of, locked, run_or_explain

REQUIREMENTS = "bench/requirements.txt"
QUEUE_REQUIREMENTS = "bench/requirements-queue.txt"
_SOURCES = ("api", "lib", "bench")
_WITHOUT_BYTECODE = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter with all contenders' packages, and a folder with this project's code."""

    python: Path
    sources: Path


@dataclass(frozen=True, slots=True)
class Installation:
    """The same packages twice."""

    compiled: Environment
    plain: Environment


def install(checkout: Checkout, *, console: Console) -> Installation:
    """Make both under `.halley/`, or bring them up to date. Raises StackError in one line."""
    compiled, plain = checkout.home / "bench-venv", checkout.home / "bench-venv-plain"
    with locked(checkout.home / "bench.lock"):
        with _made(checkout, compiled, REQUIREMENTS, console=console) as is_new:
            if is_new:
                shutil.rmtree(plain, ignore_errors=True)
                shutil.copytree(compiled, plain, symlinks=True, ignore=_WITHOUT_BYTECODE)
        return Installation(
            _with_sources(checkout, compiled, is_compiled=True),
            _with_sources(checkout, plain, is_compiled=False),
        )


def install_queues(checkout: Checkout, *, console: Console) -> Path:
    """The interpreter of an environment with the queues' packages. Raises StackError."""
    venv = checkout.home / "bench-queue-venv"
    with (
        locked(checkout.home / "bench.lock"),
        _made(checkout, venv, QUEUE_REQUIREMENTS, console=console),
    ):
        return venv / "bin" / "python"


@contextmanager
def _made(checkout: Checkout, venv: Path, requirements: str, *, console: Console) -> Iterator[bool]:
    """Have the environment hold the requirements; whether it was made anew for that.

    It counts as made once the body is through.
    """
    stamp = venv / "halley-bench.stamp"
    digest = f"{sys.version} {digest_of([checkout.root / requirements])}"
    if stamp.exists() and stamp.read_text() == digest:
        yield False
        return
    with console.step("Packages", requirements, lasting="some minutes"):
        _make(checkout, venv, requirements)
        yield True
        stamp.write_text(digest)


def _make(checkout: Checkout, venv: Path, requirements: str) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    run_or_explain(
        [sys.executable, "-m", "venv", "--without-pip", venv],
        problem=f"Python could not make an environment in {venv}",
    )
    python = venv / "bin" / "python"
    run_or_explain(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-input",
         "--disable-pip-version-check", "-r", checkout.root / requirements],
        problem=f"pip could not install {requirements}",
    )  # fmt: skip
    _compile(python, venv / "lib")


def _with_sources(checkout: Checkout, venv: Path, *, is_compiled: bool) -> Environment:
    sources = venv / "halley"
    shutil.rmtree(sources, ignore_errors=True)
    for name in _SOURCES:
        shutil.copytree(checkout.root / name, sources / name, ignore=_WITHOUT_BYTECODE)
    python = venv / "bin" / "python"
    if is_compiled:
        _compile(python, sources)
    return Environment(python, sources)


def _compile(python: Path, folder: Path) -> None:
    run_or_explain(
        [python, "-m", "compileall", "-q", folder], problem="Python could not compile the packages"
    )
