"""Checkouts to try the local machine's commands in, and the stack with its admin."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.local_supabase import LocalSupabase
from dev.simulator.world import OWNER_ID

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


@pytest.fixture
def at(local_supabase: LocalSupabase, database: psycopg.Connection[Any]) -> Iterator[LocalSupabase]:
    """The stack, with the local admin in the list, and Realtime up whatever a test did to it."""
    database.execute("insert into dashboard_admins (discord_id) values (%s)", (OWNER_ID,))
    yield local_supabase
    local_supabase.realtime.come_back()
