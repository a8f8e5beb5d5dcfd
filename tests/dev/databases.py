"""Databases of the session's server as new Supabase projects have them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dev.checkout import Checkout
from dev.local_supabase import LocalSupabase


@contextmanager
def empty_databases(supabase: LocalSupabase, count: int) -> Iterator[list[str]]:
    """The addresses of some that have roles and auth, and no tables in `public`."""
    home = supabase.postgres.url
    names = [f"project_{uuid.uuid4().hex[:12]}" for _ in range(count)]
    urls = [urlunsplit(urlsplit(home)._replace(path=f"/{name}")) for name in names]
    with psycopg.connect(home, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            for url in urls:
                with psycopg.connect(url) as fresh:
                    fresh.execute((Checkout.here().root / "dev" / "supabase.sql").read_bytes())
            yield urls
        finally:
            for name in names:
                connection.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                )
