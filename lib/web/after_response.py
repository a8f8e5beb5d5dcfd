"""Work after the response: what a WSGI server does when it closes the response's iterable.

A server writes the body, then calls `close()` on the iterable (PEP 3333), and a serverless runtime
ends the invocation only after that. This is what Flask's `call_on_close` is made of; a thread of
its own would be frozen together with the instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lib.background import PutOff

if TYPE_CHECKING:
    from flask import Response


class AfterResponse(PutOff):
    """A Background (see lib.ports) and the WSGI response whose closing does its work."""

    __slots__ = ("_body",)

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def __len__(self) -> int:
        return 1

    def close(self) -> None:
        """Do the work; a server calls this when the body has left."""
        self.run()


def do_after(response: Response, work: Callable[[], None]) -> Response:
    """The same for Flask's: do the work when the response has left. What fails is logged."""
    later = PutOff()
    later.submit(work)
    response.call_on_close(later.run)
    return response
