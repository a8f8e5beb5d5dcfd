"""Frames ahead of time: whoever takes them never waits, and nothing is left behind."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.worker.recordings import Recording, frames_of, frequency, heard, record, rising
from worker.audio.decoding import Frame
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.sound_file import LocalFile, SoundFile
from worker.audio.stream import FRAMES_AHEAD, MOST_LACKING, FrameStream, Lack

SOON = 20


class Held(LocalFile):
    """A file that waits, where it is told to, until it is let go on or aborted."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_go_on = threading.Event()
        self.is_closed = False
        self._is_aborted = False

    def read(self, size: int) -> bytes:
        self.may_go_on.wait()
        if self._is_aborted:
            raise SourceError(SourceFailure.UNREACHABLE, "aborted")
        return super().read(size)

    def abort(self) -> None:
        self._is_aborted = True
        self.may_go_on.set()

    def close(self) -> None:
        super().close()
        self.is_closed = True


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("sounds") / "sound.ogg", seconds=10)


@pytest.fixture
def stream(recording: Recording) -> Iterator[FrameStream]:
    stream = FrameStream(lambda: LocalFile(recording.path))
    yield stream
    stream.close()
    assert stream.join(SOON)


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def taken(stream: FrameStream) -> list[Frame]:
    """Every frame to the end."""
    frames = []
    while (frame := stream.take()) is not Lack.OVER:
        if isinstance(frame, Frame):
            frames.append(frame)
        else:
            stream.wait_ready(SOON)
    return frames


def first(stream: FrameStream, count: int) -> list[Frame]:
    """The next frames; each is waited for."""
    frames: list[Frame] = []
    while len(frames) < count:
        frame = stream.take()
        if isinstance(frame, Frame):
            frames.append(frame)
        else:
            assert stream.wait_ready(SOON)
    return frames


def test_all_frames_come_in_order_and_then_the_end(
    stream: FrameStream, recording: Recording
) -> None:
    assert taken(stream) == frames_of(recording.path)
    assert stream.position_ms == pytest.approx(10_000, abs=40)
    assert stream.duration_ms == pytest.approx(10_000, abs=40)
    assert stream.take() is Lack.OVER
    assert stream.failure is None


def test_no_more_is_read_ahead_than_a_few_seconds(tmp_path: Path) -> None:
    whole = record(tmp_path / "long.wav", "pcm_s16le", seconds=10).path
    pieces: list[int] = []

    class Watched(LocalFile):
        def read(self, size: int) -> bytes:
            piece = super().read(min(size, 5000))
            pieces.append(len(piece))
            return piece

    stream = FrameStream(lambda: Watched(whole))
    assert stream.wait_ready(SOON)
    before = -1
    while before != len(pieces):
        before = len(pieces)
        time.sleep(0.2)
    assert sum(pieces) < whole.stat().st_size / 2
    stream.close()
    assert stream.join(SOON)


def test_what_is_not_there_yet_is_told_apart_from_the_end(recording: Recording) -> None:
    file = Held(recording.path)
    stream = FrameStream(lambda: file, start_ms=1000)
    assert [stream.take() for _ in range(10)] == [Lack.NOT_YET] * 10
    assert stream.position_ms == 1000
    file.may_go_on.set()
    assert stream.wait_ready(SOON)
    assert isinstance(stream.take(), Frame)
    assert stream.position_ms == pytest.approx(1020, abs=20)
    stream.close()
    assert stream.join(SOON)


def test_a_source_that_gives_nothing_for_long_has_ended(recording: Recording) -> None:
    stream = FrameStream(lambda: Held(recording.path))
    answers = [stream.take() for _ in range(MOST_LACKING + 2)]
    assert answers[-1] is Lack.OVER
    assert stream.failure is not None
    assert stream.failure.failure is SourceFailure.TIMED_OUT
    stream.close()
    assert stream.join(SOON)


