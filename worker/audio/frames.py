"""A sound file as frames of 20 ms: Opus packets as they are where that can be, else PCM."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

import av
from av.audio.stream import AudioStream
from av.packet import Packet

from worker.audio.containers import RememberingFile, open_container, sound_in
from worker.audio.decoding import Decoding, Frame, FrameAt, tick_ms
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import FRAME_MS, can_be_sent
from worker.audio.sound_file import SoundFile

PREROLL_MS: Final = 200
"""How far before a position decoding begins: what came before shapes the first frames."""
_STEREO: Final = 2
_OPUS_HEAD_CHANNELS: Final = 9
_OPUS_HEAD_GAIN: Final = slice(16, 18)
_US_PER_MS: Final = 1000


class Tags(NamedTuple):
    """What a file says of itself; None where it does not."""

    title: str | None
    artist: str | None


class FrameReader:
    """An open sound file, read by one thread. Its methods raise SourceError."""

    def __init__(self, file: SoundFile) -> None:
        self._file = RememberingFile(file)
        self._container = open_container(self._file)
        try:
            self._stream = sound_in(self._container)
        except SourceError:
            self._container.close()
            raise
        self._tick_ms = tick_ms(self._stream.time_base)
        self._starts_ms = (self._stream.start_time or 0) * self._tick_ms
        self._is_fresh = True

    @property
    def duration_ms(self) -> int | None:
        """How long it is, where the file tells."""
        if (told := self._file.duration_ms) is not None:
            return told
        if self._container.duration:
            return self._container.duration // _US_PER_MS
        if self._stream.duration:
            return round(self._stream.duration * self._tick_ms)
        return None

    @property
    def tags(self) -> Tags:
        tags = {name.lower(): value for name, value in self._container.metadata.items()}
        tags |= {name.lower(): value for name, value in self._stream.metadata.items()}
        return Tags(title=tags.get("title") or None, artist=tags.get("artist") or None)

    def frames(self, from_ms: int) -> Iterator[FrameAt]:
        """Every frame from that position on; the first one holds it, to the frame.

        A new call ends the one before.
        """
        passes_through = _is_passed_through(self._stream)
        self._go_to(max(0, from_ms - (0 if passes_through else PREROLL_MS)))
        packets = self._packets()
        if not passes_through:
            yield from Decoding(self._stream, self._starts_ms).frames(packets, from_ms)
            return
        position_ms: float = from_ms
        for packet in packets:
            data = bytes(packet)
            position_ms = self._position_of(packet, otherwise=position_ms)
            if not can_be_sent(data):
                rest = chain([packet], packets)
                decoding = Decoding(self._stream, self._starts_ms)
                yield from decoding.frames(rest, max(from_ms, round(position_ms)))
                return
            if position_ms + FRAME_MS > from_ms:
                yield FrameAt(Frame(data, is_opus=True), position_ms)
            position_ms += FRAME_MS

    def close(self) -> None:
        """Let go of the container; the file stays open."""
        self._container.close()

    def _position_of(self, packet: Packet[AudioStream], *, otherwise: float) -> float:
        if packet.pts is None:
            return otherwise
        return packet.pts * self._tick_ms - self._starts_ms

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.EOFError:
                packet = None
            except (OSError, ValueError) as error:
                self._file.raise_failure()
                raise SourceError(SourceFailure.NOT_AUDIO, "the file is damaged") from error
            if packet is None:
                self._file.raise_failure()
                return
            if packet.size:
                yield packet

    def _go_to(self, position_ms: int) -> None:
        was_fresh, self._is_fresh = self._is_fresh, False
        if was_fresh and position_ms == 0:
            return
        if self._file.seekable():
            try:
                ticks = (position_ms + self._starts_ms) / self._tick_ms
                self._container.seek(int(ticks), stream=self._stream)
            except (OSError, ValueError):
                self._file.raise_failure()  # else the format has no way there
            else:
                return
        self._container.close()
        begins_ms = self._file.rewind(position_ms)
        self._container = open_container(self._file)
        self._stream = sound_in(self._container)
        self._tick_ms = tick_ms(self._stream.time_base)
        self._starts_ms = (self._stream.start_time or 0) * self._tick_ms - begins_ms


def _is_passed_through(stream: AudioStream) -> bool:
    """Whether Discord can be given its packets: Opus, of one or two channels, as loud as it is.

    Source of the head's layout: RFC 7845, section 5.1.
    """
    if stream.codec_context.name not in {"opus", "libopus"}:
        return False
    head = stream.codec_context.extradata or b""
    channels = head[_OPUS_HEAD_CHANNELS] if len(head) > _OPUS_HEAD_CHANNELS else _STEREO
    return channels <= _STEREO and not any(head[_OPUS_HEAD_GAIN])
