"""Fixtures that every room's tests share.

The real database and its API are started when first asked for, and emptied before each test that
uses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import hypothesis
import psycopg
import pytest

from dev.local_supabase import LocalSupabase
from lib.logs import configure_logs
from tests.captured_log import CapturedLog
from tests.session_stack import empty_tables_by, emptying_connection, session_stack

# No test says how long anything may take: a busy machine is no fault.
hypothesis.settings.register_profile("halley", deadline=None)
hypothesis.settings.load_profile("halley")

# They run in the worker's own environment (dev/testing.py).
collect_ignore = ["worker"]

# Folders whose files take long each, the longest first: they wait for most of it, or they work.
_WAITING = ("vercel", "voice", "dev", "chaos")
_WORKING = ("bench", "dashboard", "playground", "commands", "services", "sql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, what takes long begins first, so that no process is left over with it.

    What waits goes in turn with what works, so that neither keeps all processes busy.
    """
    if hasattr(config, "workerinput"):
        files = list(dict.fromkeys(item.path for item in items))
        in_turn = zip_longest(_of(_WAITING, files), _of(_WORKING, files))
        long = [file for both in in_turn for file in both if file]
        begins = {file: place for place, file in enumerate(long)}
        items.sort(key=lambda item: begins.get(item.path, len(long)))  # stable


def _of(folders: Sequence[str], files: Sequence[Path]) -> list[Path]:
    """The files in these folders, folder by folder."""
    tests = Path(__file__).parent
    return [file for folder in folders for file in files if file.is_relative_to(tests / folder)]


@pytest.fixture
def log() -> Iterator[CapturedLog]:
    """The log of one test."""
    yield CapturedLog()
    configure_logs(level="INFO", as_json=False)


@pytest.fixture(scope="session")
def running_supabase() -> Iterator[LocalSupabase]:
    """The local Supabase of this run; its rows are whatever earlier tests left."""
    with session_stack() as supabase:
        yield supabase


@pytest.fixture(scope="session")
def emptying(running_supabase: LocalSupabase) -> Iterator[psycopg.Connection]:
    """The connection by which tables are emptied."""
    with emptying_connection(running_supabase.postgres.socket_url()) as connection:
        yield connection


@pytest.fixture
def local_supabase(running_supabase: LocalSupabase, emptying: psycopg.Connection) -> LocalSupabase:
    """The same, without rows."""
    empty_tables_by(emptying)
    return running_supabase


@pytest.fixture
def database_url(local_supabase: LocalSupabase) -> str:
    """The database's address, as its owner."""
    return local_supabase.postgres.url


@pytest.fixture
def supabase_url(local_supabase: LocalSupabase) -> str:
    """What SUPABASE_URL holds."""
    return local_supabase.url


@pytest.fixture
def secret_key(local_supabase: LocalSupabase) -> str:
    """What SUPABASE_SECRET_KEY holds: the key that passes row level security."""
    return local_supabase.keys.secret_key


@pytest.fixture
def publishable_key(local_supabase: LocalSupabase) -> str:
    """What SUPABASE_PUBLISHABLE_KEY holds: the key that anybody may know."""
    return local_supabase.keys.publishable_key


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection as the owner, in autocommit."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
