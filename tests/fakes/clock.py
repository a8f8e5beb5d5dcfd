"""Clocks that stand still until somebody moves them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

PATIENCE_SECONDS: Final = 20.0


class ManualClock:
    """A `Clock` whose time moves by `sleep` and `advance` alone, so that no test ever waits.

    `slept` keeps what was asked of `sleep`, in seconds and in order.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed_seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_seconds)

    def monotonic(self) -> float:
        return self._elapsed_seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass as if somebody else had spent them."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._elapsed_seconds += seconds


class GatedClock:
    """A `Clock` with the real time of day, under which one who sleeps wakes when a test says so.

    So a test may look, for as long as it likes, at what another thread has done until then.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._elapsed_seconds = 0.0
        self._is_open = False
        self._sleeping = False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        with self._changed:
            return self._elapsed_seconds

    def sleep(self, seconds: float) -> None:
        with self._changed:
            if self._is_open or seconds <= 0:
                self._elapsed_seconds += max(0.0, seconds)
                return
            self._sleeping = True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._sleeping, PATIENCE_SECONDS):
                raise AssertionError("nobody woke the sleeper")

    def wake(self, *, after_seconds: float) -> None:
        """Wake the sleeper, once there is one, when that much time has passed."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._sleeping, PATIENCE_SECONDS):
                raise AssertionError("nobody slept")
            self._elapsed_seconds += after_seconds
            self._sleeping = False
            self._changed.notify_all()

    def open(self) -> None:
        """From now on nobody sleeps; time passes as if they had."""
        with self._changed:
            self._is_open = True
            self._sleeping = False
            self._changed.notify_all()
