"""A file on the web that can be read and sought in as if it lay here."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from lib.ports import Clock
from lib.services.clock import SYSTEM_CLOCK
from lib.services.shared_tls import SharedTls
from lib.services.timed_connection import Deadline
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.web_answer import Lines, WebAnswer, get

MEBIBYTE: Final = 1024 * 1024
PIECE: Final = 8 * MEBIBYTE
"""What is asked for at once: some sites slow down whoever asks for more."""
READ_ON: Final = 256 * 1024
"""How far ahead reading on is quicker than asking anew."""
WAIT_SECONDS: Final = 15.0
"""For a connection and its answer's head, and then for each piece that is read."""
TRIES: Final = 5
"""How often, in a row, a lost connection is made again: for some 8 s in all."""
PAUSE_SECONDS: Final = 0.5
_NO_SOUND: Final = re.compile(
    r"(?:text|image|font|multipart)/|application/(?:json|xml|xhtml|javascript|pdf|zip|problem)"
)
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_PLAYLIST: Final = re.compile(r".*(?:mpegurl|dash\+xml|x-scpls|xspf)")
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_LOST = (OSError, http.client.HTTPException, ValueError)

_SHARED_TLS: Final = SharedTls()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRules:
    """What is fetched from the web, and how far.

    `most_seconds` is the time a file may be open, its pauses included; `tls` makes the context that
    servers are verified with.
    """

    allow_private: bool = False
    most_bytes: int = 500 * MEBIBYTE
    most_seconds: float = 12 * 3600
    wait_seconds: float = WAIT_SECONDS
    pause_seconds: float = PAUSE_SECONDS
    tls: Callable[[], ssl.SSLContext] = field(default=_SHARED_TLS)
    clock: Clock = SYSTEM_CLOCK


