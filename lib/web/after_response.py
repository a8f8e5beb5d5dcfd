"""Work after the response: what a WSGI server does when it closes the response's iterable.

A server writes the body, then calls `close()` on the iterable (PEP 3333), and a serverless runtime
ends the invocation only after that. This is what Flask's `call_on_close` is made of; a thread of
its own would be frozen together with the instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lib.logs import get_logger

log = get_logger(__name__)


class AfterResponse:
    """A Background (see lib.ports) and the WSGI response whose closing does its work."""

    __slots__ = ("_body", "_work")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._work: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self._work.append(work)

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def __len__(self) -> int:
        return 1

    def close(self) -> None:
        """Do the work, in the order it came. What fails is logged, and the rest is done."""
        work, self._work = self._work, []
        for step in work:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - nobody is left who could be told
                log.error("work_after_response_failed", error=error)