def test_it_begins_and_goes_on_where_it_is_told(tmp_path: Path) -> None:
    recording = record(tmp_path / "rising.ogg", wave=rising, seconds=8)
    stream = FrameStream(lambda: LocalFile(recording.path), start_ms=1500)
    assert stream.wait_ready(SOON)
    assert stream.position_ms == 1500
    frames = first(stream, 10)
    assert frequency(heard(frames)[-4 * 3840 :]) == pytest.approx(2660, abs=100)
    stream.seek(6000)
    assert stream.position_ms == 6000
    assert stream.wait_ready(SOON)
    frames = first(stream, 10)
    assert frequency(heard(frames)[-4 * 3840 :]) == pytest.approx(7160, abs=100)
    assert stream.position_ms == pytest.approx(6200, abs=25)
    stream.close()
    assert stream.join(SOON)


def test_it_can_go_back_from_its_end(stream: FrameStream) -> None:
    taken(stream)
    stream.seek(9000)
    assert len(taken(stream)) == pytest.approx(50, abs=2)


def test_many_wishes_at_once_end_at_the_last_one(stream: FrameStream) -> None:
    for position_ms in range(0, 9000, 100):
        stream.seek(position_ms)
    stream.seek(5000)
    assert stream.wait_ready(SOON)
    assert isinstance(stream.take(), Frame)
    assert stream.position_ms == pytest.approx(5020, abs=20)


def test_a_file_that_breaks_off_is_heard_so_far_and_says_why(tmp_path: Path) -> None:
    whole = record(tmp_path / "sound.mp3", "libmp3lame", seconds=4).path

    class Broken(LocalFile):
        def read(self, size: int) -> bytes:
            if self.tell() > 40_000:
                raise SourceError(SourceFailure.UNREACHABLE, "cut off")
            return super().read(min(size, 1000))

    stream = FrameStream(lambda: Broken(whole))
    assert len(taken(stream)) > 100
    assert stream.failure is not None
    assert stream.failure.failure is SourceFailure.UNREACHABLE
    stream.close()
    assert stream.join(SOON)


def test_a_file_that_cannot_be_opened_says_why() -> None:
    def refuse() -> SoundFile:
        raise SourceError(SourceFailure.REMOVED, "it was there yesterday")

    stream = FrameStream(refuse)
    assert stream.wait_ready(SOON)
    assert stream.take() is Lack.OVER
    assert stream.failure is not None
    assert stream.failure.failure is SourceFailure.REMOVED
    assert stream.join(SOON)


def test_closing_ends_thread_and_file_while_it_waits_for_more(recording: Recording) -> None:
    file = Held(recording.path)
    stream = FrameStream(lambda: file)
    eventually(lambda: any(thread.name == "frames" for thread in threading.enumerate()))
    stream.close()
    assert stream.join(SOON)
    assert file.is_closed
    assert stream.take() is Lack.OVER


def test_closing_ends_thread_and_file_while_the_buffer_is_full(recording: Recording) -> None:
    file = Held(recording.path)
    file.may_go_on.set()
    stream = FrameStream(lambda: file)
    assert stream.wait_ready(SOON)
    assert isinstance(stream.take(), Frame)
    stream.close()
    assert stream.join(SOON)
    assert file.is_closed


def test_two_hundred_tracks_leave_nothing_behind(tmp_path: Path) -> None:
    opus = record(tmp_path / "sound.ogg", seconds=0.4)
    mp3 = record(tmp_path / "sound.mp3", "libmp3lame", seconds=0.4)

    def play(count: int) -> None:
        for index in range(count):
            path = (opus if index % 2 else mp3).path
            stream = FrameStream(partial(LocalFile, path))
            if index % 3:
                taken(stream)
            stream.close()
            assert stream.join(SOON)
        gc.collect()

    play(10)
    threads = threading.active_count()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    play(200)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert threading.active_count() == threads
    assert after - before < 100_000
    assert FRAMES_AHEAD * 3840 < 1_000_000
