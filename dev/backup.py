"""`python3 dev backup`: write the schema `public` of a database, with its rows, to a file."""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from psycopg import sql

from dev.checkout import Checkout
from dev.console import Console
from dev.databases import HELP, Database, add_database_option, on_database
from dev.errors import StackError
from dev.migrations import connect, told_plainly
from dev.postgres_programs import PostgresPrograms, programs_for

MARK = b"-- Halley's backup of "
LEFT_OUT = ("public.command_secrets", "public.forgotten_requesters")
"""Whose rows nobody is to keep: tokens by which interactions are answered, worthless after 15
minutes, and users who wished to be forgotten a moment ago.
"""
_PREFACE_LINES = 40
# Newer programs say this to every server, and those before 17 do not know it.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
_STATEMENTS = Path(__file__).with_name("sql")


def main(arguments: Sequence[str]) -> int:
    """Write it, whole or not at all."""
    parser = argparse.ArgumentParser(
        prog="python3 dev backup",
        description="Write the bot's tables, with rows, functions, policies and rights, to a file "
        f"of SQL that only you can read. Tokens of interactions are left out. {HELP}",
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path,
        help="default: halley-DATE-TIME.sql.gz in this folder",
    )  # fmt: skip
    add_database_option(parser)
    options = parser.parse_args(arguments)
    checkout, console = Checkout.here(), Console()
    moment = datetime.now(UTC)
    file = (options.file or Path(f"halley-{moment:%Y%m%d-%H%M%S}.sql.gz")).absolute()
    if file.exists():
        raise StackError(f"{file.name} is there already: name another file, or move it away.")
    if not file.parent.is_dir():
        raise StackError(f"There is no folder {file.parent}.")
    work = partial(_write, file=file, moment=moment)
    count = on_database(options, work, checkout=checkout, console=console)
    size = file.stat().st_size / 1000
    console.say(f"{count} tables are in {file.name} ({size:.0f} kB). Only you can read it.")
    return 0


def _write(database: Database, *, file: Path, moment: datetime) -> int:
    """How many tables were written."""
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        draft = Path(folder) / file.name
        with (
            programs_for(database.url) as programs,
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
            gzip.open(raw, "wb") as out,
        ):
            out.write(MARK + f"{moment:%Y-%m-%d %H:%M:%S} UTC\n".encode())
            count = _write_sql(database, programs, folder=Path(folder), out=out)
        draft.rename(file)  # whole or not at all
    return count


def _write_sql(
    database: Database, programs: PostgresPrograms, *, folder: Path, out: gzip.GzipFile
) -> int:
    archive = folder / "archive"
    programs.run(
        "pg_dump", "--format=custom", "--schema=public", "--no-owner",
        *(f"--exclude-table-data={table}" for table in LEFT_OUT), "--file", archive,
        problem="The database could not be read",
    )  # fmt: skip
    # The schema itself, and what is said of it, is the new project's own.
    entries = [
        line
        for line in programs.listing(archive)
        if line and not line.startswith(";") and " - SCHEMA " not in line
    ]
    structure = [line for line in entries if not _is_of(line, "SCHEMA", "ACL", "DEFAULT ACL")]
    rights = [line for line in entries if _is_of(line, "ACL")]
    revoke = (_STATEMENTS / "revoke.sql").read_bytes()
    for some, after in ((structure, revoke), (rights, _publication(database))):
        for piece in _as_sql(programs, archive, some, folder=folder):
            out.write(piece)
        out.write(after)
    return sum(_is_of(line, "TABLE") for line in entries)


def _is_of(entry: str, *kinds: str) -> bool:
    """Whether an entry, `12; 1259 16454 TABLE public name owner`, is of one of these kinds."""
    words = entry.split("; ", 1)[-1].split(" ", 2)[-1]
    return any(words.startswith((f"{kind} public ", f"{kind} - ")) for kind in kinds)


def _as_sql(
    programs: PostgresPrograms, archive: Path, entries: Sequence[str], *, folder: Path
) -> Iterator[bytes]:
    listing, script = folder / "entries", folder / "script"
    listing.write_text("\n".join(entries) + "\n")
    programs.run(
        "pg_restore", "--no-owner", "--use-list", listing, "--file", script, archive,
        problem="The backup could not be written",
    )  # fmt: skip
    with script.open("rb") as lines:
        for number, line in enumerate(lines):
            if number > _PREFACE_LINES or line != _UNKNOWN_BEFORE_17:
                yield line
    script.unlink()


def _publication(database: Database) -> bytes:
    """What has Realtime follow the same tables."""
    with connect(database.url) as connection, told_plainly():
        rows = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_catalog.pg_publication_tables "
            "where pubname = 'supabase_realtime' and schemaname = 'public' order by 1"
        ).fetchall()
        # No format of psycopg's own: the statement is full of percent signs and braces.
        names = sql.Literal([row[0] for row in rows]).as_string(connection)
    return (_STATEMENTS / "publish.sql").read_text().replace("{names}", names).encode()
