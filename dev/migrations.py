"""Applies `sql/migrations/NNNN_name.sql`: each once, in order, each in a transaction of its own.

The lock is taken inside each transaction, so that two runs at once are harmless even through a
pooler that hands out connections by the transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dev.errors import StackError

_FILE_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_BLANK = re.compile(r"<[^<>]*>|\[YOUR-PASSWORD\]")  # what a template has for the password
_LOCK = 0x48616C6C6579  # "Halley"
_ROLES = ("anon", "authenticated", "service_role")
_LEDGER = """
create table if not exists public.schema_migrations (
  name text primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
);
alter table public.schema_migrations enable row level security;
revoke all on table public.schema_migrations from anon, authenticated;
grant select, insert, update, delete on table public.schema_migrations to service_role;
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. Its checksum is that of its text, whatever line ends the checkout has."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_migrations(folder: Path) -> list[Migration]:
    """The migrations of a folder in the order of their numbers."""
    files = sorted(folder.glob("*.sql"))
    numbers = [file.name[:4] for file in files]
    for file, number in zip(files, numbers, strict=True):
        if not _FILE_NAME.fullmatch(file.name):
            raise StackError(f"{file.name} is no name for a migration: 0001_what_it_does.sql is.")
        if numbers.count(number) > 1:
            raise StackError(f"Two migrations have the number {number}.")
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def apply_migrations(
    database_url: str,
    migrations: Sequence[Migration],
    *,
    on_applied: Callable[[str], None] = lambda _: None,
) -> int:
    """Bring the database up to date; `on_applied` hears the name of each file as it is done.

    Returns how many were applied. Raises StackError if the database cannot be reached, is no
    Supabase database, or has had a file applied that reads differently now.
    """
    with connect(database_url) as connection, told_plainly():
        require_roles(connection)
        with connection.transaction():
            _take_lock(connection)
            connection.execute(_LEDGER)
        _refuse_changed(connection, migrations)
        count = 0
        for migration in migrations:
            if _apply(connection, migration):
                on_applied(migration.name)
                count += 1
        connection.execute("notify pgrst, 'reload schema'")
    return count


def unknown_migrations(database_url: str, migrations: Sequence[Migration]) -> list[str]:
    """The names of those that were applied and are not among these, as after a step back.

    Raises StackError if the database cannot be reached, or has never been migrated.
    """
    with connect(database_url) as connection, told_plainly():
        return sorted(_applied(connection).keys() - {migration.name for migration in migrations})


def told_ahead(unknown: Sequence[str]) -> str:
    """A line for a database that has migrations which this checkout has not."""
    count = "1 migration" if len(unknown) == 1 else f"{len(unknown)} migrations"
    return f"The database is ahead of this checkout by {count}: {', '.join(unknown)}."


def connect(database_url: str) -> psycopg.Connection:
    """A connection in autocommit. The error names the host and the cause, never the address."""
    if not _is_well_formed(database_url):
        raise StackError(
            "The database's address is not well formed. It is postgresql://user:password@host/name,"
            " with @ / : # ? and % in the password written %40 %2F %3A %23 %3F and %25."
        )
    try:
        return psycopg.connect(
            database_url, autocommit=True, prepare_threshold=None, connect_timeout=10
        )
    except (psycopg.Error, UnicodeError) as error:
        # `from None`: the driver's own words may hold a part of a password that was not escaped.
        raise StackError(
            f"The database{_host_in(database_url)} cannot be reached: {_cause(str(error))}."
        ) from None


def _apply(connection: psycopg.Connection, migration: Migration) -> bool:
    with told_plainly(f"{migration.name} failed and was undone"), connection.transaction():
        _take_lock(connection)
        if migration.name in _applied(connection):
            return False  # by another run, while this one waited
        connection.execute(migration.text.encode())
        connection.execute(
            "insert into public.schema_migrations (name, checksum) values (%s, %s)",
            (migration.name, migration.checksum),
        )
    return True


@contextmanager
def told_plainly(problem: str = "The database refused") -> Iterator[None]:
    """Turn what the database says into a StackError of one line."""
    try:
        yield
    except psycopg.Error as error:
        said = error.diag.message_primary or "the connection was lost"
        details = [line for line in (error.diag.message_detail, error.diag.context) if line]
        raise StackError(f"{problem}: {said}.", details) from error


def require_roles(connection: psycopg.Connection) -> None:
    """Raise StackError if this cannot be a Supabase project's database."""
    found = connection.execute(
        "select rolname from pg_catalog.pg_roles where rolname = any (%s)", (list(_ROLES),)
    ).fetchall()
    missing = sorted(set(_ROLES) - {row[0] for row in found})
    if missing:
        raise StackError(f"This is no Supabase database: it has no role {', '.join(missing)}.")


def _refuse_changed(connection: psycopg.Connection, migrations: Sequence[Migration]) -> None:
    applied = _applied(connection)
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise StackError(
                f"{migration.name} has changed since it was applied. Put it back, and write what "
                "is new into a file of its own."
            )


def _applied(connection: psycopg.Connection) -> dict[str, str]:
    rows = connection.execute("select name, checksum from public.schema_migrations").fetchall()
    return dict(rows)


def _take_lock(connection: psycopg.Connection) -> None:
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def _host_in(database_url: str) -> str:
    """` at HOST`, of an address whose other parts may hold anything."""
    after_login = database_url.split("://", 1)[-1].rsplit("@", 1)[-1]
    host = re.match(r"[A-Za-z0-9.\-]+(:\d+)?(?=[/?]|$)", after_login)
    return f" at {host[0]}" if host and "://" in database_url else ""


def _is_well_formed(database_url: str) -> bool:
    """Whether it reads as an address; an unescaped password makes its parts end up elsewhere."""
    try:
        parts = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        return False
    host, port = str(parts.get("host", "")), str(parts.get("port", "0"))
    name = database_url.partition("://")[2].partition("/")[2].partition("?")[0]
    return (
        not set("@<>") & set(host)
        and "@" not in name  # else an unescaped / has ended the password
        and port.replace(",", "").isdigit()
        and not _BLANK.fullmatch(str(parts.get("password", "")))
    )


def _cause(said: str) -> str:
    signs = {
        "authentication failed": "it refuses this user or password",
        "Tenant or user not found": "it does not know this user",
        "no password supplied": "it asks for a password, and the address has none",
        "refused": "nothing listens there",
        "resolve host": "there is no such host, or no network",
        "does not exist": "it has no such database or user",
        "unreachable": "the network cannot be reached",
        "SSL negotiation": "what listens there is no Postgres",
    }
    return next((cause for sign, cause in signs.items() if sign in said), "it does not answer")
