"""Orders from the queue: claimed, carried out beside one another, and ended in their rows.

The database gives only the first of the orders that must keep their order (a guild's controls), so
all that are claimed may be carried out at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from lib.logs import get_logger
from lib.music.orders import PlayerCommand
from lib.ports import ClaimedCommand, FailureReason, Lease, Store, StoreError
from lib.recording import recording
from worker.ending import Ending
from worker.tasks import spawn
from worker.threads import Threads

log = get_logger(__name__)

POLL_SECONDS: Final = 1.0
NET_SECONDS: Final = 5.0
"""Between two polls while news come as well: they are only the net under these."""
LEASE_SECONDS: Final = 20
RENEW_SECONDS: Final = 6.0
PUT_BACK_SECONDS: Final = 2.0
"""What an order waits here before it is put back: whoever claims it at once meets the same."""
MOST_AT_ONCE: Final = 10
MOST_UNDER_WAY: Final = 60
MOST_SEARCHES: Final = 30
"""Of these: a search may take long, and nobody who pauses is to wait for one."""
KINDS: Final = tuple(command.value for command in PlayerCommand)
CONTROLS: Final = tuple(kind for kind in KINDS if kind != PlayerCommand.PLAY)

CarryOut = Callable[[ClaimedCommand], Awaitable[Ending]]


class Claims:
    """Works off the players' orders until it is stopped."""

    def __init__(self, store: Store, threads: Threads, carry_out: CarryOut) -> None:
        self._store = store
        self._threads = threads
        self._carry_out = carry_out
        self._woken = asyncio.Event()
        self._is_finishing = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._searches: set[asyncio.Task[None]] = set()
        self.has_news = False
        """Whether `wake` is called for every order."""

    def wake(self) -> None:
        """There may be an order."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(NET_SECONDS if self.has_news else POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            if len(self._under_way) < MOST_UNDER_WAY:
                with recording("the claim of orders"):
                    await self._claim()

    async def finish(self, *, seconds: float) -> None:
        """Wait for what is under way, but not for long; what is to be put back is so at once."""
        self._is_finishing.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    async def _claim(self) -> None:
        kinds = KINDS if len(self._searches) <= MOST_SEARCHES - MOST_AT_ONCE else CONTROLS
        commands = await self._threads.asked(
            self._store.claim_commands, kinds=kinds, limit=MOST_AT_ONCE, lease_seconds=LEASE_SECONDS
        )
        for command in commands:
            task = spawn(self._work_on(command))
            self._under_way.add(task)
            if command.command == PlayerCommand.PLAY:
                self._searches.add(task)
            task.add_done_callback(self._note_end)
        if len(commands) == MOST_AT_ONCE:
            self.wake()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._searches.discard(task)
        self.wake()  # the next one of the same guild may be claimed now

    async def _work_on(self, command: ClaimedCommand) -> None:
        lease = Lease(command.id, command.lease_id)
        renewing = spawn(self._renew(lease))
        try:
            ending = await self._carry_out(command)
        except StoreError as error:
            log.warning("order_put_back", command=command.command, code=error.code)
            await self._put_back(lease)
            return
        except Exception as error:  # noqa: BLE001 - the boundary where an order's fault ends in its row
            log.error("order_failed", command=command.command, id=command.id, error=error)
            ending = Ending(FailureReason.ERROR, type(error).__name__)
        finally:
            renewing.cancel()
        log.debug("order_ended", command=command.command, reason=ending.reason)
        with recording("an order's end"):
            await self._end(lease, ending)

    async def _put_back(self, lease: Lease) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PUT_BACK_SECONDS):
                await self._is_finishing.wait()
        with recording("an order's return"):
            await self._threads.asked(self._store.release_command, lease)

    async def _end(self, lease: Lease, ending: Ending) -> None:
        if ending.reason is None:
            await self._threads.asked(self._store.complete_command, lease)
        else:
            await self._threads.asked(
                self._store.fail_command,
                lease,
                error=ending.error,
                reason=ending.reason,
                retry=False,
            )

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with recording("an order's renewal"):
                await self._threads.asked(
                    self._store.renew_command, lease, lease_seconds=LEASE_SECONDS
                )
