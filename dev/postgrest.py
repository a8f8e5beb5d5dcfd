"""A real PostgREST in front of the local Postgres, listening on a Unix socket."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp

from dev.keys import LocalKeys
from dev.postgres import Postgres
from dev.processes import Process, Program, plain_environment

START_SECONDS = 30.0
MAX_ROWS = 1000  # as hosted projects are set up


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgREST:
    """How to start it. It finds its database again by itself when that was away."""

    binary: Path
    postgres: Postgres
    keys: LocalKeys
    log: Path

    @property
    def socket(self) -> Path:
        """Where it listens: beside the database's own socket, in the closed folder."""
        return self.postgres.place.sockets / f"rest.{self.postgres.port}"

    async def start(self) -> Process:
        """Start it; returns when it answers."""
        self.socket.unlink(missing_ok=True)
        process = await Process.start(
            Program(
                name="PostgREST",
                command=(str(self.binary),),
                log=self.log,
                environment={
                    **plain_environment(),
                    "PGRST_DB_URI": self.postgres.socket_url("authenticator"),
                    "PGRST_DB_SCHEMAS": "public",
                    "PGRST_DB_ANON_ROLE": "anon",
                    "PGRST_DB_MAX_ROWS": str(MAX_ROWS),
                    "PGRST_DB_POOL": "20",
                    "PGRST_JWT_SECRET": self.keys.jwt_secret,
                    "PGRST_SERVER_UNIX_SOCKET": str(self.socket),
                    "PGRST_LOG_LEVEL": "error",
                },
            )
        )
        await process.become_ready(self._answers, within_seconds=START_SECONDS)
        return process

    async def _answers(self) -> bool:
        """Whether it has read the database's schema; until then it answers 503."""
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.head("http://postgrest/") as response,
            ):
                return response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        except aiohttp.ClientError:
            return False
