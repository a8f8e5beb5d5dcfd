"""Questions that are asked at once, and those who never answer."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lib.jobs.inquiry import Inquiry
from lib.services.clock import SYSTEM_CLOCK
from tests.fakes.clock import ManualClock

ROOT = Path(__file__).parents[2]


def test_all_are_asked_before_any_has_answered() -> None:
    meeting = threading.Barrier(3, timeout=20)  # passed only by three at the same time
    inquiry = Inquiry(SYSTEM_CLOCK, patience_seconds=20)
    answers = [inquiry.ask(meeting.wait) for _ in range(3)]
    assert sorted(answer() for answer in answers) == [0, 1, 2]


def test_who_is_silent_costs_the_others_nothing() -> None:
    never = threading.Event()
    inquiry = Inquiry(ManualClock(), patience_seconds=0.05)
    silent, quick = inquiry.ask(never.wait), inquiry.ask(lambda: "here")
    with pytest.raises(TimeoutError):
        silent()
    assert quick() == "here"
    never.set()
    with pytest.raises(TimeoutError):
        inquiry.ask(threading.Event().wait)()


def test_what_a_question_raises_is_raised_where_its_answer_is_awaited() -> None:
    def fall() -> int:
        raise ZeroDivisionError

    answer = Inquiry(SYSTEM_CLOCK, patience_seconds=20).ask(fall)
    with pytest.raises(ZeroDivisionError):
        answer()


def test_a_question_without_an_answer_keeps_no_process_alive() -> None:
    program = """
import threading
from lib.jobs.inquiry import Inquiry
from lib.services.clock import SYSTEM_CLOCK
answer = Inquiry(SYSTEM_CLOCK, patience_seconds=0.01).ask(threading.Event().wait)
try:
    answer()
except TimeoutError:
    print("over")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "over\n"
