"""Databases for the tests of sql/: the session's own, by role, and empty ones to migrate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from dev.checkout import Checkout
from dev.local_supabase import LocalSupabase
from tests.sql.signed_in import ADMIN, become

Connection = psycopg.Connection[DictRow]

_numbers = itertools.count(1)


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


@pytest.fixture
def empty_database_url(running_supabase: LocalSupabase) -> Iterator[str]:
    """A database as a new Supabase project has it: roles and auth, and none of our tables."""
    home = running_supabase.postgres.url
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(home, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = urlunsplit(urlsplit(home)._replace(path=f"/{name}"))
        try:
            with psycopg.connect(url) as fresh:
                fresh.execute((Checkout.here().root / "dev" / "supabase.sql").read_bytes())
            yield url
        finally:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )


@pytest.fixture
def migrations_folder() -> Path:
    return Checkout.here().migrations
