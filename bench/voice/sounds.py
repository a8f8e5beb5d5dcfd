"""The sounds that are played: told apart by how loud they are, packet by packet."""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

RATE: Final = 48_000
FRAME: Final = 960
LOUD_HEIGHT: Final = 12_000
SOFT_HEIGHT: Final = 3_000
LOUD, SOFT = LOUD_HEIGHT / math.sqrt(2), SOFT_HEIGHT / math.sqrt(2)
"""The levels of the two files, as a listener has them."""
SECONDS: Final = 180
"""Whatever is played for longer is repeated."""
PCM_SECONDS: Final = 90
SIMPLY: Final = {"compression_level": "0"}
"""The encoder's least effort: a tone asks for no more."""


def make_sounds(folder: Path) -> None:
    """loud.ogg and soft.ogg, Opus in stereo as Discord wants it, and tone.pcm, raw samples."""
    _record(folder / "loud.ogg", _second(440, LOUD_HEIGHT))
    _record(folder / "soft.ogg", _second(880, SOFT_HEIGHT))
    (folder / "tone.pcm").write_bytes(_second(440, LOUD_HEIGHT) * PCM_SECONDS)


def _second(hz: int, height: int) -> bytes:
    """One second of a tone: whole turns of it, so that any number of them follow each other."""
    samples = array("h")
    for index in range(RATE):
        value = round(height * math.sin(2 * math.pi * hz * index / RATE))
        samples.extend((value, value))
    return samples.tobytes()


def _record(path: Path, second: bytes) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="stereo", options=SIMPLY)
        assert isinstance(stream, AudioStream)  # noqa: S101 - as its codec says
        frame_bytes = len(second) * FRAME // RATE
        for number in range(SECONDS * RATE // FRAME):
            start = number * frame_bytes % len(second)
            frame = AudioFrame("s16", "stereo", FRAME)
            frame.planes[0].update(second[start : start + frame_bytes])
            frame.sample_rate, frame.pts = RATE, number * FRAME
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
