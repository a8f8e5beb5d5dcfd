"""What a voice channel hears of the tracks in it."""

from __future__ import annotations

import array
import threading
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest

from tests.worker.recordings import (
    LEVEL,
    Recording,
    frames_of,
    frequency,
    heard,
    record,
    rms,
    tone,
)
from worker.audio.decoding import Frame
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import OpusMissingError, can_be_sent, load_opus, packet_ms
from worker.audio.sound_file import LocalFile, SoundFile
from worker.audio.source import TrackSource
from worker.audio.stream import FrameStream

SOON = 20
SILENCE = b"\xf8\xff\xfe"
LOUD = LEVEL / 2**0.5

Ends = list[tuple[FrameStream, SourceError | None]]


@pytest.fixture(scope="module", autouse=True)
def opus() -> None:
    load_opus()


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("sounds") / "low.ogg", seconds=3)


@pytest.fixture(scope="module")
def high(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("sounds") / "high.mp3", "libmp3lame", tone(880))


@pytest.fixture
def ends() -> Ends:
    return []


@pytest.fixture
def source(low: Recording, ends: Ends) -> Iterator[TrackSource]:
    source = TrackSource(ready(low), on_end=lambda *end: ends.append(end))
    yield source
    source.cleanup()


def ready(recording: Recording, start_ms: int = 0) -> FrameStream:
    """A stream whose first frames are there."""
    stream = FrameStream(lambda: LocalFile(recording.path), start_ms=start_ms)
    assert stream.wait_ready(SOON)
    return stream


def sent(source: TrackSource, count: int) -> list[Frame]:
    """What the player is given next, as it asks: every frame is waited for."""
    frames: list[Frame] = []
    while len(frames) < count:
        data = source.read()
        if not data:
            break
        if data == SILENCE and source.stream is not None:
            source.stream.wait_ready(SOON)
            continue
        frames.append(Frame(data, is_opus=source.is_opus()))
    return frames


def test_opus_passes_untouched_at_full_volume(source: TrackSource, low: Recording) -> None:
    assert [frame.data for frame in sent(source, 1000)] == low.packets


def test_a_change_of_volume_is_heard_in_the_next_frame(source: TrackSource) -> None:
    sent(source, 20)
    source.volume = 50
    changed = sent(source, 10)
    assert [frame.is_opus for frame in changed] == [False] * 10
    assert rms(changed[0].data) == pytest.approx(LOUD / 2, rel=0.1)
    assert frequency(heard(changed)) == pytest.approx(440, rel=0.01)
    source.volume = 100
    assert all(frame.is_opus for frame in sent(source, 10))
    source.volume = 200
    assert rms(sent(source, 1)[0].data) == pytest.approx(LOUD * 2, rel=0.1)
    source.volume = 0
    assert rms(sent(source, 1)[0].data) == 0


def test_sound_that_is_too_loud_is_clipped_rather_than_torn(tmp_path: Path) -> None:
    loud = record(tmp_path / "loud.wav", "pcm_s16le", lambda t: 3.5 * tone(440)(t), seconds=1)
    source = TrackSource(ready(loud), on_end=lambda *_: None, volume=200)
    samples = array.array("h", b"".join(frame.data for frame in sent(source, 20)))
    source.cleanup()
    assert (max(samples), min(samples)) == (32767, -32768)
    assert frequency(samples.tobytes()) == pytest.approx(440, rel=0.01)


@pytest.mark.parametrize(("asked", "set_to"), [(-5, 0), (0, 0), (200, 200), (1000, 200)])
def test_the_volume_stays_in_its_bounds(source: TrackSource, asked: int, set_to: int) -> None:
    source.volume = asked
    assert source.volume == set_to


def test_the_next_track_follows_in_the_next_frame(
    source: TrackSource, low: Recording, high: Recording, ends: Ends
) -> None:
    first, second = source.stream, ready(high)
    assert source.follow_with(second)
    frames = sent(source, 1000)
    assert [frame.data for frame in frames[: len(low.packets)]] == low.packets
    assert frames[len(low.packets) :] == frames_of(high.path)
    assert ends == [(first, None), (second, None)]


def test_a_track_that_broke_off_says_why_and_the_next_one_plays(
    low: Recording, high: Recording, ends: Ends
) -> None:
    def refuse() -> SoundFile:
        raise SourceError(SourceFailure.REGION, "not here")

    broken = FrameStream(refuse)
    broken.wait_ready(SOON)
    source = TrackSource(broken, on_end=lambda *end: ends.append(end))
    source.follow_with(ready(high))
    assert sent(source, 5) == frames_of(high.path)[:5]
    assert [(stream, error and error.failure) for stream, error in ends] == [
        (broken, SourceFailure.REGION)
    ]
    source.cleanup()