class RemoteFile:
    """A SoundFile at an http or https address. Nothing is connected before the first call.

    A server that knows ranges is asked for the piece that is needed; with any other one the file is
    read from its beginning, and is not `seekable`. A lost connection is made again, and reading
    goes on where it was. Every redirect is checked like the address itself. Where it `is_playlist`,
    what the server says of it is not looked at.
    """

    def __init__(
        self, url: str, *, headers: Mapping[str, str], rules: WebRules, is_playlist: bool = False
    ) -> None:
        self._url = url
        self._is_playlist = is_playlist
        self._headers = dict(headers)
        self._rules = rules
        self._whole = Deadline(rules.clock, rules.most_seconds)
        self._wait = Deadline(rules.clock, rules.wait_seconds)
        self._aborting = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._answer: WebAnswer | None = None
        self._offset = 0
        self._answered_to: int | None = None
        self._size: int | None = None
        self._knows_ranges = False
        self._is_known = False
        self._content_type = ""

    @property
    def size(self) -> int | None:
        """The whole file's bytes, once the server has answered and if it tells."""
        return self._size

    @property
    def duration_ms(self) -> int | None:
        return None

    @property
    def is_page(self) -> bool:
        """Whether the server has said that it is a page, and so nothing to hear."""
        return self._content_type in _PAGES

    def read(self, size: int) -> bytes:
        lost = 0
        while self._size is None or self._offset < self._size:
            try:
                piece = self._read_some(size)
            except SourceError as error:
                # A server that fails while it is asked again may be well in a moment.
                if not lost or error.failure is not SourceFailure.UNREACHABLE:
                    raise
                problem: Exception = error
            except _LOST as error:
                if not self._is_known:
                    raise _failure(error) from None
                problem = error
            else:
                if piece:
                    return self._counted(piece)
                if self._is_answered():
                    continue
                problem = ConnectionError("cut off")
            self._let_go()
            lost += 1
            if lost > TRIES:
                raise _failure(problem) from None
            self._aborting.wait(self._rules.pause_seconds * lost)
        return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._offset
        elif whence == io.SEEK_END:
            self._know()
            if self._size is None:
                raise SourceError(SourceFailure.UNSUPPORTED, "its end is not known")
            offset += self._size
        self._go_to(max(0, offset))
        return self._offset

    def tell(self) -> int:
        return self._offset

    def seekable(self) -> bool:
        self._know()
        return self._knows_ranges and self._size is not None

    def rewind(self, near_ms: int = 0) -> int:  # noqa: ARG002 - a file begins at its beginning
        self._go_to(0)
        return 0

    def abort(self) -> None:
        with self._lock:
            self._aborting.set()
            if self._socket is not None:
                _shut(self._socket)

    def close(self) -> None:
        self._let_go()

    def _know(self) -> None:
        """Have the server answered once."""
        if not self._is_known:
            try:
                self._ask()
            except _LOST as error:
                raise _failure(error) from None

    def _go_to(self, offset: int) -> None:
        ahead = offset - self._offset
        if ahead and self._answer is not None:
            if 0 < ahead <= READ_ON:
                while ahead > 0 and (piece := self.read(ahead)):
                    ahead -= len(piece)
            if ahead:
                self._let_go()
        self._offset = offset

    def _read_some(self, size: int) -> bytes:
        if self._answer is None:
            self._ask()
        self._renew()
        return b"" if self._answer is None else self._answer.read(size)

    def _counted(self, piece: bytes) -> bytes:
        self._offset += len(piece)
        if self._offset > self._rules.most_bytes:
            raise _too_large()
        return piece

    def _is_answered(self) -> bool:
        """After an answer's end: whether it held what it was to hold. Then it is let go."""
        if self._answered_to is None:
            self._size = self._offset  # nothing was said of a length: this is it
        elif self._offset < self._answered_to:
            return False
        self._let_go()
        return True

    def _ask(self) -> None:
        """Ask for the file from the offset on. Raises SourceError, or what the network raises."""
        self._renew()
        wanted = f"bytes={self._offset}-{self._offset + PIECE - 1}"
        lines = Lines(
            tls=self._rules.tls,
            deadline=self._wait,
            register=self._register,
            allow_private=self._rules.allow_private,
        )
        answer = get(self._url, headers=self._headers, wanted=wanted, lines=lines)
        try:
            self._take(answer)
        except BaseException:
            answer.close()
            raise

    def _take(self, answer: WebAnswer) -> None:
        if not self._is_known:
            self._check(answer)
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            self._take_range(answer)
        elif answer.status == HTTPStatus.OK:
            self._take_whole(answer)
        else:  # there is nothing at that offset
            self._size = self._size or self._offset
            self._answered_to = self._offset
        self._answer = answer
        self._is_known = True

    def _take_range(self, answer: WebAnswer) -> None:
        said = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        if said is None or int(said[1]) != self._offset or int(said[2]) < self._offset:
            raise SourceError(SourceFailure.UNREACHABLE, "an answer to something else")
        size = None if said[3] == "*" else int(said[3])
        if self._is_known and size != self._size:
            raise SourceError(SourceFailure.UNREACHABLE, "the file has changed")
        self._note_size(size)
        self._knows_ranges = True
        self._answered_to = int(said[2]) + 1

    def _take_whole(self, answer: WebAnswer) -> None:
        self._note_size(answer.length)
        self._answered_to = answer.length
        left = self._offset
        while left:
            self._renew()
            piece = answer.read(min(left, READ_ON))
            if not piece:
                raise ConnectionError("cut off")
            left -= len(piece)

    def _note_size(self, size: int | None) -> None:
        if size is not None and size > self._rules.most_bytes:
            raise _too_large()
        self._size = size

    def _check(self, answer: WebAnswer) -> None:
        """Raises SourceError for what says of itself that it is nothing to play."""
        if self._is_playlist:
            return
        kind = answer.headers.get_content_type() if answer.headers.get("Content-Type") else ""
        if any(name.lower().startswith("icy-") for name in answer.headers):
            raise SourceError(SourceFailure.LIVE, "a station")
        if _PLAYLIST.match(kind):
            raise SourceError(SourceFailure.UNSUPPORTED, "a playlist")
        self._content_type = kind
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if _NO_SOUND.match(kind) or encoding != "identity":
            raise SourceError(SourceFailure.NOT_AUDIO, f"it says it is {kind}")

    def _renew(self) -> None:
        if self._aborting.is_set():
            raise SourceError(SourceFailure.UNREACHABLE, "no longer wanted")
        self._wait.renew(min(self._rules.wait_seconds, self._whole.left()))

    def _register(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
            if self._aborting.is_set():
                raise SourceError(SourceFailure.UNREACHABLE, "no longer wanted")

    def _let_go(self) -> None:
        with self._lock:
            self._socket = None
        if self._answer is not None:
            self._answer.close()
            self._answer = None


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):  # it may not be connected any more
        # Not as TLS has it: the reading thread is still in there.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _too_large() -> SourceError:
    return SourceError(SourceFailure.TOO_LARGE, "larger than any sound that is played")


def _failure(error: Exception) -> SourceError:
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceError(SourceFailure.TIMED_OUT, "no answer in time")
    # What the exception says may hold the address, and the address a signature.
    return SourceError(SourceFailure.UNREACHABLE, type(error).__name__)
