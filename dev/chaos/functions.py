"""The functions as a process that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final

import aiohttp

from dev.errors import StackError
from dev.ports import HOST, port_of
from dev.processes import Process, Program

START_SECONDS: Final = 60.0
DOOMED: Final = Path(__file__).parent
"""The folder whose `api/` has the function that dies."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """How to start them. `root` holds the `api/` to serve, `checkout` the code that it imports."""

    checkout: Path
    root: Path
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    listener: socket.socket

    @property
    def url(self) -> str:
        return f"http://{HOST}:{port_of(self.listener)}"

    @asynccontextmanager
    async def running(self, extra: Mapping[str, str] = _NOTHING) -> AsyncIterator[Process]:
        """A fresh process of them, killed at the end if not before."""
        descriptor = self.listener.fileno()
        process = await Process.start(
            Program(
                name="The functions host",
                command=(sys.executable, "-m", "dev.functions", str(self.root), str(descriptor)),
                environment={**self.environment, **extra},
                log=self.log,
                pass_fds=(descriptor,),
                cwd=self.checkout,
            )
        )
        try:
            await process.become_ready(self._answers, within_seconds=START_SECONDS)
            yield process
        finally:
            kill(process)
            await process.wait()

    async def _answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url):
                return True
        except aiohttp.ClientError:
            return False


def kill(process: Process) -> None:
    """SIGKILL it, unless it has ended."""
    if not process.has_ended:
        os.kill(process.pid, signal.SIGKILL)


async def tick(url: str, cron_secret: str) -> None:
    """Call the queue's function as a tick does; returns when it has drained."""
    headers = {"Authorization": f"Bearer {cron_secret}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/api/cron_queue") as answer,
    ):
        if answer.status != HTTPStatus.OK:
            raise StackError(f"The tick was answered {answer.status}.")
        await answer.read()
