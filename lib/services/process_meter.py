"""What this process uses, by psutil, and how far Lavalink is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from lib.monitor import monitor
from lib.ports import Clock, Reading
from lib.services.clock import SYSTEM_CLOCK

SHORTEST_SECONDS: Final = 0.2
"""What psutil wants to see of a process; over less, its share of the CPU is noise."""
TIMEOUT_SECONDS: Final = 2.0
MB: Final = 1024 * 1024


class ProcessMeter:
    """A Meter (see lib.ports). `lavalink_url` is the music server's address, if there is one."""

    def __init__(self, *, lavalink_url: str | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._lavalink_url = lavalink_url
        self._clock = clock

    def begin(self) -> Callable[[], Reading]:
        import psutil

        process = psutil.Process()
        process.cpu_percent()  # always 0.0: what it counts begins here
        begun = time.perf_counter()

        def read() -> Reading:
            time.sleep(max(0.0, SHORTEST_SECONDS - (time.perf_counter() - begun)))
            memory = process.memory_info()
            return Reading(
                cpu_percent=round(process.cpu_percent(), 2),
                rss_mb=round(memory.rss / MB, 2),
                vms_mb=round(memory.vms / MB, 2),
            )

        return read

    def ping_lavalink_ms(self) -> int | None:
        if self._lavalink_url is None:
            return None
        import requests

        begun = self._clock.monotonic()
        try:
            with monitor("lavalink.ping", self._clock):
                requests.get(
                    f"{self._lavalink_url}/version",
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,  # it would measure the way to another server as well
                )
        except requests.RequestException:
            return None
        return round((self._clock.monotonic() - begun) * 1000)
