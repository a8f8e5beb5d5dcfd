"""A contender's process, from the outside."""

from __future__ import annotations

import json
import time

import psutil

from bench.child import MeasuredChild
from bench.contender import Reply, Request
from bench.entrants import Entrant
from bench.installation import Environment


class RunningContender(MeasuredChild):
    """Started when made, ended with the block. Raises StackError if it fails or answers wrongly."""

    def __init__(self, entrant: Entrant, environment: Environment, *, public_key: str) -> None:
        self._entrant = entrant
        self.started = time.perf_counter()
        super().__init__(
            [environment.python, "-B", "-c", f"import bench.contender as c; c.main('{entrant}')"],
            cwd=environment.sources,
            environment={"DISCORD_PUBLIC_KEY": public_key, "ENVIRONMENT": "production"},
        )

    def ask(self, request: Request, count: int) -> list[int]:
        """Have it answer `count` times; the nanoseconds of each."""
        requests, replies = self._process.stdin, self._process.stdout
        assert requests is not None  # noqa: S101 - both were asked for above
        assert replies is not None  # noqa: S101
        head = f"{count} {request.signature} {request.timestamp} {len(request.body)}\n"
        try:
            requests.write(head.encode() + request.body)
            requests.flush()
        except BrokenPipeError:
            raise self._failure(f"{self._entrant} ended before it was asked") from None
        durations = [int(number) for number in replies.readline().split()]
        if not durations:
            raise self._failure(f"{self._entrant} ended without an answer")
        for _ in range(int(replies.readline())):
            status, length = replies.readline().split()
            self._check(Reply(int(status), replies.read(int(length))))
        return durations

    def rss_bytes(self) -> int:
        """The memory it has now."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def _check(self, reply: Reply) -> None:
        """It must be what a user sees as the answer to /ping: a message that says Pong."""
        try:
            answer = json.loads(reply.body)
            is_right = answer["type"] == 4 and answer["data"]["content"].startswith("Pong")
        except (ValueError, KeyError, TypeError, AttributeError):
            is_right = False
        if reply.status != 200 or not is_right:
            raise self._failure(f"{self._entrant} answered {reply.status} {reply.body[:200]!r}")


def cold_start(
    entrant: Entrant, environment: Environment, *, public_key: str, request: Request
) -> tuple[float, int]:
    """From nothing to the first answer: the seconds, and the bytes of memory it has then."""
    with RunningContender(entrant, environment, public_key=public_key) as contender:
        contender.ask(request, 1)
        seconds = time.perf_counter() - contender.started
        return seconds, contender.rss_bytes()
