"""Keeps leases alive while their holder works: a process that dies lets go of its rows soon.

A lease is short, so that what a dead process held is taken up again quickly, and is renewed well
before it ends, so that a long answer is not. The thread ends with its process, and after
MOST_SECONDS by itself: a handler that hangs must not hold its row for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from lib.ports import Lease, Store
from lib.recording import recording

LEASE_SECONDS: Final = 60
"""How long a row stays with a holder that is not heard of."""
BEATS_A_LEASE: Final = 4
MOST_SECONDS: Final = 600


class Heartbeat:
    """A context in which leases are renewed, each until it is let go."""

    def __init__(
        self, store: Store, leases: Iterable[Lease], *, lease_seconds: int = LEASE_SECONDS
    ) -> None:
        self._store = store
        self._lease_seconds = lease_seconds
        self._held = set(leases)
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
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
            self._held.discard(lease)

    def holds(self, lease: Lease) -> bool:
        """Whether nobody has taken the row, as far as is known."""
        with self._changing:
            return lease in self._held

    def beat(self) -> None:
        """Renew all that is held. One that has gone is let go; a database fault loses none."""
        with self._changing:
            leases = tuple(self._held)
        for lease in leases:
            with recording("a lease's renewal"):
                if not self._store.renew_command(lease, lease_seconds=self._lease_seconds):
                    self.let_go(lease)

    def _beat_on(self) -> None:
        pause_seconds = self._lease_seconds / BEATS_A_LEASE
        for _ in range(int(MOST_SECONDS / pause_seconds)):
            if self._ended.wait(pause_seconds):
                return
            self.beat()
