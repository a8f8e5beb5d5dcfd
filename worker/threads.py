"""The boundary between the event loop and what waits: the database, Discord's REST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A few threads for calls that wait, so that the event loop never does."""

    def __init__(self, name: str, *, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def asked(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What `call` returns or raises, when one of the threads has made it.

        Whoever is cancelled meanwhile waits no longer; the call itself goes on to its end.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(call, *arguments, **named))

    def close(self) -> None:
        """Take no more calls; what has not begun is not made."""
        self._executor.shutdown(wait=False, cancel_futures=True)
