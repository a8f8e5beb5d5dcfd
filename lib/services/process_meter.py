"""What this process uses, by psutil, and how far Lavalink is."""

from __future__ import annotations

import time
from typing import Final

from lib.ports import Reading

INTERVAL_SECONDS: Final = 0.2
"""psutil's first reading of a process is always 0.0 unless it measures over an interval."""
TIMEOUT_SECONDS: Final = 2.0
MB: Final = 1024 * 1024


class ProcessMeter:
    """A Meter (see lib.ports). `lavalink_url` is the music server's address, if there is one."""

    def __init__(self, *, lavalink_url: str | None = None) -> None:
        self._lavalink_url = lavalink_url

    def read(self) -> Reading:
        import psutil

        process = psutil.Process()
        cpu_percent = process.cpu_percent(interval=INTERVAL_SECONDS)
        memory = process.memory_info()
        return Reading(
            cpu_percent=round(cpu_percent, 2),
            rss_mb=round(memory.rss / MB, 2),
            vms_mb=round(memory.vms / MB, 2),
        )

    def ping_lavalink_ms(self) -> int | None:
        if self._lavalink_url is None:
            return None
        import requests

        begun = time.perf_counter()
        try:
            requests.get(f"{self._lavalink_url}/version", timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            return None
        return round((time.perf_counter() - begun) * 1000)
