"""Frames ahead of time: one thread reads and decodes, so that whoever sends them never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from enum import Enum
from typing import Final

from lib.logs import get_logger
from worker.audio.decoding import Frame, FrameAt
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.opus import FRAME_MS
from worker.audio.sound_file import SoundFile

SECONDS_AHEAD: Final = 4
FRAMES_AHEAD: Final = SECONDS_AHEAD * 1000 // FRAME_MS
REFILL_BELOW: Final = FRAMES_AHEAD * 3 // 4
"""The reader is woken once a second, rather than for each frame."""
MOST_LACKING: Final = 15 * 1000 // FRAME_MS
"""Frames asked for in vain, one after another, before the source counts as having stopped."""

log = get_logger(__name__)


class Lack(Enum):
    """Why there is no frame."""

    NOT_YET = "not_yet"
    OVER = "over"


class FrameStream:
    """A sound from a position on, a few seconds of it ready at any time.

    `open_file` is called in the stream's own thread and may raise SourceError. The thread lives
    until `close`; after the sound's end too, since `seek` may go back.
    """

    def __init__(self, open_file: Callable[[], SoundFile], *, start_ms: int = 0) -> None:
        self._open_file = open_file
        self._changed = threading.Condition()
        self._frames: deque[FrameAt] = deque()
        self._wanted_ms: int | None = start_ms
        self._position_ms: float = start_ms
        self._lacking = 0
        self._is_read = False
        self._is_closed = False
        self._file: SoundFile | None = None
        self._failure: SourceError | None = None
        self._duration_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    @property
    def position_ms(self) -> int:
        """Where the next frame begins: what was given so far, silence not counted."""
        return max(0, round(self._position_ms))

    @property
    def duration_ms(self) -> int | None:
        """How long the sound is; None while that, or for ever if it, is not known."""
        return self._duration_ms

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it, unless somebody seeks."""
        with self._changed:
            return not self._frames and (self._is_read or self._is_closed)

    @property
    def failure(self) -> SourceError | None:
        """What ended the sound before its end. Known ahead of the last frame."""
        return self._failure

    def take(self) -> Frame | Lack:
        """The next frame, or why there is none. Never waits."""
        with self._changed:
            if self._frames:
                frame, position_ms = self._frames.popleft()
                self._position_ms = position_ms + FRAME_MS
                self._lacking = 0
                if len(self._frames) == REFILL_BELOW:
                    self._changed.notify_all()
                return frame
            if self._is_read or self._is_closed:
                return Lack.OVER
            self._lacking += 1
            if self._lacking > MOST_LACKING:
                self._fail(SourceError(SourceFailure.TIMED_OUT, "no sound for too long"))
            return Lack.NOT_YET

    def seek(self, position_ms: int) -> None:
        """Go on at `position_ms`; until its frames are there, there are none. Waits for nothing."""
        with self._changed:
            self._wanted_ms = max(0, position_ms)
            self._position_ms = self._wanted_ms
            self._frames.clear()
            self._lacking = 0
            if self._failure is None:
                self._is_read = False
            self._changed.notify_all()

    def wait_ready(self, seconds: float) -> bool:
        """Wait for the first frame, the end or a failure: whether one of them came in time."""
        with self._changed:
            return self._changed.wait_for(self._is_ready, timeout=seconds)

    def close(self) -> None:
        """Let go of thread and file, now: waits for nothing."""
        with self._changed:
            self._is_closed = True
            self._frames.clear()
            file = self._file
            self._changed.notify_all()
        if file is not None:
            file.abort()

    def join(self, seconds: float) -> bool:
        """Whether the thread has ended within that time, as it does after `close`."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _is_ready(self) -> bool:
        return bool(self._frames) or self._is_read or self._is_closed

    def _fail(self, error: SourceError) -> None:
        with self._changed:
            self._failure = error
            self._is_read = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._read()
        except SourceError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the end of the thread, and FFmpeg's are many
            log.error("sound_not_read", error=error)
            self._fail(SourceError(SourceFailure.NOT_AUDIO, type(error).__name__))

    def _read(self) -> None:
        file = self._open_file()
        try:
            with self._changed:
                self._file = file
                if self._is_closed:
                    return
            with closing(FrameReader(file)) as reader:
                self._duration_ms = reader.duration_ms
                while (from_ms := self._wait_for_wish()) is not None:
                    self._fill(reader, from_ms)
        finally:
            self._file = None
            file.close()

    def _wait_for_wish(self) -> int | None:
        """The position to read from, once there is one; None when the stream is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted_ms is not None or self._is_closed)
            wanted, self._wanted_ms = self._wanted_ms, None
            return None if self._is_closed else wanted

    def _fill(self, reader: FrameReader, from_ms: int) -> None:
        """Read to the end, unless something else is wished for before."""
        for frame in reader.frames(from_ms):
            if not self._put(frame):
                return
        with self._changed:
            if self._wanted_ms is None:
                self._is_read = True
                self._changed.notify_all()

    def _put(self, frame: FrameAt) -> bool:
        """Add a frame as soon as there is room; False if it is no longer wanted."""
        with self._changed:
            if len(self._frames) >= FRAMES_AHEAD:
                self._changed.wait_for(self._has_room)
            if self._wanted_ms is not None or self._is_closed or self._failure is not None:
                return False
            if not self._frames:
                self._changed.notify_all()
            self._frames.append(frame)
            return True

    def _has_room(self) -> bool:
        return len(self._frames) <= REFILL_BELOW or self._wanted_ms is not None or self._is_closed
