"""What a guild's channel hears now, and what it hears without a gap behind that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from lib.logs import get_logger
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.source import TrackSource
from worker.audio.stream import FrameStream
from worker.voice import Voice

log = get_logger(__name__)

AS_IT_IS: Final = 100


class Deck:
    """One stream after another in one voice. For the event loop's thread alone.

    `on_end` is told that a stream has ended by itself, what ended it early, and whether the one
    that was to follow plays by now. `on_break`: the connection is gone, and with it the stream;
    `position_ms` is still where it was.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        on_end: Callable[[SourceError | None, bool], None],
        on_break: Callable[[], None],
    ) -> None:
        self._voice = voice
        self._on_end = on_end
        self._on_break = on_break
        self._loop = asyncio.get_running_loop()
        self._source: TrackSource | None = None
        self._stream: FrameStream | None = None
        self._ahead: FrameStream | None = None
        self._volume = AS_IT_IS
        self.ended_at_ms = 0
        """Where the last one was when it ended by itself."""

    @property
    def has_stream(self) -> bool:
        """Whether there is anything to hear, or would be but for a pause."""
        return self._stream is not None

    @property
    def position_ms(self) -> int:
        """Where the stream is."""
        return 0 if self._stream is None else self._stream.position_ms

    @property
    def duration_ms(self) -> int | None:
        """How long the stream is, where it tells."""
        return None if self._stream is None else self._stream.duration_ms

    @property
    def volume(self) -> int:
        """In per cent; it holds from the next frame on."""
        return self._volume

    @volume.setter
    def volume(self, percent: int) -> None:
        self._volume = percent
        if self._source is not None:
            self._source.volume = percent

    async def play(self, stream: FrameStream, *, paused: bool = False) -> None:
        """Have `stream` be heard instead of what is; what was to follow does not any more.

        Raises SourceError where it cannot be.
        """
        if self._ahead is not stream:
            self.take_back()
        self._ahead = None
        self._stream = stream
        if self._source is not None and self._source.go_on_with(stream):
            self._voice.pause() if paused else self._voice.resume()
            return
        source = TrackSource(stream, on_end=self._tell_end, volume=self._volume)
        self._source = source
        try:
            await self._voice.play(source, paused=paused, on_break=self._break)
        except asyncio.CancelledError:
            source.cleanup()
            raise
        except Exception as error:  # the boundary where a voice's fault ends with its track
            log.error("sound_not_played", error=error)
            self.silence()
            raise SourceError(SourceFailure.UNREACHABLE, type(error).__name__) from error

    def follow_with(self, stream: FrameStream) -> bool:
        """Have `stream` follow what plays. False: nothing plays any more."""
        if self._source is None or not self._source.follow_with(stream):
            return False
        self._ahead = stream
        return True

    def take_back(self) -> bool:
        """Have nothing follow. False: what was to follow has begun a moment ago."""
        if self._source is not None and self._ahead is not None:
            self._source.follow_with(None)
            if self._source.stream is self._ahead:
                return False
        self._ahead = None
        return True

    def seek(self, position_ms: int) -> None:
        if self._source is not None:
            self._source.seek(position_ms)

    def pause(self) -> None:
        self._voice.pause()

    def resume(self) -> None:
        self._voice.resume()

    def silence(self) -> None:
        """Have nothing be heard any more."""
        self._voice.stop()
        if self._source is not None:
            self._source.cleanup()
        self._source = self._stream = self._ahead = None

    def _tell_end(self, stream: FrameStream, error: SourceError | None) -> None:
        """In the thread that sends."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note_end, stream, error)

    def _note_end(self, stream: FrameStream, error: SourceError | None) -> None:
        if stream is not self._stream:  # another was wished for meanwhile
            return
        self.ended_at_ms = stream.position_ms
        ahead, self._ahead = self._ahead, None
        playing = None if self._source is None else self._source.stream
        followed = ahead is not None and playing is ahead
        self._stream = ahead if followed else None
        if playing is stream:  # it broke off, and is silent until it is said what plays now
            self._ahead = ahead
        elif not followed:
            self._source = None
        self._on_end(error, followed)

    def _break(self) -> None:
        self._source = self._ahead = None
        self._on_break()
