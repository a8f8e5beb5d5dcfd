"""A sound file as frames of 20 ms: Opus packets as they are where that can be, else PCM."""

from __future__ import annotations

import audioop
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import (
    FRAME_MS,
    PCM_FRAME_BYTES,
    SAMPLE_BYTES,
    SAMPLES_PER_FRAME,
    packet_ms,
)
from worker.audio.sound_file import SoundFile

FORMATS: Final = (
    "matroska,webm,ogg,mov,mp4,m4a,3gp,3g2,mj2,mp3,wav,flac,aac,aiff,caf,asf,mpegts,w64,ape,wv,tta,"
    "amr,au,flv"
)
"""None of them names other files or addresses, as playlists do, for FFmpeg to open."""
CONTAINER_OPTIONS: Final = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "none",
    "probesize": "1000000",
    "max_streams": "50",
}
AVIO_BYTES: Final = 65536
RATE: Final = 48000
PREROLL_MS: Final = 200
"""How far before a position decoding begins: what came before shapes the first frames."""
MOST_BROKEN: Final = 50
"""Packets in a row that cannot be decoded before a file counts as no sound."""
_STEREO: Final = 2
_OPUS_HEAD_CHANNELS: Final = 9
_OPUS_HEAD_GAIN: Final = slice(16, 18)
_US_PER_MS: Final = 1000


class Frame(NamedTuple):
    """20 ms of sound: an Opus packet, or 3840 bytes of PCM (48 kHz, two channels, 16 bits)."""

    data: bytes
    is_opus: bool


class FrameAt(NamedTuple):
    """A frame and where in the sound it begins."""

    frame: Frame
    position_ms: float


class Tags(NamedTuple):
    """What a file says of itself; None where it does not."""

    title: str | None
    artist: str | None


class FrameReader:
    """An open sound file, read by one thread. Its methods raise SourceError."""

    def __init__(self, file: SoundFile) -> None:
        self._file = _Remembering(file)
        self._container = _open(self._file)
        try:
            self._stream = _sound_in(self._container)
        except SourceError:
            self._container.close()
            raise
        self._tick_ms = _ms(self._stream.time_base)
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
            yield from _Decoding(self._stream, self._starts_ms).frames(packets, from_ms)
            return
        position_ms: float = from_ms
        for packet in packets:
            data = bytes(packet)
            position_ms = self._position_of(packet, otherwise=position_ms)
            if packet_ms(data) != FRAME_MS:
                rest = _chain(packet, packets)
                decoding = _Decoding(self._stream, self._starts_ms)
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
        self._container = _open(self._file)
        self._stream = _sound_in(self._container)
        self._tick_ms = _ms(self._stream.time_base)
        self._starts_ms = (self._stream.start_time or 0) * self._tick_ms - begins_ms


class _Decoding:
    """Packets of any codec to PCM."""

    def __init__(self, stream: AudioStream, starts_ms: float) -> None:
        self._stream = stream
        self._starts_ms = starts_ms
        self._resampler: AudioResampler | None = None
        self._broken = 0

    def frames(self, packets: Iterator[Packet[AudioStream]], from_ms: int) -> Iterator[FrameAt]:
        self._stream.codec_context.flush_buffers()
        position_ms: float | None = None
        for decoded in self._decoded(packets):
            if position_ms is None:
                position_ms = self._position_of(decoded, otherwise=from_ms)
            for frame in self._resampled(decoded):
                if position_ms + FRAME_MS > from_ms:
                    yield FrameAt(_pcm(frame), position_ms)
                position_ms += FRAME_MS

    def _decoded(self, packets: Iterator[Packet[AudioStream]]) -> Iterator[AudioFrame | None]:
        """Decoded frames, and None at the end, for what is left in the resampler."""
        for packet in packets:
            try:
                decoded = packet.decode()
            except (av.error.FFmpegError, ValueError) as error:
                self._broken += 1
                if self._broken > MOST_BROKEN:
                    detail = "it cannot be decoded"
                    raise SourceError(SourceFailure.NOT_AUDIO, detail) from error
                continue
            if decoded:
                self._broken = 0
            yield from decoded
        yield None

    def _resampled(self, decoded: AudioFrame | None) -> list[AudioFrame]:
        if decoded is None:
            return [] if self._resampler is None else self._resampler.resample(None)
        if self._resampler is None:
            self._resampler = _resampler_for(decoded)
        try:
            return self._resampler.resample(decoded)
        except (av.error.FFmpegError, ValueError):
            # The sound's rate or channels changed on the way, as they may where files are joined.
            self._resampler = _resampler_for(decoded)
            return self._resampler.resample(decoded)

    def _position_of(self, decoded: AudioFrame | None, *, otherwise: float) -> float:
        if decoded is None or decoded.pts is None:
            return otherwise
        return decoded.pts * _ms(decoded.time_base) - self._starts_ms


