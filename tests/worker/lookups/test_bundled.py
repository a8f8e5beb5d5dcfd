"""The sounds that come with the bot."""

from __future__ import annotations

import array
from contextlib import closing

import pytest

from lib.music.sounds import SOUNDS
from tests.worker.recordings import frames_of, heard, rms
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.sound_file import LocalFile
from worker.lookups.bundled import FOLDER, bundled, path_of


@pytest.mark.parametrize("name", SOUNDS)
def test_each_is_passed_on_as_it_is_and_is_as_long_as_it_says(name: str) -> None:
    found = bundled(name)
    frames = frames_of(path_of(name))
    assert all(frame.is_opus for frame in frames)
    assert found.duration_ms == pytest.approx(len(frames) * 20, abs=60)
    with closing(LocalFile(path_of(name))) as file, closing(FrameReader(file)) as reader:
        assert reader.tags == (found.title, found.artist)


@pytest.mark.parametrize("name", SOUNDS)
def test_each_is_heard_well_and_hurts_nobody(name: str) -> None:
    frames = frames_of(path_of(name))
    pcm = heard(frames[: 20 * 50])
    samples = array.array("h", pcm)
    assert 1000 < rms(pcm) < 8000
    assert max(map(abs, samples)) < 32000
    assert rms(heard(frames[50:100])) > 200  # it begins within two seconds
    assert rms(heard(frames[-8:])[-1920:]) < 200  # and ends without a click


def test_together_they_are_small() -> None:
    assert sum(path_of(name).stat().st_size for name in SOUNDS) < 1_000_000
    assert {path.stem for path in FOLDER.glob("*.ogg")} == set(SOUNDS)


@pytest.mark.parametrize("name", ["", "nothing", "../comet", "comet.ogg"])
def test_no_other_file_can_be_named(name: str) -> None:
    for ask in (bundled, path_of):
        with pytest.raises(SourceError) as caught:
            ask(name)
        assert caught.value.failure is SourceFailure.NOT_FOUND
