"""Makes the bundled sounds anew: `python -m worker.sounds.compose` in the worker's environment.

Everything is computed, so they are free of anybody else's rights. The same program makes the same
music; the files differ by no more than the encoder's version.
"""

from __future__ import annotations

import audioop
import math
import random
from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

HERE: Final = Path(__file__).parent
RATE: Final = 48000
WIDTH: Final = 4
"""Bytes of a sample while voices are added up."""
FRAME: Final = 960
VOICE: Final = 2.0**26
PEAK: Final = 0.7 * 2**15
TAU: Final = 2 * math.pi
FADE_SECONDS: Final = 3.0

BELL: Final = ((1.0, 1.0, 1.6), (2.0, 0.5, 1.1), (3.01, 0.22, 0.7), (4.2, 0.12, 0.4))
"""The partials of a bell: frequency and loudness against the first, seconds to a third of it."""
PENTATONIC: Final = (0, 2, 4, 7, 9)


def hertz(note: float) -> float:
    """The frequency of a MIDI note."""
    return 440.0 * 2 ** ((note - 69) / 12)


class Canvas:
    """Two channels that voices are added to."""

    def __init__(self, seconds: float) -> None:
        self.samples = round(seconds * RATE)
        self._left = bytearray(self.samples * WIDTH)
        self._right = bytearray(self.samples * WIDTH)

    def add(self, voice: bytes, at: float, *, loud: float = 1.0, place: float = 0.5) -> None:
        """Add `voice` from `at` (seconds) on; `place` is 0 for the left, 1 for the right."""
        begin = round(at * RATE) * WIDTH
        for side, share in ((self._left, 1 - place), (self._right, place)):
            piece = voice[: max(0, len(side) - begin)]
            part = audioop.mul(piece, WIDTH, loud * math.sqrt(share))
            end = begin + len(part)
            side[begin:end] = audioop.add(bytes(side[begin:end]), part, WIDTH)

    def echo(self, seconds: float, *, loud: float, times: int) -> None:
        """Have everything come back from the other side, softer each time."""
        delay = round(seconds * RATE) * WIDTH
        for turn in range(1, times + 1):
            left, right = bytes(self._left), bytes(self._right)
            at = delay * turn
            for side, other in ((self._left, right), (self._right, left)):
                part = audioop.mul(other[: len(side) - at], WIDTH, loud**turn)
                side[at:] = audioop.add(bytes(side[at:]), part, WIDTH)

    def pcm(self) -> array[int]:
        """Both channels in 16 bits, at PEAK, faded out at the end."""
        loudest = max(audioop.max(bytes(side), WIDTH) for side in (self._left, self._right))
        left, right = (
            array("i", audioop.mul(bytes(side), WIDTH, PEAK * 2**16 / loudest))
            for side in (self._left, self._right)
        )
        pcm = array("h")
        fade = FADE_SECONDS * RATE
        for index in range(self.samples):
            share = min(1.0, (self.samples - index) / fade)
            pcm.append(round((left[index] >> 16) * share))
            pcm.append(round((right[index] >> 16) * share))
        return pcm


@cache
def bell(note: int, seconds: float) -> bytes:
    """A struck bell."""
    base = TAU * hertz(note) / RATE
    samples = array("i", bytes(round(seconds * RATE) * WIDTH))
    for ratio, loud, decay in BELL:
        step, fall = base * ratio, math.exp(-1 / (decay * RATE))
        level = VOICE * loud
        for index in range(len(samples)):
            samples[index] += int(level * math.sin(step * index))
            level *= fall
    return _softened(samples, attack=0.004, release=0.2)


@cache
def pad(notes: tuple[int, ...], seconds: float) -> bytes:
    """A chord that swells and goes, each note a little beside itself."""
    samples = array("i", bytes(round(seconds * RATE) * WIDTH))
    for note in notes:
        for beside, loud in ((-0.04, 0.3), (0.04, 0.3), (11.98, 0.08)):
            step = TAU * hertz(note + beside) / RATE
            for index in range(len(samples)):
                samples[index] += int(VOICE * loud * math.sin(step * index))
    return _softened(samples, attack=seconds * 0.4, release=seconds * 0.45)


def wave(seconds: float, chance: random.Random) -> bytes:
    """Water that comes and goes: noise with its heights taken off, more of them at its crest."""
    count = round(seconds * RATE)
    samples, low, lower = array("i", bytes(count * WIDTH)), 0.0, 0.0
    for index in range(count):
        crest = math.sin(math.pi * index / count) ** 2
        share = 0.004 + 0.05 * crest
        low += (chance.uniform(-1, 1) - low) * share
        lower += (low - lower) * share
        samples[index] = int(VOICE * 4 * lower * crest)
    return samples.tobytes()


