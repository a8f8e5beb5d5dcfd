"""Pages and searches, looked up by yt-dlp in a child process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lib.logs import get_logger
from lib.ports import Clock
from worker.audio.failures import SourceError, SourceFailure
from worker.lookups.complaints import meaning, wording
from worker.lookups.folders import LookupFolder
from worker.lookups.found import Found
from worker.lookups.guarded_yt_dlp import ANYWHERE, PUBLIC_ONLY
from worker.lookups.queries import LONGEST

DEFAULT_SEARCH: Final = "ytsearch1"
SECONDS: Final = 20.0
AT_ONCE: Final = 2
"""Lookups at the same time: each is a process of some 100 MB, and a small host has few."""
MOST_ENTRIES: Final = 50
MOST_BYTES: Final = 4 * 1024 * 1024
PLACE: Final = "#sound="
"""What follows a page's address where one of several sounds is meant: which, from 1 on."""
FRESH_SECONDS: Final = 3600.0
MARGIN_SECONDS: Final = 60.0
"""How long before its end an address counts as stale."""
ROOT: Final = Path(__file__).parents[2]

_PLAIN: Final = "[protocol~='^https?$']"
_PIECES: Final = "[protocol^=m3u8]"
_FORMATS: Final = (
    f"ba{_PLAIN}[acodec=opus]/ba{_PLAIN}/ba{_PIECES}/b{_PLAIN}/w{_PIECES}[acodec!=?none]"
)
"""Sound alone, best as Opus, which needs no decoding; a film's sound if there is nothing else."""
_FIELDS: Final = (
    "%(.{id,title,webpage_url,original_url,url,_type,duration,http_headers,is_live,"
    "live_status,uploader,artist,thumbnail,protocol})j"
)
OPTIONS: Final = (
    "--ignore-config",
    "--no-plugin-dirs",
    "--no-remote-components",
    "--no-playlist",
    "--no-warnings",
    "--no-mark-watched",
    "--socket-timeout=8",
    "--retries=1",
    "--extractor-retries=1",
    f"--format={_FORMATS}",
    f"--print={_FIELDS}",
)
_NOT_REACHED: Final = frozenset(
    {SourceFailure.NO_SUCH_HOST, SourceFailure.UNREACHABLE, SourceFailure.FORBIDDEN_ADDRESS}
)
_LIVE: Final = frozenset({"is_live", "is_upcoming", "post_live"})
_EXPIRES: Final = re.compile(r"[?&/]expires?[=/](\d{10})(?:\D|$)", re.IGNORECASE)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionSettings:
    """How pages are looked up.

    `search` is yt-dlp's prefix for words that are no link, with the number of results in it.
    `cookies_file` is in Netscape's format; it is only ever read. `seconds` is the time a lookup may
    take in all.
    """

    search: str = DEFAULT_SEARCH
    cookies_file: Path | None = None
    allow_private: bool = False
    seconds: float = SECONDS


