"""What happened, in order, as several threads tell it."""

from __future__ import annotations

import threading

PATIENCE_SECONDS = 30.0


class Timeline:
    """A list of events that can be waited for. How long anything took is nobody's business."""

    def __init__(self) -> None:
        self._events: list[str] = []
        self._changed = threading.Condition()

    def note(self, event: str) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def wait_for(self, event: str) -> None:
        """Return once `event` has happened; AssertionError if it does not."""
        with self._changed:
            happened = self._changed.wait_for(lambda: event in self._events, PATIENCE_SECONDS)
            assert happened, f"{event!r} did not happen; what did: {self._events}"

    @property
    def events(self) -> list[str]:
        with self._changed:
            return list(self._events)
