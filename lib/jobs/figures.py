"""Everything that a monitoring system is told at once, within the time of one check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from lib.jobs.health import PATIENCE_SECONDS
from lib.jobs.inquiry import Inquiry
from lib.logs import get_logger
from lib.ports import CommandCount, Health, MeanReading, Services, StoreError, Window

log = get_logger(__name__)

T = TypeVar("T")

HOUR: Final = timedelta(hours=1)
STEP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresNow:
    """The figures; None where the tables did not tell."""

    health: Health
    counts: Sequence[CommandCount] | None
    last_hour: Window | None
    stats: Sequence[MeanReading]


class Figures:
    """Reads them all at the same time."""

    def __init__(self, services: Services, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._services = services
        self._patience_seconds = patience_seconds

    def read(self) -> FiguresNow:
        """The figures of this moment. Never raises."""
        watch = self._services.watch
        inquiry = Inquiry(self._services.clock, patience_seconds=self._patience_seconds)
        asked_counts = inquiry.ask(watch.read_counts)
        asked_hour = inquiry.ask(lambda: watch.read_window(within=HOUR))
        asked_stats = inquiry.ask(lambda: watch.read_stats(within=HOUR, width=STEP))
        health = self._services.health.check()  # meanwhile, and in no more time
        stats = _answered("system_stats", asked_stats) or []
        return FiguresNow(
            health=health,
            counts=_answered("counts", asked_counts),
            last_hour=_answered("last_hour", asked_hour),
            stats=list({reading.source: reading for reading in stats}.values()),  # the newest each
        )


def _answered(what: str, asked: Callable[[], T]) -> T | None:
    try:
        return asked()
    except TimeoutError:
        log.warning("figures_missing", what=what, code="timed_out")
    except StoreError as error:
        log.warning("figures_missing", what=what, code=error.code)
    except Exception as error:  # noqa: BLE001 - whatever is broken, the rest is worth telling
        log.error("figures_missing", what=what, error=error)
    return None
