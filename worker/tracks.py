"""From what somebody typed to tracks, and from a track to its sound."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from lib.ports.player import Track
from worker.audio.failures import MOVED, SourceError, SourceFailure
from worker.audio.stream import FrameStream
from worker.lookups.found import Found
from worker.lookups.lookups import Lookups

READY_SECONDS: Final = 20.0
"""What a site may take until the first of a sound is there."""
LOOK_SECONDS: Final = 0.01
MOST_REMEMBERED: Final = 200
LONGEST_TITLE: Final = 500
_YOUTUBE_ID: Final = re.compile(
    r"https?://(?:(?:www\.|m\.|music\.)?youtube\.com/watch\?(?:\S*&)?v=|youtu\.be/)([\w-]{11})\b"
)
_MIX: Final = "https://www.youtube.com/watch?v={id}&list=RD{id}"


class Sounds(Protocol):
    """Where sounds come from. Every method raises SourceError and nothing else."""

    async def find(self, query: str) -> Sequence[Track]:
        """What a query means: one track, or those of a playlist; never none."""

    async def open(self, track: Track, *, start_ms: int = 0) -> FrameStream:
        """Its sound from a position on, with the first of it there."""

    async def related(self, track: Track) -> Sequence[Track]:
        """Tracks that go with it, if it comes from where they know some."""


async def ready(stream: FrameStream, *, seconds: float = READY_SECONDS) -> FrameStream:
    """The stream, when its first frame is there. Raises SourceError, with the stream closed."""
    try:
        async with asyncio.timeout(seconds):
            while not stream.wait_ready(0):
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        stream.close()
        raise SourceError(SourceFailure.TIMED_OUT, "no sound came") from None
    except asyncio.CancelledError:
        stream.close()
        raise
    if stream.failure is not None:
        stream.close()
        raise stream.failure
    return stream


class LookedUpSounds:
    """The real Sounds: by worker.lookups."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._found: OrderedDict[str, Found] = OrderedDict()

    async def find(self, query: str) -> Sequence[Track]:
        found = await self._lookups.lookup(query)
        for one in found[:MOST_REMEMBERED]:
            self._remember(one.url, one)
        return [_track(one) for one in found]

    async def open(self, track: Track, *, start_ms: int = 0) -> FrameStream:
        if (known := self._found.get(track.url)) is not None:
            try:
                return await self._opened(track, known, start_ms)
            except SourceError as error:
                if known.fresh_until is None or error.failure not in MOVED:
                    raise
                del self._found[track.url]
        return await self._opened(track, Found(title=track.title, url=track.url), start_ms)

    async def related(self, track: Track) -> Sequence[Track]:
        match = _YOUTUBE_ID.match(track.url)
        if match is None:
            return ()
        return [_track(one) for one in await self._lookups.playlist(_MIX.format(id=match[1]))]

    async def _opened(self, track: Track, known: Found, start_ms: int) -> FrameStream:
        found = await self._lookups.refresh(known)
        self._remember(track.url, found)
        self._remember(found.url, found)
        stream = await ready(FrameStream(lambda: self._lookups.open(found), start_ms=start_ms))
        if start_ms == 0 and stream.is_over:
            stream.close()
            raise SourceError(SourceFailure.NOT_AUDIO, "a file without a sound")
        return stream

    def _remember(self, url: str, found: Found) -> None:
        """Where its sound is: it need not be looked up again while that is good."""
        # Of what people read as much as is shown: strangers may write any length.
        title = found.title[:LONGEST_TITLE]
        self._found[url] = replace(found, title=title, artist=None, thumbnail_url=None)
        self._found.move_to_end(url)
        while len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)


def _track(found: Found) -> Track:
    return Track(
        title=found.title[:LONGEST_TITLE], url=found.url, duration_ms=found.duration_ms or 0
    )
