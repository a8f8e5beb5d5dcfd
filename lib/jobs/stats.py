"""One `system_stats` snapshot: what the instance that takes it uses, and how far Discord is."""

from __future__ import annotations

from lib.logs import get_logger
from lib.ports import DiscordError, Meter, Services

log = get_logger(__name__)


class StatsSnapshot:
    """Takes snapshots. `ping_lavalink` stays null unless LAVALINK_URL is set."""

    def __init__(self, services: Services, meter: Meter) -> None:
        self._services = services
        self._meter = meter

    def take(self) -> None:
        """Insert one row. Raises StoreError; a Discord that can't be reached is a null ping."""
        reading = self._meter.read()
        self._services.store.send_system_stats(
            cpu_usage=reading.cpu_percent,
            ram_rss=reading.rss_mb,
            ram_heap=reading.vms_mb,
            ping_gateway=self._ping_discord_ms(),
            ping_lavalink=self._meter.ping_lavalink_ms(),
        )

    def _ping_discord_ms(self) -> int | None:
        try:
            return self._services.discord.measure_ping_ms()
        except DiscordError as error:
            log.warning("discord_not_reached", status=error.status, code=error.code)
            return None
