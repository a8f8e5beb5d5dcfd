"""A look into the tables while Discord waits: for as long as that may take, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from lib.logs import get_logger
from lib.monitor import AWAITED_UNTIL

if TYPE_CHECKING:
    from lib.ports import Clock

log = get_logger(__name__)

T = TypeVar("T")


def look_up(question: Callable[[], T], *, clock: Clock, patience_seconds: float) -> T | None:
    """What `question` returns; None if it fails, or is not done when patience is over.

    It has a thread of its own, since no adapter's time-out covers all of its work (looking a name
    up has none): one that is too late is left behind, and keeps no process alive.
    """
    found: list[T] = []
    ends_at = clock.monotonic() + patience_seconds

    def ask() -> None:
        AWAITED_UNTIL.set(ends_at)
        try:
            found.append(question())
        except Exception as error:  # noqa: BLE001 - who looks up goes on without
            log.warning("not_looked_up", error=error)

    thread = Thread(target=ask, daemon=True, name="lookup")
    thread.start()
    thread.join(patience_seconds)
    return found[0] if found else None
