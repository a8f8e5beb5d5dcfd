"""The connection to Discord's gateway: kept as long as Discord wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Final, Protocol

import aiohttp
import discord

from lib.logs import get_logger
from lib.settings import Secret

log = get_logger(__name__)

UNAUTHENTICATED: Final = 4004
"""The gateway's close code for a wrong token."""
NEVER: Final = frozenset(range(4010, 4015))
"""Its codes for what no second try would change: shards, version, intents."""
PAUSES_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


class Status(IntEnum):
    """What the process ends with. CONFIG (EX_CONFIG of sysexits.h): starting it again is vain."""

    ENDED = 0
    FAILED = 1
    CONFIG = 78


class Connectable(Protocol):
    """What is needed of a discord.Client."""

    async def login(self, token: str) -> None:
        """Raises LoginFailure, and whatever a request may meet."""

    async def connect(self, *, reconnect: bool) -> None:
        """Be connected until that is over for good."""


async def connect(client: Connectable, token: Secret) -> Status:
    """Log in, as often as it takes, and be connected. Comes back when that is over."""
    try:
        await _again_and_again(lambda: client.login(token.reveal()))
        await _again_and_again(lambda: _be_connected(client))
    except discord.LoginFailure:
        return _refused()
    except discord.ConnectionClosed as error:
        if error.code == UNAUTHENTICATED:
            return _refused()
        log.error("gateway_closed", code=error.code)
        return Status.CONFIG if error.code in NEVER else Status.FAILED
    except discord.PrivilegedIntentsRequired as error:
        log.error("gateway_closed", error=error)
        return Status.CONFIG
    except Exception as error:  # noqa: BLE001 - the boundary where a fault ends the worker in order
        log.error("gateway_failed", error=error)
        return Status.FAILED
    return Status.ENDED


async def _be_connected(client: Connectable) -> None:
    try:
        await client.connect(reconnect=True)
    except AttributeError as error:
        if error.obj is None:
            # discord.py looks up where it was, and trips where it never was anywhere.
            raise ConnectionError("no gateway") from error
        raise


async def _again_and_again(work: Callable[[], Awaitable[None]]) -> None:
    """Raises LoginFailure, ConnectionClosed, PrivilegedIntentsRequired: those would not change."""
    tries = 0
    while True:
        try:
            await work()
        except (
            discord.LoginFailure,
            discord.ConnectionClosed,
            discord.PrivilegedIntentsRequired,
        ):
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordException) as error:
            pause_seconds = PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)]
            log.warning("discord_not_reached", error=type(error).__name__, again_in=pause_seconds)
            await asyncio.sleep(pause_seconds)
            tries += 1
        else:
            return


def _refused() -> Status:
    log.error(
        "bot_token_refused",
        hint="DISCORD_BOT_TOKEN is not the token of a bot (Discord Developer Portal: Bot, Reset "
        "Token); the worker ends",
    )
    return Status.CONFIG
