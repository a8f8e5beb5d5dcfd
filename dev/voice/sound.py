"""Opus to sound, and what can be said of sound: how loud, and how high.

Sound is 48 kHz, 16 bit; `Sound` is mono, a listener's stereo having been mixed.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Final

import av

from dev.voice.rtp import SAMPLES_PER_SECOND

CHANNELS: Final = 2
_SAMPLE_BYTES: Final = 2
_THINNED: Final = 6  # 48 kHz to 8 kHz, which is enough for tones up to 3 kHz
_HIGHEST_HZ: Final = 3000
_LOWEST_HZ: Final = 40
_COARSE_HZ: Final = 10
_LOOKED_AT_SECONDS: Final = 0.2


class OpusDecoder:
    """Decodes one stream's packets in their order. Not safe to use from several threads."""

    def __init__(self) -> None:
        # libopus itself gives 16 bit samples, in half the time of FFmpeg's own decoder.
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.sample_rate = SAMPLES_PER_SECOND
        self._codec.layout = "stereo"
        self._codec.format = "s16"

    def decode(self, packet: bytes) -> bytes:
        """A packet's sound: 48 kHz, stereo, 16 bit, interleaved. ValueError for no Opus."""
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError as error:
            raise ValueError("this is no Opus") from error
        return b"".join(
            bytes(frame.planes[0])[: frame.samples * CHANNELS * _SAMPLE_BYTES] for frame in frames
        )


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of mono sound."""

    samples: Sequence[int]

    @classmethod
    def of(cls, stereo: bytes) -> Sound:
        """What 48 kHz stereo sounds like, both sides together."""
        both = array("h", stereo)
        sides = zip(both[::2], both[1::2], strict=True)
        return cls(array("h", [(left + right) // 2 for left, right in sides]))

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLES_PER_SECOND

    @property
    def level(self) -> float:
        """The root mean square, 0 to 32767: 0.707 times its height for a sine."""
        if not self.samples:
            return 0.0
        return math.sqrt(sum(map(mul, self.samples, self.samples)) / len(self.samples))

    @property
    def frequency(self) -> float:
        """The strongest tone from 40 to 3000 Hz in the first 0.2 s, to 1 Hz; 0 in silence."""
        looked_at = self.samples[: round(_LOOKED_AT_SECONDS * SAMPLES_PER_SECOND)]
        if self.level < 1:
            return 0.0
        thin = _thinned(looked_at)
        coarse = _strongest(thin, range(_LOWEST_HZ, _HIGHEST_HZ, _COARSE_HZ // 2))
        return float(_strongest(thin, range(coarse - _COARSE_HZ, coarse + _COARSE_HZ + 1)))

    def strength(self, hertz: float) -> float:
        """How much of the sound is a tone of that frequency: its height, 0 to 32767."""
        return _strength(self.samples, hertz / SAMPLES_PER_SECOND)


def write_wav(path: Path, stereo: bytes) -> None:
    """Keep 48 kHz stereo sound in a file that any player opens."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(CHANNELS)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SAMPLES_PER_SECOND)
        file.writeframes(stereo)


def _thinned(samples: Sequence[int]) -> list[float]:
    """Every sixth sample, each the mean of its neighbours, so that high tones do not fold down."""
    ends = range(0, len(samples) - _THINNED + 1, _THINNED)
    return [sum(samples[start : start + _THINNED]) / _THINNED for start in ends]


def _strongest(thin: Sequence[float], candidates: Iterable[int]) -> int:
    rate = SAMPLES_PER_SECOND / _THINNED
    return max(candidates, key=lambda hertz: _strength(thin, hertz / rate))


def _strength(samples: Sequence[float], cycles_per_sample: float) -> float:
    """Goertzel's algorithm: the height of one tone in the samples."""
    if not samples:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * cycles_per_sample)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = last * last + before * before - turn * last * before
    return 2 * math.sqrt(max(power, 0.0)) / len(samples)
