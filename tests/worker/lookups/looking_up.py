"""Lookups as the tests make them, and what they find."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.stream import FrameStream
from worker.lookups.extraction import ExtractionSettings
from worker.lookups.found import Found
from worker.lookups.lookups import Lookups

SOON = 60
SETTINGS = ExtractionSettings(allow_private=True, seconds=SOON)
PAGE = b"""<!doctype html><html><head><title>A comet</title>
<meta property="og:title" content="Edmond's comet"></head>
<body><audio src="/stream?id=5" controls></audio></body></html>"""
TWO = b"""<!doctype html><html><head><title>Two comets</title></head><body>
<audio src="/one.ogg"></audio><audio src="/two.ogg"></audio></body></html>"""


class SteppingClock:
    """A clock that a test sets forward."""

    ahead = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead, UTC)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def look_up(lookups: Lookups, query: str) -> list[Found]:
    return asyncio.run(lookups.lookup(query))


def failure_of(lookups: Lookups, query: str) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        look_up(lookups, query)
    return caught.value.failure


def is_heard(lookups: Lookups, found: Found) -> bool:
    """Whether sound comes out of it."""
    stream = FrameStream(lambda: lookups.open(found))
    try:
        return stream.wait_ready(SOON) and stream.failure is None
    finally:
        stream.close()
        assert stream.join(SOON)
