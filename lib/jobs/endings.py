"""What the database must hear of once an answer is given, though it be away for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from lib.background import PutOff
from lib.logs import get_logger
from lib.ports import Clock, StoreError
from lib.recording import log_unrecorded

log = get_logger(__name__)

T = TypeVar("T")

MOST_KEPT: Final = 50
PAUSES_SECONDS: Final = (0.5, 2.0)
PUT_OFF: Final = "what an answer left to be done"
NEVER: Final = ("22", "23")
"""Postgres' classes of what is wrong with the data itself, which no later try makes right."""


class Endings:
    """Tries steps that raise StoreError again, and keeps those that fail for later tries: all but
    what the database will never take, which is logged and let go.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[tuple[str, Callable[[], object]]] = deque(maxlen=MOST_KEPT)

    def finish(self, put_off: PutOff, what: str, end: Callable[[], T]) -> T | None:
        """Do what was put off, then `end`, each with its tries. None: not yet, or nobody can tell.

        Where the database is found to be away, the rest is kept at once: the user has the answer,
        and every further try would only take time.
        """
        is_away = False
        while work := put_off.take():  # which may put off more
            for step in work:
                guarded = partial(_log_failure, step)
                if is_away:
                    self._kept.append((PUT_OFF, guarded))
                else:
                    _, is_away = self._attempt(PUT_OFF, guarded)
        if is_away:
            self._kept.append((what, end))
            return None
        return self._attempt(what, end)[0]

    def end_kept(self) -> None:
        """Do what was kept, now that the database is back."""
        for _ in range(len(self._kept)):
            what, step = self._kept.popleft()
            try:
                step()
            except StoreError as error:
                log_unrecorded(what, error)
                if _is_vain(what, error):
                    continue
                self._kept.append((what, step))
                return

    def _attempt(self, what: str, step: Callable[[], T]) -> tuple[T | None, bool]:
        """What the step gave, after a few tries or None, and whether the database is away."""
        pauses = list(PAUSES_SECONDS)
        while True:
            try:
                return step(), False
            except StoreError as error:
                log_unrecorded(what, error)
                if not pauses:
                    if not _is_vain(what, error):
                        self._kept.append((what, step))
                    return None, error.is_away
            self._clock.sleep(pauses.pop(0))


def _is_vain(what: str, error: StoreError) -> bool:
    """Whether to try again is vain for good; if so, it is said that it was let go."""
    if not error.code.startswith(NEVER):
        return False
    log.error("let_go", what=what, operation=error.operation, code=error.code)
    return True


def _log_failure(step: Callable[[], None]) -> None:
    """Do it; what it raises beside StoreError is logged, since trying again would not help."""
    try:
        step()
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the answer is seen: nobody is left to be told
        log.error("work_put_off_failed", error=error)
