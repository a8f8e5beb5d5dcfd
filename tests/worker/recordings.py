"""Sounds made for a test, and what is heard in a piece of PCM."""

from __future__ import annotations

import array
import io
import math
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from worker.audio.decoding import Frame
from worker.audio.frames import FrameReader
from worker.audio.sound_file import LocalFile

RATE = 48000
LEVEL = 8000
"""The amplitude of every tone here; its RMS is LEVEL / sqrt(2)."""

Wave = Callable[[float], float]


class Recording(NamedTuple):
    """A file and, where its codec gives them, the packets that were put in."""

    path: Path
    packets: list[bytes]


def tone(hz: float) -> Wave:
    """A sine of LEVEL."""
    return lambda t: LEVEL * math.sin(2 * math.pi * hz * t)


def rising(t: float) -> float:
    """A tone whose frequency tells the time: 1000 Hz at the start, 1000 Hz more each second."""
    return LEVEL * math.sin(2 * math.pi * (1000 * t + 500 * t * t))


def time_ms_of(hz: float) -> float:
    """The inverse of `rising`."""
    return hz - 1000


def record(
    path: Path,
    codec: str = "libopus",
    wave: Wave = tone(440),  # noqa: B008 - a pure function
    *,
    seconds: float = 2,
    rate: int = RATE,
    channels: int = 2,
    options: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> Recording:
    """Encode `wave` into `path`, whose ending names the container; `.m3u8` makes pieces beside it.

    `options` are the encoder's, or the container's.
    """
    layout = "mono" if channels == 1 else "stereo"
    packets: list[bytes] = []
    with av.open(str(path), "w", options=options) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=rate, layout=layout, options=options or {})
        assert isinstance(stream, AudioStream)
        resampler = AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=rate,
            frame_size=stream.codec_context.frame_size or None,
        )
        whole = _frame(wave, seconds, rate, channels)
        for frame in [*resampler.resample(whole), *resampler.resample(None), None]:
            for packet in stream.encode(frame):
                packets.append(bytes(packet))
                container.mux(packet)
    return Recording(path, packets)


def with_other_packets(recording: Recording, other: Callable[[int, bytes], bytes]) -> Recording:
    """The same sound in a file beside it, with `other` of each packet's number and content."""
    path = recording.path.with_stem("other")
    packets: list[bytes] = []
    with av.open(str(recording.path)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.audio[0])
        for number, packet in enumerate(source.demux(source.streams.audio[0])):
            if not packet.size:
                continue
            packets.append(other(number, bytes(packet)))
            written = av.Packet(packets[-1])
            written.stream, written.time_base = stream, packet.time_base
            written.pts, written.dts, written.duration = packet.pts, packet.dts, packet.duration
            container.mux(written)
    return Recording(path, packets)


def record_film(path: Path) -> None:
    """Two seconds of a grey picture, and of a tone of 440 Hz."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        assert isinstance(picture, VideoStream)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        assert isinstance(sound, AudioStream)
        for number in range(50):
            frame = VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        container.mux(sound.encode(_frame(tone(440), 2, RATE, 2)))
        container.mux(sound.encode(None))


def _frame(wave: Wave, seconds: float, rate: int, channels: int) -> AudioFrame:
    samples = array.array("h")
    for index in range(round(rate * seconds)):
        samples.extend([round(wave(index / rate))] * channels)
    frame = AudioFrame("s16", "mono" if channels == 1 else "stereo", len(samples) // channels)
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate, frame.pts = rate, 0
    return frame


def frames_of(path: Path, from_ms: int = 0) -> list[Frame]:
    """All frames of a file from a position on."""
    with closing(LocalFile(path)) as file, closing(FrameReader(file)) as reader:
        return [at.frame for at in reader.frames(from_ms)]


def heard(frames: Iterable[Frame]) -> bytes:
    """What a listener has after decoding: the PCM of all frames, one sound."""
    pcm = io.BytesIO()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE, "stereo"
    resampler = AudioResampler(format="s16", layout="stereo", rate=RATE)
    for frame in frames:
        if not frame.is_opus:
            pcm.write(frame.data)
            continue
        for decoded in decoder.decode(av.Packet(frame.data)):
            for piece in resampler.resample(decoded):
                pcm.write(bytes(piece.planes[0])[: piece.samples * 4])
    return pcm.getvalue()


def rms(pcm: bytes) -> float:
    """How loud it is."""
    samples = array.array("h", pcm)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0


def frequency(pcm: bytes) -> float:
    """The pitch of the left channel, between its first and its last rising zero."""
    left = array.array("h", pcm)[::2]
    zeros = [
        index + left[index] / (left[index] - left[index + 1])
        for index in range(len(left) - 1)
        if left[index] <= 0 < left[index + 1]
    ]
    return (len(zeros) - 1) / (zeros[-1] - zeros[0]) * RATE if len(zeros) > 1 else 0
