"""The functions host as the supervisor sees it: its environment, its start, and its log."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from nacl.signing import SigningKey

from dev.checkout import Checkout
from dev.functions import NOT_LOADED, function_files
from dev.keys import LocalKeys
from dev.ports import HOST, port_of
from dev.processes import Process, Program

START_SECONDS = 60.0
_HEAD = re.compile(r"\d\d:\d\d:\d\d (?P<level>[A-Z]+)\s")
_TOLD_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionProcess:
    """How to start the functions on a socket that is bound already."""

    checkout: Checkout
    listener: socket.socket
    environment: Mapping[str, str]
    on_warning: Callable[[str], None]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{port_of(self.listener)}"

    async def start(self) -> Process:
        """Start them; returns when they answer."""
        descriptor = self.listener.fileno()
        process = await Process.start(
            Program(
                name="The functions host",
                command=(
                    sys.executable,
                    "-m",
                    "dev.functions",
                    str(self.checkout.root),
                    str(descriptor),
                ),
                environment=self.environment,
                log=self.checkout.logs / "functions.log",
                pass_fds=(descriptor,),
                cwd=self.checkout.root,  # as Vercel has it
                on_line=WarningFilter(self.on_warning),
            )
        )
        await process.become_ready(self._answers, within_seconds=START_SECONDS)
        return process

    async def broken(self) -> list[str]:
        """The files of the functions that could not be loaded, once the host answers."""
        async with aiohttp.ClientSession(self.url) as session:
            return [
                f"api/{file.name}"
                for file in function_files(self.checkout.root)
                if await _is_broken(session, f"/api/{file.stem}")
            ]

    async def _answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url):
                return True
        except aiohttp.ClientError:
            return False


async def _is_broken(session: aiohttp.ClientSession, path: str) -> bool:
    # OPTIONS, which has no function do anything.
    async with session.options(path) as response:
        return NOT_LOADED in response.headers


class WarningFilter:
    """Hands on the lines of a log from WARNING up, with the traceback that follows one."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._is_told = True  # what comes before the first event is a crash

    def __call__(self, line: str) -> None:
        head = _HEAD.match(line)
        if head is not None:
            self._is_told = head["level"] in _TOLD_LEVELS
        if self._is_told:
            self._tell(line)


def function_environment(
    keys: LocalKeys,
    *,
    settings: Mapping[str, str],
    discord_api_url: str,
    owner_id: str,
    supabase: Mapping[str, str],
    log_file: Path,
) -> dict[str, str]:
    """What the functions find in os.environ.

    `settings` is the owner's environment and `.env`. Discord is the local one whatever they say: a
    signed request of the playground's must be accepted, and no real server may hear of it.
    """
    return {
        # Each of the host's threads would keep a store of freed memory: megabytes, which look as if
        # conversations left them. Other C libraries do not read it.
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
        **settings,
        **supabase,
        "ENVIRONMENT": "development",
        "DISCORD_API_URL": discord_api_url,
        "DISCORD_CDN_URL": discord_api_url,  # its files lie there, too
        "DISCORD_PUBLIC_KEY": SigningKey(bytes.fromhex(keys.signing_key)).verify_key.encode().hex(),
        "DISCORD_APPLICATION_ID": keys.application_id,
        "DISCORD_BOT_TOKEN": keys.bot_token,
        "CRON_SECRET": keys.cron_secret,
        "OWNER_IDS": owner_id,
        "LOG_FILE": str(log_file),
        "PYTHONUNBUFFERED": "1",
    }
