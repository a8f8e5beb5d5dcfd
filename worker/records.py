"""What the worker leaves behind of itself: its log's warnings, and a reading of its process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from lib.logs import KeptEvent, LogOutput, get_logger
from lib.ports import BotEvent, Meter, StoreError
from lib.ports.player import WorkerReading, WorkerRecords
from worker.threads import Threads

log = get_logger(__name__)

EVENTS_SECONDS: Final = 10.0
READING_SECONDS: Final = 300.0


class Records:
    """Writes both down, in their own time. `ping_ms`: how far the gateway is, if that is known."""

    def __init__(
        self,
        store: WorkerRecords,
        threads: Threads,
        meter: Meter,
        output: LogOutput,
        *,
        ping_ms: Callable[[], int | None],
    ) -> None:
        self._store = store
        self._threads = threads
        self._meter = meter
        self._output = output
        self._ping_ms = ping_ms
        self._newest: WorkerReading | None = None

    @property
    def newest(self) -> dict[str, object]:
        """The last reading, as far as a heartbeat tells it."""
        if self._newest is None:
            return {}
        return {"rss_mb": self._newest.ram_rss, "ping_lavalink": self._newest.ping_lavalink}

    async def keep_on(self) -> None:
        """Until it is cancelled. The first reading is taken at once."""
        loop = asyncio.get_running_loop()
        due_at = loop.time()
        while True:
            reading = None
            if loop.time() >= due_at:
                due_at = loop.time() + READING_SECONDS
                reading = await self._threads.asked(self._read)
            await self.keep(reading)
            await asyncio.sleep(EVENTS_SECONDS)

    async def keep(self, reading: WorkerReading | None = None) -> None:
        """Write down what there is. What the database does not take is tried again; a reading that
        is late is of no use.
        """
        self._newest = reading or self._newest
        events = self._output.take_events()
        if not events and reading is None:
            return
        try:
            await self._threads.asked(
                self._store.record_worker, events=_told(events), reading=reading
            )
        except StoreError as error:
            self._output.put_events_back(events)
            log.debug("records_not_kept", code=error.code)  # a warning would be one more of them

    def _read(self) -> WorkerReading:
        read = self._meter.begin()
        ping_lavalink = self._meter.ping_lavalink_ms()
        process = read()
        return WorkerReading(
            cpu_usage=process.cpu_percent,
            ram_rss=process.rss_mb,
            ram_heap=process.vms_mb,
            ping_gateway=self._ping_ms(),
            ping_lavalink=ping_lavalink,
        )


def _told(events: Sequence[KeptEvent]) -> list[BotEvent]:
    return [BotEvent(event.level, event.message, event.created_at) for event in events]
