"""Databases for the tests of sql/: the session's own, by role, and empty ones to migrate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from dev.checkout import Checkout
from dev.local_supabase import LocalSupabase
from dev.migrations import apply_migrations, read_migrations
from tests.sql.signed_in import ADMIN, become

Connection = psycopg.Connection[DictRow]

_numbers = itertools.count(1)
# Cheaper than to run what made it anew.
_COPY = sql.SQL("create database {} template {} strategy file_copy")


@pytest.fixture
def service(database_url: str) -> Iterator[Connection]:
    """The database as the functions see it: by the role that the secret key stands for."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("set role service_role")
        yield connection


@pytest.fixture
def admin(database_url: str) -> Iterator[psycopg.Connection]:
    """The database as the dashboard sees it when an admin has signed in."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        become(connection, ADMIN)
        yield connection


@pytest.fixture(scope="session")
def new_project(running_supabase: LocalSupabase) -> str:
    """The name of a database to be copied: a new Supabase project's."""
    with psycopg.connect(running_supabase.postgres.url, autocommit=True) as connection:
        connection.execute("create database new_project")
    with psycopg.connect(_url_of(running_supabase, "new_project")) as fresh:
        fresh.execute((Checkout.here().root / "dev" / "supabase.sql").read_bytes())
    return "new_project"


@pytest.fixture(scope="session")
def migrated_project(running_supabase: LocalSupabase, new_project: str) -> str:
    """The same with every migration applied."""
    with psycopg.connect(running_supabase.postgres.url, autocommit=True) as connection:
        connection.execute(_COPY.format(sql.Identifier("migrated"), sql.Identifier(new_project)))
    migrations = read_migrations(Checkout.here().migrations)
    apply_migrations(_url_of(running_supabase, "migrated"), migrations)
    return "migrated"


@pytest.fixture
def empty_database_url(running_supabase: LocalSupabase, new_project: str) -> Iterator[str]:
    """A database as a new Supabase project has it: roles and auth, and none of our tables."""
    with _copied(running_supabase, new_project) as url:
        yield url


@pytest.fixture
def migrated_database_url(running_supabase: LocalSupabase, migrated_project: str) -> Iterator[str]:
    """The same with our tables."""
    with _copied(running_supabase, migrated_project) as url:
        yield url


@contextmanager
def _copied(supabase: LocalSupabase, project: str) -> Iterator[str]:
    database = f"copy_{next(_numbers)}"
    name = sql.Identifier(database)
    with psycopg.connect(supabase.postgres.url, autocommit=True) as connection:
        connection.execute(_COPY.format(name, sql.Identifier(project)))
        try:
            yield _url_of(supabase, database)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))


def _url_of(supabase: LocalSupabase, database: str) -> str:
    return urlunsplit(urlsplit(supabase.postgres.url)._replace(path=f"/{database}"))


@pytest.fixture
def migrations_folder() -> Path:
    return Checkout.here().migrations
