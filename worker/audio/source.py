"""What discord.py's player thread reads from: the sound that plays, and the one that follows."""

from __future__ import annotations

import audioop
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import discord

from worker.audio.decoding import Frame
from worker.audio.failures import BROKEN_OFF, SourceError
from worker.audio.opus import PCM_FRAME_BYTES, SAMPLE_BYTES, SILENCE
from worker.audio.stream import FrameStream, Lack

LOUDEST: Final = 200
AS_IT_IS: Final = 100
"""The volume, in percent, at which Opus packets are passed on untouched."""
PREROLL: Final = 4
"""Packets a decoder has to have heard before it sounds right: 80 ms (RFC 7845, section 4.6)."""

OnEnd = Callable[[FrameStream, SourceError | None], None]


class TrackSource(discord.AudioSource):
    """The streams of one voice channel, one after another without a gap.

    The player thread calls `read` and `is_opus`, and between two reads everything else may be
    called from any thread. A stream that is not read any more is closed. `on_end` is called in the
    player thread when a stream has ended by itself, with what ended it early, if anything did; it
    must be quick. By then the next one plays, if one was to follow; but where what ended may well
    go on once it is opened again, it is silent until `go_on_with` says what plays. Without a next
    one, `read` says that all is over, and this source is of no use any more.

    Pausing is left to the player: it sends the five frames of silence that end a sound, and then
    nothing; sequence and timestamp go on where they were.
    """

    def __init__(self, stream: FrameStream, *, on_end: OnEnd, volume: int = AS_IT_IS) -> None:
        self._lock = threading.Lock()
        self._stream: FrameStream | None = stream
        self._next: FrameStream | None = None
        self._has_broken_off = False
        self._on_end = on_end
        self._volume = volume
        self._gave_opus = False
        self._decoder: discord.opus.Decoder | None = None
        self._heard: deque[bytes] = deque(maxlen=PREROLL)

    @property
    def volume(self) -> int:
        """In percent, 0 to 200; it holds from the next frame on."""
        return self._volume

    @volume.setter
    def volume(self, percent: int) -> None:
        self._volume = max(0, min(LOUDEST, percent))

    @property
    def stream(self) -> FrameStream | None:
        """What plays; None when all is over."""
        return self._stream

    @property
    def position_ms(self) -> int:
        """How far what plays has come."""
        stream = self._stream
        return 0 if stream is None else stream.position_ms

    def seek(self, position_ms: int) -> None:
        """Have what plays go on there."""
        with self._lock:
            if self._stream is not None:
                self._stream.seek(position_ms)
                self._forget_sound()

    def follow_with(self, stream: FrameStream | None) -> bool:
        """Have `stream` follow what plays (None: nothing); one that was to follow is closed.

        Returns False, and closes nothing, if all is over: then it takes a new source.
        """
        with self._lock:
            if self._stream is None:
                return False
            passed_over, self._next = self._next, stream
        if passed_over is not None and passed_over is not stream:
            passed_over.close()
        return True

    def go_on_with(self, stream: FrameStream) -> bool:
        """Have `stream` play from the next frame on, instead of what plays; that calls no `on_end`.

        What was to follow still does, unless it is `stream` itself. False as in `follow_with`.
        """
        with self._lock:
            if self._stream is None:
                return False
            left, self._stream = self._stream, stream
            self._has_broken_off = False
            if self._next is stream:
                self._next = None
            self._forget_sound()
        if left is not stream:
            left.close()
        return True

    def read(self) -> bytes:
        """The next 20 ms, as `is_opus` then tells; silence while they are not there yet."""
        ended: list[FrameStream] = []
        with self._lock:
            data = self._next_sound(ended)
        for stream in ended:
            self._on_end(stream, stream.failure)
            stream.close()
        return data

    def is_opus(self) -> bool:
        """Whether what `read` gave last is an Opus packet."""
        return self._gave_opus

    def cleanup(self) -> None:
        """Close everything; discord.py calls it when the player stops."""
        with self._lock:
            left = (self._stream, self._next)
            self._stream = self._next = None
        for stream in left:
            if stream is not None:
                stream.close()

    def _next_sound(self, ended: list[FrameStream]) -> bytes:
        while self._stream is not None:
            frame = self._stream.take()
            if isinstance(frame, Frame):
                return self._at_volume(frame)
            if frame is Lack.NOT_YET or self._has_broken_off:
                return self._nothing_yet()
            ended.append(self._stream)
            self._forget_sound()
            failure = self._stream.failure
            if self._next is not None and failure is not None and failure.failure in BROKEN_OFF:
                self._has_broken_off = True
                return self._nothing_yet()
            self._stream, self._next = self._next, None
        return b""

    def _nothing_yet(self) -> bytes:
        self._gave_opus = True
        return SILENCE

    def _at_volume(self, frame: Frame) -> bytes:
        volume = self._volume
        self._gave_opus = frame.is_opus and volume == AS_IT_IS
        if self._gave_opus:
            self._decoder = None
            self._heard.append(frame.data)
            return frame.data
        pcm = self._decoded(frame.data) if frame.is_opus else frame.data
        return pcm if volume == AS_IT_IS else audioop.mul(pcm, SAMPLE_BYTES, volume / AS_IT_IS)

    def _decoded(self, packet: bytes) -> bytes:
        if self._decoder is None:
            self._decoder = discord.opus.Decoder()  # type: ignore[no-untyped-call]  # it has none
            with suppress(discord.opus.OpusError):
                for heard in self._heard:
                    self._decoder.decode(heard, fec=False)
        try:
            return self._decoder.decode(packet, fec=False)
        except discord.opus.OpusError:
            return bytes(PCM_FRAME_BYTES)  # one damaged packet of a file is no end of it

    def _forget_sound(self) -> None:
        """What comes now does not go on from what was heard."""
        self._decoder = None
        self._heard.clear()
