"""Calls the scheduled functions of the local stack with the token that opens them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

LONGEST_CALL_SECONDS = 300.0


@asynccontextmanager
async def cron_session(
    functions_url: str, *, cron_secret: str
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for `called`."""
    async with aiohttp.ClientSession(
        functions_url,
        headers={"Authorization": f"Bearer {cron_secret}"},
        # One that is kept alive waits for the work that follows the answer before.
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=aiohttp.ClientTimeout(total=LONGEST_CALL_SECONDS),
    ) as session:
        yield session


async def called(session: aiohttp.ClientSession, path: str) -> str | None:
    """Call the function at `path`; what went wrong, if anything."""
    try:
        async with session.get(path) as response:
            if response.status < HTTPStatus.BAD_REQUEST:
                return None
            return f"it answered {response.status}"
    except TimeoutError:
        return "it took too long"
    except aiohttp.ClientError:
        return "the functions did not answer"