def _softened(samples: array[int], *, attack: float, release: float) -> bytes:
    for edge, seconds in ((0, attack), (len(samples) - 1, release)):
        count = min(len(samples), round(seconds * RATE))
        for index in range(count):
            place = abs(edge - index)
            samples[place] = int(samples[place] * math.sin(math.pi / 2 * index / count))
    return samples.tobytes()


def comet() -> Canvas:
    """Bells that fall towards a sun, faster and faster, and fly off again."""
    canvas = Canvas(24)
    chords = ((50, 57, 62, 66), (47, 54, 62, 66), (43, 50, 59, 66), (45, 52, 61, 64))
    for index, chord in enumerate(chords):
        canvas.add(pad(chord, 8.0), index * 5.0, loud=0.5)
    steps = [62 + 12 * octave + note for octave in (2, 1, 0) for note in reversed(PENTATONIC)]
    at, turn = 0.5, 0
    while at < 19:  # noqa: PLR2004 - what sounds last has to die away
        nearness = math.exp(-(((at - 10.5) / 4) ** 2))
        place = 0.5 + 0.42 * math.sin(at * 0.9)
        step = steps[turn % len(steps)] if at < 11 else steps[-1 - turn % len(steps)]  # noqa: PLR2004
        canvas.add(bell(step, 3.0), at, loud=0.35 + 0.4 * nearness, place=place)
        at += 0.52 - 0.36 * nearness
        turn += 1
    canvas.echo(0.37, loud=0.4, times=3)
    return canvas


def tide() -> Canvas:
    """Waves on a shore, and two chords that breathe with them."""
    canvas, chance = Canvas(28), random.Random(1758)  # noqa: S311 - music
    for index in range(4):
        place = 0.3 + 0.4 * (index % 2)
        canvas.add(wave(8.0, chance), index * 6.5, loud=1.0, place=place)
        chord = (45, 52, 57, 64) if index % 2 == 0 else (41, 48, 57, 60)
        canvas.add(pad(chord, 8.0), index * 6.5, loud=0.8, place=1 - place)
    for at, note in ((5.0, 76), (8.2, 72), (11.7, 79), (14.6, 76), (18.0, 84), (21.3, 81)):
        canvas.add(bell(note, 3.0), at, loud=0.4, place=chance.uniform(0.2, 0.8))
    canvas.echo(0.61, loud=0.35, times=2)
    return canvas


def orbit() -> Canvas:
    """Three minutes round four chords, with a melody that never quite returns."""
    canvas, chance = Canvas(180), random.Random(1986)  # noqa: S311 - music
    chords = ((48, 55, 64, 71), (45, 52, 60, 67), (41, 53, 60, 69), (43, 50, 59, 62))
    for index in range(29):
        canvas.add(pad(chords[index % 4], 9.0), index * 6.0, loud=0.7)
    at, degree = 3.0, 7
    while at < 172:  # noqa: PLR2004 - as above
        degree = min(14, max(0, degree + chance.choice((-2, -1, -1, 1, 1, 2))))
        note = 60 + 12 * (degree // 5) + PENTATONIC[degree % 5]
        loud = 0.25 + 0.2 * math.sin(math.pi * at / 180)
        canvas.add(bell(note, 3.0), at, loud=loud, place=0.5 + 0.4 * math.sin(at / 7))
        at += chance.choice((0.375, 0.75, 0.75, 1.5))
    canvas.echo(0.5625, loud=0.4, times=3)
    return canvas


PIECES: Final = (
    ("comet", "Comet", comet, 56),
    ("tide", "Tide", tide, 48),
    ("orbit", "Orbit", orbit, 26),
)
"""Name, title, composition and kbit/s of each."""


def encode(path: Path, pcm: Sequence[int], *, title: str, kbits: int) -> None:
    """Write Opus in Ogg, in packets of 20 ms as Discord takes them."""
    samples = array("h", pcm)
    with av.open(str(path), "w") as container:
        options = {"vbr": "constrained"}
        stream = container.add_stream("libopus", rate=RATE, layout="stereo", options=options)
        if not isinstance(stream, AudioStream):
            raise TypeError("Opus is sound")
        stream.codec_context.bit_rate = kbits * 1000
        stream.metadata.update({"title": title, "artist": "Halley"})
        for frame in [*_frames(samples), None]:
            for packet in stream.encode(frame):
                container.mux(packet)


def _frames(samples: array[int]) -> Iterable[AudioFrame]:
    for begin in range(0, len(samples) // 2, FRAME):
        piece = samples[begin * 2 : (begin + FRAME) * 2]
        frame = AudioFrame("s16", "stereo", len(piece) // 2)
        frame.planes[0].update(piece.tobytes())
        frame.sample_rate, frame.pts = RATE, begin
        yield frame


def main() -> None:
    """Write all pieces beside this file."""
    for name, title, compose, kbits in PIECES:
        encode(HERE / f"{name}.ogg", compose().pcm(), title=title, kbits=kbits)


if __name__ == "__main__":
    main()
