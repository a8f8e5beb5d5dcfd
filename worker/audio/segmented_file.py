"""A sound in pieces, as sites give it that would have players choose among qualities (HLS).

Of RFC 8216 it takes what a recording needs: a media playlist that has an end. The pieces are read
one after another as one file; FFmpeg's own reader of playlists, which would connect to whatever
they name, is not used.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Final, NamedTuple
from urllib.parse import urljoin

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.remote_file import RemoteFile, WebRules

LARGEST_PLAYLIST: Final = 2 * 1024 * 1024
MOST_SEGMENTS: Final = 20_000
_LENGTH: Final = re.compile(r"#EXTINF:\s*(\d+(?:\.\d*)?)")
_MAP: Final = re.compile(r'#EXT-X-MAP:.*URI="([^"]+)"')


class Segment(NamedTuple):
    """A piece: where it lies and what it lasts."""

    url: str
    ms: float


class Playlist(NamedTuple):
    """The pieces in their order, and what goes before whichever of them is read first."""

    head_url: str | None
    segments: list[Segment]


def parse_playlist(text: str, url: str) -> Playlist:
    """The playlist that was found at `url`. Raises SourceError for what is not played."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise SourceError(SourceFailure.NOT_AUDIO, "not a playlist")
    if any(line.startswith("#EXT-X-KEY") and "METHOD=NONE" not in line for line in lines):
        raise SourceError(SourceFailure.PROTECTED, "an encrypted playlist")
    if any(line.startswith(("#EXT-X-STREAM-INF", "#EXT-X-BYTERANGE")) for line in lines):
        raise SourceError(SourceFailure.UNSUPPORTED, "a playlist of another kind")
    if "#EXT-X-ENDLIST" not in lines:
        raise SourceError(SourceFailure.LIVE, "a playlist without an end")
    head_url: str | None = None
    segments: list[Segment] = []
    ms = 0.0
    for line in lines:
        if head := _MAP.match(line):
            head_url = urljoin(url, head[1])
        elif length := _LENGTH.match(line):
            ms = float(length[1]) * 1000
        elif not line.startswith("#"):
            segments.append(Segment(urljoin(url, line), ms))
    if not 0 < len(segments) <= MOST_SEGMENTS:
        raise SourceError(SourceFailure.NOT_AUDIO, "a playlist without pieces, or with too many")
    return Playlist(head_url, segments)


class SegmentedFile:
    """A SoundFile out of the pieces that a playlist names, each held to the same rules as any file.

    It is not `seekable`, but begins anew at any piece. Nothing is connected before the first call.
    """

    def __init__(self, url: str, *, headers: Mapping[str, str], rules: WebRules) -> None:
        self._url = url
        self._headers = dict(headers)
        self._rules = rules
        self._lock = threading.Lock()
        self._is_aborted = False
        self._playlist: Playlist | None = None
        self._waiting: list[str] = []
        self._piece: RemoteFile | None = None
        self._offset = 0

    @property
    def duration_ms(self) -> int | None:
        if self._playlist is None:
            return None
        return round(sum(segment.ms for segment in self._playlist.segments))

    def read(self, size: int) -> bytes:
        if self._playlist is None:
            self.rewind()
        while self._piece is not None or self._waiting:
            piece = self._piece or self._opened(self._waiting.pop(0))
            content = piece.read(size)
            if content:
                self._offset += len(content)
                if self._offset > self._rules.most_bytes:
                    raise SourceError(SourceFailure.TOO_LARGE, "more than any sound that is played")
                return content
            self._let_go()
        return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) == (self._offset, io.SEEK_SET):
            return offset
        raise SourceError(SourceFailure.UNSUPPORTED, "it has no offsets")

    def tell(self) -> int:
        return self._offset

    def seekable(self) -> bool:
        return False

    def rewind(self, near_ms: int = 0) -> int:
        self._let_go()
        if self._playlist is None:
            self._playlist = self._fetched()
        head_url, segments = self._playlist
        begins = list(accumulate((segment.ms for segment in segments), initial=0.0))
        first = max(at for at in range(len(segments)) if at == 0 or begins[at] <= near_ms)
        self._waiting = [segment.url for segment in segments[first:]]
        if head_url is not None:
            self._waiting.insert(0, head_url)
        self._offset = 0
        return round(begins[first])

    def abort(self) -> None:
        with self._lock:
            self._is_aborted = True
            if self._piece is not None:
                self._piece.abort()

    def close(self) -> None:
        self._let_go()

    def _fetched(self) -> Playlist:
        rules = replace(self._rules, most_bytes=LARGEST_PLAYLIST)
        file = self._opened(self._url, rules, is_playlist=True)
        content = bytearray()
        while piece := file.read(65536):
            content += piece
        self._let_go()
        return parse_playlist(content.decode(errors="replace"), self._url)

    def _opened(
        self, url: str, rules: WebRules | None = None, *, is_playlist: bool = False
    ) -> RemoteFile:
        file = RemoteFile(
            url, headers=self._headers, rules=rules or self._rules, is_playlist=is_playlist
        )
        with self._lock:
            if self._is_aborted:
                raise SourceError(SourceFailure.UNREACHABLE, "no longer wanted")
            self._piece = file
        return file

    def _let_go(self) -> None:
        with self._lock:
            piece, self._piece = self._piece, None
        if piece is not None:
            piece.close()
