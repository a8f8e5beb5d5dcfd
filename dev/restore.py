"""`python3 dev restore FILE`: fill a database from a file that `backup` wrote."""

from __future__ import annotations

import argparse
import gzip
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from dev.backup import MARK
from dev.checkout import Checkout
from dev.console import Console
from dev.databases import HELP, Database, add_database_option, on_database
from dev.errors import StackError
from dev.migrations import connect, read_migrations, require_roles, told_plainly
from dev.postgres_programs import programs_for

_STATEMENTS = Path(__file__).with_name("sql")
_TABLES = """
select c.relname from pg_catalog.pg_class as c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and not exists (select from pg_catalog.pg_depend as d
                    where d.objid = c.oid and d.deptype = 'e')
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """How many tables there are now, and how many migrations the backup did not have yet."""

    tables: int
    missing_migrations: int


def main(arguments: Sequence[str]) -> int:
    """Fill it, whole or not at all."""
    options = _parse(arguments)
    checkout, console = Checkout.here(), Console()
    file: Path = options.file.absolute()
    _require_backup(file)
    work = partial(_restore, file=file, replace=options.replace, checkout=checkout)
    restored = on_database(options, work, checkout=checkout, console=console)
    console.say(f"{restored.tables} tables of {file.name} are in place.")
    if restored.missing_migrations:
        console.say("The backup is older than this checkout: python3 dev migrate adds what is new.")
    console.say(
        "Tokens, schedules and secrets were not in it: docs/operations.md tells what to do."
    )
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev restore",
        description="Fill a database from a file that python3 dev backup wrote, as it was then. "
        f"One that has tables already is left alone. {HELP}",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--replace",
        action="store_true",
        help="drop everything that is in the schema public, and put the backup in its place",
    )
    add_database_option(parser)
    return parser.parse_args(arguments)


def _restore(database: Database, *, file: Path, replace: bool, checkout: Checkout) -> Restored:
    with connect(database.url) as connection, told_plainly():
        require_roles(connection)
        if not replace:
            _require_empty(connection, database)
    with tempfile.TemporaryDirectory(prefix="halley-") as folder:
        script = Path(folder) / "restore.sql"
        with script.open("wb") as out, gzip.open(file) as content:
            if replace:
                out.write((_STATEMENTS / "clear.sql").read_bytes())
            shutil.copyfileobj(content, out)
            out.write((_STATEMENTS / "begin_anew.sql").read_bytes())
        with programs_for(database.url) as programs:
            programs.run(
                "psql", "--no-psqlrc", "--quiet", "--single-transaction",
                "--set=ON_ERROR_STOP=1", "--file", script,
                problem="The backup does not fit into this database; nothing was changed",
            )  # fmt: skip
    with connect(database.url) as connection, told_plainly():
        connection.execute("notify pgrst, 'reload schema'")
        known = connection.execute("select name from public.schema_migrations").fetchall()
        wanted = {migration.name for migration in read_migrations(checkout.migrations)}
        return Restored(len(_tables(connection)), len(wanted - {row[0] for row in known}))


def _require_backup(file: Path) -> None:
    try:
        with gzip.open(file) as content:
            is_ours = content.read(len(MARK)) == MARK
            while content.read(1 << 20):  # to its end, where it says whether it is whole
                pass
    except FileNotFoundError:
        raise StackError(f"There is no file {file}.") from None
    except (OSError, EOFError, zlib.error):
        is_ours = False
    if not is_ours:
        raise StackError(f"{file.name} is no whole backup of python3 dev backup.")


def _require_empty(connection: psycopg.Connection, database: Database) -> None:
    tables = _tables(connection)
    if tables:
        counts = [_count(connection, table) for table in tables]
        raise StackError(
            f"There are {len(tables)} tables with {sum(counts)} rows in {database.name}. "
            "To lose them and have the backup in their place: --replace"
        )


def _tables(connection: psycopg.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute(_TABLES).fetchall()]


def _count(connection: psycopg.Connection, table: str) -> int:
    statement = sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
