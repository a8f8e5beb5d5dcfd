"""A look into the tables while Discord waits: what is too late, or fails, is gone without."""

from __future__ import annotations

from threading import Event

from lib.interactions.lookup import look_up
from tests.fakes.clock import ManualClock

AMPLE_SECONDS = 30.0
NO_PATIENCE = 0.01


def test_what_is_found_in_time_is_returned() -> None:
    assert look_up(lambda: "found", clock=ManualClock(), patience_seconds=AMPLE_SECONDS) == "found"


def test_nobody_waits_longer_than_patience_lasts() -> None:
    may_answer, has_answered = Event(), Event()

    def slow() -> str:
        may_answer.wait(AMPLE_SECONDS)
        has_answered.set()
        return "too late"

    assert look_up(slow, clock=ManualClock(), patience_seconds=NO_PATIENCE) is None
    assert not has_answered.is_set()
    may_answer.set()
    assert has_answered.wait(AMPLE_SECONDS)


def test_what_fails_is_nothing() -> None:
    def failing() -> str:
        raise OSError("no way there")

    assert look_up(failing, clock=ManualClock(), patience_seconds=AMPLE_SECONDS) is None
