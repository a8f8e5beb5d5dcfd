"""Questions to several who may not answer, asked at once: nobody's silence costs more than all's.

Time-outs of adapters are not enough: looking a name up has none, and a server that sends a byte
now and then is never too late for them. So each question has a thread of its own, which is left
behind when its time is up; a daemon, so that it keeps no process alive.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, TypeVar

from lib.monitor import AWAITED_UNTIL
from lib.ports import Clock

T = TypeVar("T")


class Inquiry:
    """Everybody's time is up `patience_seconds` after this is made."""

    def __init__(self, clock: Clock, *, patience_seconds: float) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic() + patience_seconds
        self._asked: list[Future[Any]] = []
        self._is_over = False

    def ask(self, question: Callable[[], T]) -> Callable[[], T]:
        """Begin to ask. What this returns waits for the answer: it raises what `question` raised,
        or TimeoutError.
        """
        future: Future[T] = Future()
        self._asked.append(future)
        Thread(
            target=_fill, args=(future, question, self._ends_at), daemon=True, name="inquiry"
        ).start()

        def answer() -> T:
            self._wait()
            return future.result(timeout=0)

        return answer

    def _wait(self) -> None:
        if not self._is_over:
            wait(self._asked, timeout=max(0.0, self._ends_at - self._clock.monotonic()))
            self._is_over = True


def _fill(future: Future[T], question: Callable[[], T], ends_at: float) -> None:
    AWAITED_UNTIL.set(ends_at)
    try:
        future.set_result(question())
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
        future.set_exception(error)
