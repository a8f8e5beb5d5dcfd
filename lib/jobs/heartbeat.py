"""Keeps leases alive while their holder works: a process that dies lets go of its rows soon.

A lease is short, so that what a dead process held is taken up again quickly, and is renewed well
before it ends, so that a long answer is not. The thread ends with its process, and after
MOST_SECONDS by itself: a handler that hangs must not hold its row for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from lib.ports import Clock, Lease, Store
from lib.recording import recording

LEASE_SECONDS: Final = 60
"""How long a row stays with a holder that is not heard of."""
BEATS_A_LEASE: Final = 4
MOST_SECONDS: Final = 600


class Heartbeat:
    """A context in which leases are renewed, each until it is let go."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        leases: Iterable[Lease],
        *,
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease_seconds = lease_seconds
        now = clock.now()
        self._confirmed: dict[Lease, datetime] = dict.fromkeys(leases, now)
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        if self._confirmed:  # else there is nothing that a thread could do
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()

    def let_go(self, lease: Lease) -> None:
        """Renew it no longer."""
        with self._changing:
            self._confirmed.pop(lease, None)

    def still_holds(self, lease: Lease) -> bool:
        """Whether the row is still this holder's. Where that was last heard of half a lease ago,
        for the database was away or the process frozen, it is asked for; no word means no.
        """
        with self._changing:
            confirmed = self._confirmed.get(lease)
        if confirmed is None:
            return False
        if self._clock.now() - confirmed < timedelta(seconds=self._lease_seconds / 2):
            return True
        return self._renew(lease)

    def beat(self) -> None:
        """Renew all that is held. One that has gone is let go; a database fault loses none."""
        with self._changing:
            leases = tuple(self._confirmed)
        for lease in leases:
            self._renew(lease)

    def _renew(self, lease: Lease) -> bool:
        asked = self._clock.now()
        with recording("a lease's renewal"):
            is_held = self._store.renew_command(lease, lease_seconds=self._lease_seconds)
            with self._changing:
                if not is_held:
                    self._confirmed.pop(lease, None)
                elif lease in self._confirmed:
                    self._confirmed[lease] = asked
            return is_held
        return False

    def _beat_on(self) -> None:
        pause_seconds = self._lease_seconds / BEATS_A_LEASE
        for _ in range(int(MOST_SECONDS / pause_seconds)):
            if self._ended.wait(pause_seconds):
                return
            self.beat()