class Extraction:
    """Runs yt-dlp: it can take long, and ends with the call whatever becomes of that."""

    def __init__(self, settings: ExtractionSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)
        # All that the children may keep: yt-dlp's cache, deno's, and their copies of the cookies.
        self._folder = LookupFolder()

    def close(self) -> None:
        """Remove what the children have kept."""
        self._folder.close()

    async def link(self, url: str) -> list[Found]:
        """What a page holds: one track, or the first MOST_ENTRIES of a playlist, by name only.

        `url` must be an http or https address. Raises SourceError.
        """
        return await self._find(*of_link(url))

    async def playlist(self, url: str) -> list[Found]:
        """As `link`; but of the link of a track within a playlist, the playlist."""
        return await self._find("--yes-playlist", *of_link(url))

    async def search(self, words: str) -> list[Found]:
        """What a search for `words` finds. Raises SourceError."""
        try:
            return await self._find(*of_search(self._settings.search, words))
        except SourceError as error:
            if error.failure not in _NOT_REACHED:
                raise
            # Whoever asked has named no site, and would not know which is meant.
            raise SourceError(SourceFailure.SEARCH_UNREACHABLE, error.detail) from error

    async def _find(self, *arguments: str) -> list[Found]:
        async with self._turns:
            output, complaints, code = await self._run(arguments)
        found = list(self._read(output))
        if found:
            return _told_apart(found)
        if code == 0:
            raise SourceError(SourceFailure.NO_RESULTS, "nothing was found")
        words = wording(complaints)
        failure = meaning(words)
        if failure is SourceFailure.UNREACHABLE:  # it may be a complaint of a new kind
            log.warning("lookup_failed", complaint=words[-500:])
        raise SourceError(failure, "yt-dlp found nothing")

    async def _run(self, arguments: Iterable[str]) -> tuple[bytes, str, int]:
        with tempfile.TemporaryDirectory(dir=self._folder.path) as own:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-E", "-s", "-m", "worker.lookups.guarded_yt_dlp",
                ANYWHERE if self._settings.allow_private else PUBLIC_ONLY,
                *OPTIONS, f"--cache-dir={self._folder.path}/cache", *self._cookies(Path(own)),
                *arguments,
                cwd=ROOT, env=self._environment(), start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(self._settings.seconds):
                    output, complaints = await _both(child)
                    code = await child.wait()
            except TimeoutError:
                raise SourceError(SourceFailure.TIMED_OUT, "the lookup took too long") from None
            finally:
                await _end(child)
        return output, complaints.decode(errors="replace"), code

    def _environment(self) -> dict[str, str]:
        """Of ours, a child gets nothing but what it needs: no token, no key."""
        kept = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        folder = str(self._folder.path)
        return environment | {"HOME": folder, "DENO_DIR": f"{folder}/deno", "TMPDIR": folder}

    def _cookies(self, folder: Path) -> list[str]:
        """A copy, since yt-dlp writes to the file that it is given."""
        if self._settings.cookies_file is None:
            return []
        copy = folder / "cookies.txt"
        try:
            shutil.copyfile(self._settings.cookies_file, copy)
        except OSError as error:
            log.warning("cookies_not_read", reason=error.strerror)
            return []
        return [f"--cookies={copy}"]

    def _read(self, output: bytes) -> Iterable[Found]:
        for line in output.splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            if isinstance(fields, dict) and (found := self._found(fields)) is not None:
                yield found

    def _found(self, fields: Mapping[str, object]) -> Found | None:
        # An entry of a playlist is only a pointer: its `url` is that of its own page.
        is_pointer = fields.get("_type") in {"url", "url_transparent"}
        url = _text(fields, "webpage_url") or _text(fields, "original_url") or _text(fields, "url")
        stream_url = None if is_pointer else _text(fields, "url")
        if url is None or len(url) > LONGEST or not (is_pointer or stream_url):
            return None
        duration = fields.get("duration")
        return Found(
            title=(_text(fields, "title") or _text(fields, "id") or url)[:LONGEST],
            url=url,
            artist=_text(fields, "artist") or _text(fields, "uploader"),
            duration_ms=round(duration * 1000) if isinstance(duration, int | float) else None,
            is_live=fields.get("is_live") is True or fields.get("live_status") in _LIVE,
            thumbnail_url=_text(fields, "thumbnail"),
            stream_url=stream_url,
            is_segmented=(_text(fields, "protocol") or "").startswith("m3u8"),
            headers=_headers(fields),
            fresh_until=None if stream_url is None else self._fresh_until(stream_url),
        )

    def _fresh_until(self, stream_url: str) -> float:
        seconds = FRESH_SECONDS
        if said := _EXPIRES.search(stream_url):
            seconds = min(seconds, int(said[1]) - self._clock.now().timestamp())
        return self._clock.monotonic() + seconds - MARGIN_SECONDS


def of_link(url: str) -> tuple[str, ...]:
    """What yt-dlp is told for a page; nothing in `url` can be taken for an option."""
    return ("--flat-playlist", f"--playlist-items=:{MOST_ENTRIES}", "--", url)


def of_search(prefix: str, words: str) -> tuple[str, ...]:
    """What yt-dlp is told for a search; nothing in `words` for an option or another address."""
    return ("--", f"{prefix}:{words}")


def _told_apart(found: list[Found]) -> list[Found]:
    """Where a page holds several sounds, each is known by its place there.

    Not by its own address: that may have run out when it is played, and hold a signature.
    """
    times = Counter(one.url for one in found)
    places: Counter[str] = Counter()
    told: list[Found] = []
    for one in found:
        places[one.url] += 1
        several = times[one.url] > 1 and one.stream_url is not None
        url = f"{one.url}{PLACE}{places[one.url]}" if several else one.url
        told.append(replace(one, url=url))
    return told


async def _both(child: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """What a child writes. Raises SourceError if that is too much."""
    if child.stdout is None or child.stderr is None:
        raise RuntimeError("a child without its pipes")
    # Together, as one of them could fill up while the other is waited for.
    tasks = [asyncio.create_task(_bounded(pipe)) for pipe in (child.stdout, child.stderr)]
    try:
        output, complaints = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return output, complaints


async def _bounded(stream: asyncio.StreamReader) -> bytes:
    content = bytearray()
    while piece := await stream.read(65536):
        content += piece
        if len(content) > MOST_BYTES:
            raise SourceError(SourceFailure.TOO_LARGE, "the lookup found too much")
    return bytes(content)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Nothing of the child's process group is left, whichever way it ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            await pipe.read()  # to its end, where asyncio lets go of it
    await child.wait()


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _headers(fields: Mapping[str, object]) -> dict[str, str]:
    headers = fields.get("http_headers")
    if not isinstance(headers, dict):
        return {}
    return {str(name): value for name, value in headers.items() if isinstance(value, str)}
