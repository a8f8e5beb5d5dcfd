"""The runtimes that the functions are tried under."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.vercel.runtime_environment import runtime_python
from tests.vercel.timeline import Timeline

PLAIN_RUNTIME = Path(__file__).with_name("plain_runtime.py")


@pytest.fixture(scope="session")
def vercel_python() -> Path | None:
    """A Python with Vercel's runtime, or None where no Python is new enough."""
    return runtime_python()


@pytest.fixture
def plain_runtime() -> Sequence[str | Path]:
    """The command that serves a function under the plain host, by this very Python."""
    return [sys.executable, PLAIN_RUNTIME]


@pytest.fixture
def vercel_runtime(vercel_python: Path | None) -> Sequence[str | Path]:
    """The same under Vercel's own runtime."""
    if vercel_python is None:
        pytest.skip("Vercel's runtime needs Python 3.12 or newer, and this machine has none")
    return [vercel_python, "-c", "import vercel_runtime.vc_init"]


@pytest.fixture(params=["plain_runtime", "vercel_runtime"])
def runtime(request: pytest.FixtureRequest) -> Sequence[str | Path]:
    """Either of them: what holds, holds under both."""
    command: Sequence[str | Path] = request.getfixturevalue(request.param)
    return command


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()
