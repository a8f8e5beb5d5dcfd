"""Frames of 20 ms, and packets of any codec decoded to them."""

from __future__ import annotations

import audioop
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import FRAME_MS, PCM_FRAME_BYTES, SAMPLE_BYTES, SAMPLES_PER_FRAME

RATE: Final = 48000
MOST_BROKEN: Final = 50
"""Packets in a row that cannot be decoded before a file counts as no sound."""


class Frame(NamedTuple):
    """20 ms of sound: an Opus packet, or 3840 bytes of PCM (48 kHz, two channels, 16 bits)."""

    data: bytes
    is_opus: bool


class FrameAt(NamedTuple):
    """A frame and where in the sound it begins."""

    frame: Frame
    position_ms: float


class Decoding:
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
        return decoded.pts * tick_ms(decoded.time_base) - self._starts_ms


def tick_ms(time_base: Fraction | None) -> float:
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
