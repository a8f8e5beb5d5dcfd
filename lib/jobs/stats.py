"""One `system_stats` snapshot: what the instance that takes it uses, and how far Discord is."""

from __future__ import annotations

from lib.logs import get_logger
from lib.ports import ClaimedCommand, DiscordError, Meter, Services

log = get_logger(__name__)


class StatsSnapshot:
    """Takes snapshots. `ping_lavalink` stays null unless LAVALINK_URL is set."""

    def __init__(self, services: Services, meter: Meter) -> None:
        self._services = services
        self._meter = meter

    def take_on_command(self, _command: ClaimedCommand) -> bool:
        """As `take`, for a `command_queue` row that asks for it."""
        self.take()
        return True

    def take(self) -> None:
        """Insert one row. Raises StoreError; a Discord that can't be reached is a null ping."""
        # The CPU's share is that of the snapshot's own work; a process that waits has none.
        read = self._meter.begin()
        ping_gateway = self._ping_discord_ms()
        ping_lavalink = self._meter.ping_lavalink_ms()
        reading = read()
        self._services.store.send_system_stats(
            cpu_usage=reading.cpu_percent,
            ram_rss=reading.rss_mb,
            ram_heap=reading.vms_mb,
            ping_gateway=ping_gateway,
            ping_lavalink=ping_lavalink,
            source="function",
        )

    def _ping_discord_ms(self) -> int | None:
        try:
            return self._services.discord.measure_ping_ms()
        except DiscordError as error:
            log.warning("discord_not_reached", status=error.status, code=error.code)
            return None
