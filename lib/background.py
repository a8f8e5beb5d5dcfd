"""Work that is put off: until a response has left, or until an answer is seen."""

from __future__ import annotations

from collections.abc import Callable

from lib.logs import get_logger

log = get_logger(__name__)


class PutOff:
    """A Background (see lib.ports) that does its work when `run` is called."""

    __slots__ = ("_work",)

    def __init__(self) -> None:
        self._work: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self._work.append(work)

    def take(self) -> list[Callable[[], None]]:
        """The work, in the order it came, for who does it in a way of their own."""
        work, self._work = self._work, []
        return work

    def run(self) -> None:
        """Do the work, in the order it came, and what it puts off itself. What fails is logged,
        and the rest is done.
        """
        while work := self.take():
            for step in work:
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - nobody is left who could be told
                    log.error("work_put_off_failed", error=error)
