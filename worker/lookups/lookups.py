"""The one place to ask: what is meant by a query, and how to open what was found."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from worker.audio.addresses import WebAddress, resolve
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.remote_file import RemoteFile, WebRules
from worker.audio.segmented_file import SegmentedFile
from worker.audio.sound_file import LocalFile, SoundFile
from worker.lookups.bundled import bundled, path_of
from worker.lookups.extraction import PLACE, Extraction, ExtractionSettings
from worker.lookups.found import Found
from worker.lookups.queries import Link, Search, Sound, parse
from worker.threads import Threads

PROBE_SECONDS: Final = 15.0
FILES_AT_ONCE: Final = 8
"""Files on the web that are looked at at the same time, and names that are looked up."""


class Lookups:
    """From a query to what can be heard. Used by one event loop, which it never keeps waiting."""

    def __init__(self, settings: ExtractionSettings, rules: WebRules) -> None:
        self._rules = rules
        self._extraction = Extraction(settings, rules.clock)
        # Of its own: the event loop's look names up for Discord's connections.
        self._threads = Threads("lookups", count=FILES_AT_ONCE)

    def close(self) -> None:
        """Let go of what lookups have kept."""
        self._threads.close()
        self._extraction.close()

    async def lookup(self, query: str) -> list[Found]:
        """What is meant by `query`: a link, words, or `sound:` and a name; at least one thing.

        Of a playlist, only the names are found: see `refresh`. Raises SourceError.
        """
        wanted = parse(query)
        if isinstance(wanted, Sound):
            return [bundled(wanted.name)]
        if isinstance(wanted, Search):
            return await self._extraction.search(wanted.words)
        return await self._link(wanted)

    async def playlist(self, url: str) -> list[Found]:
        """What a playlist holds, by name; `url` may be a track's in it. Raises SourceError."""
        wanted = parse(url)
        if not isinstance(wanted, Link):
            raise SourceError(SourceFailure.UNSUPPORTED, "not a link")
        await self._check(wanted.url)
        return await self._extraction.playlist(wanted.url)

    async def refresh(self, found: Found) -> Found:
        """The same, ready to be opened: looked up (again) where it never was, or too long ago.

        What was kept of a track is enough: its title and `url`. Raises SourceError; LIVE too, for
        what has no end.
        """
        if not self._is_ready(found):
            first, *_ = await self.lookup(found.url)
            found = first if first.stream_url is not None else await self._single(first)
        if found.is_live:
            raise SourceError(SourceFailure.LIVE, "a stream without an end")
        return found

    def open(self, found: Found) -> SoundFile:
        """What a FrameStream reads; `found` must come from `refresh`. Raises SourceError.

        Connects to nothing yet, so it may be called anywhere.
        """
        wanted = parse(found.url)
        if isinstance(wanted, Sound):
            return LocalFile(path_of(wanted.name))
        if found.stream_url is None:
            raise SourceError(SourceFailure.UNSUPPORTED, "it was not looked up")
        kind = SegmentedFile if found.is_segmented else RemoteFile
        return kind(found.stream_url, headers=found.headers, rules=self._rules)

    def _is_ready(self, found: Found) -> bool:
        if isinstance(parse(found.url), Sound):
            return True
        if found.stream_url is None:
            return False
        return found.fresh_until is None or self._rules.clock.monotonic() < found.fresh_until

    async def _single(self, found: Found) -> Found:
        """A playlist's entry whose page turned out to be only a pointer as well."""
        again = await self._extraction.link(found.url)
        if again[0].stream_url is None:
            raise SourceError(SourceFailure.UNSUPPORTED, "a list of lists")
        return again[0]

    async def _link(self, link: Link) -> list[Found]:
        if link.is_file:
            found = await self._probe(link.url)
            if found is not None:
                return [found]
        else:
            await self._check(link.url)
        page, _, place = link.url.partition(PLACE)
        there = await self._extraction.link(page)
        if place:
            there = [one for one in there if one.url.endswith(PLACE + place)]
        if not there:
            raise SourceError(SourceFailure.NOT_FOUND, "the page has changed")
        return there

    async def _check(self, url: str) -> None:
        """Tell at once and plainly what yt-dlp would complain of."""
        address = WebAddress.of(url)
        await self._threads.asked(resolve, address, allow_private=self._rules.allow_private)

    async def _probe(self, url: str) -> Found | None:
        """A sound file, as far as it tells of itself; None where it is a page after all."""
        rules = replace(self._rules, most_seconds=PROBE_SECONDS)
        file = RemoteFile(url, headers={}, rules=rules)
        try:
            return await self._threads.asked(_described, file, url)
        except asyncio.CancelledError:
            file.abort()
            raise
        except SourceError:
            if file.is_page:
                return None
            raise


def _described(file: RemoteFile, url: str) -> Found:
    with closing(file), closing(FrameReader(file)) as reader:
        next(reader.frames(0), None)  # what cannot be decoded is no sound, whatever its head says
        tags = reader.tags
        return Found(
            title=tags.title or _name_of(url),
            artist=tags.artist,
            url=url,
            duration_ms=reader.duration_ms,
            stream_url=url,
        )


def _name_of(url: str) -> str:
    """The file's name, as people would write it."""
    parts = urlsplit(url)
    stem = PurePosixPath(unquote(parts.path)).stem.replace("_", " ").strip()
    return stem or parts.hostname or url
