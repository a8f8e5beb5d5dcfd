r"""The process that is measured: one bot, and the loop that gives it requests.

It imports next to nothing of its own, so that a cold start is the bot's. The requests come over
standard input, already signed, and the answers go back over standard output::

    -> COUNT SIGNATURE TIMESTAMP BODY_LENGTH\n BODY
    <- NANOSECONDS NANOSECONDS ...\n DIFFERENT_REPLIES\n [STATUS LENGTH\n BODY] ...

The first request of a process is answered once, the way a host would have it answered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from io import BytesIO
from time import perf_counter_ns
from typing import Any, NamedTuple, Protocol

PATH = "/api/interactions"


class Request(NamedTuple):
    """One signed interaction."""

    body: bytes
    signature: str
    timestamp: str


class Reply(NamedTuple):
    """What came back: the HTTP status and the whole body."""

    status: int
    body: bytes


class Contender(Protocol):
    """One bot in this process."""

    def first(self, request: Request) -> Reply:
        """Answer as after a cold start: with its own server, if it can't be had without."""

    def batch(self, request: Request, count: int) -> tuple[list[int], list[Reply]]:
        """Answer in process `count` times; the nanoseconds of each, and the replies."""


WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiContender:
    """Any WSGI application: called, its body read, and the response closed, as a server does."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def first(self, request: Request) -> Reply:
        return self._answer(request)[1]

    def batch(self, request: Request, count: int) -> tuple[list[int], list[Reply]]:
        results = [self._answer(request) for _ in range(count)]
        return [took for took, _ in results], [reply for _, reply in results]

    def _answer(self, request: Request) -> tuple[int, Reply]:
        status = ""

        def start_response(line: str, _headers: object, _error: object = None) -> None:
            nonlocal status
            status = line

        environ = _environ(request)
        begun = perf_counter_ns()
        response = self._app(environ, start_response)
        body = b"".join(response)
        close = getattr(response, "close", None)
        if close is not None:
            close()
        took = perf_counter_ns() - begun
        return took, Reply(int(status[:3]), body)


def _environ(request: Request) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_USER_AGENT": "Discord-Interactions/1.0 (+https://discord.com)",
        "HTTP_X_SIGNATURE_ED25519": request.signature,
        "HTTP_X_SIGNATURE_TIMESTAMP": request.timestamp,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def main(name: str) -> None:
    """Be the contender `name` until standard input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    contender: Contender = import_module(f"bench.contenders.{name}").enter()
    requests = sys.stdin.buffer
    is_first = True
    while line := requests.readline():
        count, signature, timestamp, length = line.split()
        request = Request(requests.read(int(length)), signature.decode(), timestamp.decode())
        if is_first:
            durations, answers = [0], [contender.first(request)]
            is_first = False
        else:
            durations, answers = contender.batch(request, int(count))
        different = set(answers)
        replies.write(b"%s\n%d\n" % (" ".join(map(str, durations)).encode(), len(different)))
        for answer in different:
            replies.write(b"%d %d\n%s" % (answer.status, len(answer.body), answer.body))
        replies.flush()