class _Remembering:
    """The file as PyAV reads it.

    FFmpeg takes many an error for the end of the file, so what went wrong is kept. It is not
    PyAV's to close.
    """

    def __init__(self, file: SoundFile) -> None:
        self._file = file
        self._failure: SourceError | None = None
        self.tell = file.tell
        self.seekable = file.seekable

    def raise_failure(self) -> None:
        """Raises what went wrong since the file was opened or rewound, if anything did."""
        if self._failure is not None:
            raise self._failure

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except SourceError as error:
            self._failure = error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except SourceError as error:
            self._failure = error
            raise

    @property
    def duration_ms(self) -> int | None:
        return self._file.duration_ms

    def rewind(self, near_ms: int) -> int:
        self._failure = None
        return self._file.rewind(near_ms)


def _ms(time_base: Fraction | None) -> float:
    """What one tick of it lasts."""
    return 1.0 if time_base is None else float(time_base) * 1000


def _resampler_for(sound: AudioFrame) -> AudioResampler:
    layout = "mono" if sound.layout.nb_channels == 1 else "stereo"
    return AudioResampler(format="s16", layout=layout, rate=RATE, frame_size=SAMPLES_PER_FRAME)


def _pcm(frame: AudioFrame) -> Frame:
    channels = frame.layout.nb_channels
    data = bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES * channels]
    if channels == 1:  # FFmpeg's own way to two channels would take 3 dB away
        data = audioop.tostereo(data, SAMPLE_BYTES, 1, 1)
    return Frame(data.ljust(PCM_FRAME_BYTES, b"\0"), is_opus=False)


def _chain(
    first: Packet[AudioStream], rest: Iterator[Packet[AudioStream]]
) -> Iterator[Packet[AudioStream]]:
    yield first
    yield from rest


def _is_passed_through(stream: AudioStream) -> bool:
    """Whether Discord can be given its packets: Opus, of one or two channels, as loud as it is.

    Source of the head's layout: RFC 7845, section 5.1.
    """
    if stream.codec_context.name not in {"opus", "libopus"}:
        return False
    head = stream.codec_context.extradata or b""
    channels = head[_OPUS_HEAD_CHANNELS] if len(head) > _OPUS_HEAD_CHANNELS else _STEREO
    return channels <= _STEREO and not any(head[_OPUS_HEAD_GAIN])


def _open(file: _Remembering) -> InputContainer:
    try:
        return av.open(
            file, "r", container_options=CONTAINER_OPTIONS, buffer_size=AVIO_BYTES,
            io_open=_refuse,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        file.raise_failure()
        raise SourceError(SourceFailure.NOT_AUDIO, "no format that is known") from error


def _refuse(*_arguments: object) -> None:
    raise SourceError(SourceFailure.UNSUPPORTED, "a file that names other files")


def _sound_in(container: InputContainer) -> AudioStream:
    streams = container.streams.audio
    if not streams:
        raise SourceError(SourceFailure.NOT_AUDIO, "a file without sound")
    stream = streams[0]
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    return stream
