"""A real PostgreSQL of our own: made, started and stopped here, from the package's programs."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from dev.accounts import Place
from dev.environment import run_or_explain
from dev.errors import PortTakenError, StackError
from dev.leftovers import end_leftover_postgres
from dev.ports import HOST
from dev.processes import Process, Program

DATABASE = "postgres"
SUPERUSER = "postgres"
START_SECONDS = 60.0
_BASE_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "wal_level": "logical",  # as hosted projects have it
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """Where a database is and how to start it. `is_lasting` False trades safety for speed."""

    place: Place
    port: int
    password: str
    log: Path
    is_lasting: bool = True

    @property
    def url(self) -> str:
        """The address for everybody, by TCP and password."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{HOST}:{self.port}/{DATABASE}"

    @property
    def public_url(self) -> str:
        """The same without the password, for showing."""
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{DATABASE}"

    def socket_url(self, user: str = SUPERUSER) -> str:
        """The address by the socket, which lies in a closed folder and asks for no password."""
        folder = quote(str(self.place.sockets), safe="")
        return f"postgresql://{user}@/{DATABASE}?host={folder}&port={self.port}"

    def version(self) -> str:
        """Of the running server, such as 16.14."""
        with psycopg.connect(self.socket_url()) as connection:
            major, minor = divmod(connection.info.server_version, 10_000)
        return f"{major}.{minor}"

    async def start(self) -> Process:
        """Start it, making the data folder if there is none; returns when it takes connections."""
        make_data_folder(self.place)
        await end_leftover_postgres(self.place.data)
        for leftover in self.place.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()
        mark = self.log.stat().st_size if self.log.exists() else 0
        process = await Process.start(self._program())
        try:
            await process.become_ready(self._is_prepared, within_seconds=START_SECONDS)
        except StackError as error:
            if "Address already in use" in self._said_since(mark):
                raise PortTakenError(f"Port {self.port} is taken.") from error
            raise
        return process

    def _program(self) -> Program:
        settings = {
            **_BASE_SETTINGS,
            "port": str(self.port),
            "unix_socket_directories": str(self.place.sockets),
            **({} if self.is_lasting else {"fsync": "off", "full_page_writes": "off"}),
        }
        return Program(
            name="PostgreSQL",
            command=(
                str(self.place.programs / "bin" / "postgres"),
                "-D",
                str(self.place.data),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ),
            log=self.log,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes everything down
            account=self.place.account,
        )

    async def _is_prepared(self) -> bool:
        """Whether it takes connections; sets it up as a hosted database when it does."""
        try:
            with psycopg.connect(self.socket_url(), autocommit=True) as connection:
                connection.execute("set client_min_messages = warning")
                connection.execute(Path(__file__).with_name("supabase.sql").read_bytes())
                # The key file decides: one that was lost and made anew still fits the data.
                connection.execute(
                    sql.SQL("alter role {} password {}").format(
                        sql.Identifier(SUPERUSER), sql.Literal(self.password)
                    )
                )
        except psycopg.OperationalError:
            return False
        return True

    def _said_since(self, mark: int) -> str:
        with self.log.open("rb") as file:
            file.seek(mark)
            return file.read().decode(errors="replace")


def make_data_folder(place: Place) -> None:
    """An empty database in `place.data`, unless there is one."""
    if (place.data / "PG_VERSION").exists():
        return
    draft = place.data.with_name(f"{place.data.name}.draft")
    for folder in (draft, place.data):
        shutil.rmtree(folder, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    place.own(draft)
    run_or_explain(
        [
            place.programs / "bin" / "initdb",
            *("--pgdata", draft, "--username", SUPERUSER),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            *("--auth-local", "trust", "--auth-host", "scram-sha-256"),
        ],
        problem="PostgreSQL could not make its data folder",
        account=place.account,
    )
    draft.rename(place.data)  # whole or not at all
