"""Checkouts to try the local machine's commands in."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.console import Console

WHAT_A_STACK_NEEDS = (
    *("api", "dev", "lib", "sql", "public", "models.toml", "requirements.txt", "vercel.json"),
)


@pytest.fixture
def output() -> io.StringIO:
    """What a console showed, as in a pipe."""
    return io.StringIO()


@pytest.fixture
def console(output: io.StringIO) -> Console:
    return Console(output)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout, which gets what the test puts into it."""
    return Checkout(tmp_path, tmp_path / ".halley")


@pytest.fixture
def copied_checkout(tmp_path: Path) -> Checkout:
    """This repository in another folder, with a name that is not easy on programs."""
    root = tmp_path / "ハレー彗星 copy"
    root.mkdir()
    for name in WHAT_A_STACK_NEEDS:
        source = Checkout.here().root / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, root / name)
    return Checkout(root, root / ".halley")
