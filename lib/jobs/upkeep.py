"""Scheduled upkeep of the tables: readings are rolled up, and what is old enough goes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from lib.logs import get_logger
from lib.ports import ClaimedCommand, Services

log = get_logger(__name__)

ROLL_UP: Final = "roll_up_stats"
DELETE: Final = "delete_old_rows"
BATCH: Final = 1000
"""Rows of each table in one transaction: few enough that nobody waits for it."""
BUDGET_SECONDS: Final = 30.0
"""What is left after this goes at the next time."""


class Upkeep:
    """The handlers of that work; both raise StoreError, and bear being run again."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def roll_up_stats(self, _command: ClaimedCommand) -> bool:
        """Make hours and days of the readings."""
        lines = self._services.watch.roll_up_stats()
        if lines:
            log.info("stats_rolled_up", lines=lines)
        return True

    def delete_old_rows(self, _command: ClaimedCommand) -> bool:
        """Delete what need not be kept any longer, batch by batch."""
        clock = self._services.clock
        end = clock.monotonic() + BUDGET_SECONDS
        gone: Counter[str] = Counter()
        while clock.monotonic() < end:
            counts = self._services.watch.delete_old_rows(limit=BATCH)
            gone.update(counts)
            if max(counts.values(), default=0) < BATCH:
                break
        if told := {table: count for table, count in gone.items() if count}:
            log.info("old_rows_deleted", **told)
        return True