def test_a_track_that_broke_off_and_may_go_on_is_not_followed_before_it_is_said_by_what(
    low: Recording, high: Recording, ends: Ends
) -> None:
    def refuse() -> SoundFile:
        raise SourceError(SourceFailure.REFUSED, "status 403")

    broken = FrameStream(refuse)
    broken.wait_ready(SOON)
    source = TrackSource(broken, on_end=lambda *end: ends.append(end))
    following = ready(high)
    source.follow_with(following)
    assert [(source.read(), source.is_opus()) for _ in range(5)] == [(SILENCE, True)] * 5
    assert [stream for stream, _ in ends] == [broken]
    again = ready(low)
    assert source.go_on_with(again)
    frames = sent(source, 1000)
    assert [frame.data for frame in frames[: len(low.packets)]] == low.packets
    assert frames[len(low.packets) :] == frames_of(high.path)
    assert [stream for stream, _ in ends] == [broken, again, following]
    source.cleanup()


def test_all_is_over_after_the_last_track(source: TrackSource, high: Recording) -> None:
    sent(source, 1000)
    late = ready(high)
    assert source.read() == b""
    assert not source.follow_with(late)
    assert not source.go_on_with(late)
    assert (source.stream, source.position_ms) == (None, 0)
    late.close()


def test_a_skip_plays_the_other_one_at_once_and_is_no_end(
    source: TrackSource, high: Recording, ends: Ends
) -> None:
    sent(source, 10)
    left = source.stream
    assert left is not None
    other = ready(high, start_ms=1000)
    source.follow_with(other)
    assert source.go_on_with(other)
    assert frequency(heard(sent(source, 10)[2:])) == pytest.approx(880, rel=0.01)
    assert source.position_ms == pytest.approx(1200, abs=25)
    assert ends == []
    assert left.join(SOON)
    sent(source, 1000)
    assert [stream for stream, _ in ends] == [other]  # and it does not follow itself


def test_what_no_longer_follows_is_let_go(source: TrackSource, high: Recording) -> None:
    first, second = ready(high), ready(high)
    source.follow_with(first)
    source.follow_with(second)
    assert first.join(SOON)
    source.follow_with(None)
    assert second.join(SOON)
    assert len(sent(source, 1000)) == 151


def test_the_position_is_what_was_heard(source: TrackSource) -> None:
    sent(source, 50)
    assert source.position_ms == pytest.approx(1000, abs=20)
    source.seek(2000)
    assert source.position_ms == 2000
    sent(source, 10)
    assert source.position_ms == pytest.approx(2200, abs=25)


def test_silence_is_sent_while_nothing_is_there_and_the_position_stays(low: Recording) -> None:
    may_go_on = threading.Event()

    def late() -> SoundFile:
        may_go_on.wait()
        return LocalFile(low.path)

    source = TrackSource(FrameStream(late, start_ms=500), on_end=lambda *_: None)
    assert [(source.read(), source.is_opus()) for _ in range(5)] == [(SILENCE, True)] * 5
    assert source.position_ms == 500
    may_go_on.set()
    sent(source, 1)
    assert source.position_ms == pytest.approx(520, abs=20)
    source.cleanup()


def test_a_stopped_player_leaves_no_thread(low: Recording, high: Recording) -> None:
    first, second = ready(low), ready(high)
    source = TrackSource(first, on_end=lambda *_: None)
    source.follow_with(second)
    source.cleanup()
    assert first.join(SOON)
    assert second.join(SOON)
    assert source.read() == b""


def test_a_damaged_packet_is_silent_rather_than_the_end(source: TrackSource) -> None:
    source.volume = 50
    sent(source, 1)
    stream = source.stream
    assert stream is not None
    assert stream.wait_ready(SOON)
    stream._frames[0] = stream._frames[0]._replace(frame=Frame(b"\xff" * 3, is_opus=True))
    assert rms(sent(source, 1)[0].data) == 0
    assert len(sent(source, 20)) == 20


def test_discords_opus_is_the_one_that_came_with_pyav() -> None:
    load_opus()  # a second time
    assert discord.opus.Encoder.get_opus_version().startswith("libopus")
    assert issubclass(OpusMissingError, RuntimeError)


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        (b"", 0),
        (SILENCE, 20),
        (bytes([0b00000_0_00]), 10),
        (bytes([0b00011_1_00]), 60),
        (bytes([0b01100_0_00]), 10),
        (bytes([0b10000_0_00]), 2.5),
        (bytes([0b11111_1_01]), 40),
        (bytes([0b11111_1_11, 3]), 60),
        (bytes([0b11111_1_11]), 0),
    ],
)
def test_a_packet_tells_its_length(packet: bytes, milliseconds: float) -> None:
    assert packet_ms(packet) == milliseconds


@pytest.mark.parametrize(
    ("packet", "may"),
    [
        (SILENCE, True),
        (bytes([0b11111_1_00]) + bytes(1274), True),
        (bytes([0b11111_1_00]) + bytes(1275), False),  # longer than a frame can be
        (bytes([0b11110_1_01]) + bytes(100), True),  # two frames of 10 ms
        (bytes([0b11110_1_01]) + bytes(2000), False),  # and too much for one datagram
        (bytes([0b11111_1_01]) + bytes(100), False),  # 40 ms
        (b"", False),
    ],
)
def test_only_what_discord_takes_is_sent_as_it_is(packet: bytes, *, may: bool) -> None:
    assert can_be_sent(packet) is may
