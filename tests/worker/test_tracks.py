"""From a track to its sound: what is remembered of where that lies, and for how long."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from lib.ports.player import Track
from tests.worker.fakes.scene import run
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.sound_file import LocalFile, SoundFile
from worker.lookups.found import Found
from worker.lookups.lookups import Lookups
from worker.tracks import LookedUpSounds

SHORT, PAGE = "https://tube.example/s/comet", "https://tube.example/watch?v=comet"
TRACK = Track(title="comet", url=SHORT)


@dataclass
class Site:
    """Lookups of one page, whose sound moves to another address when a test says so."""

    path: Path
    failure: SourceFailure = SourceFailure.REFUSED
    looked_up: list[str] = field(default_factory=list)
    good: str = ""
    found: Found = field(default_factory=lambda: Found(title="comet", url=PAGE))

    def move(self) -> None:
        self.good = ""

    async def lookup(self, query: str) -> list[Found]:
        self.looked_up.append(query)
        self.good = f"https://cdn.example/{len(self.looked_up)}?signature=secret"
        return [replace(self.found, stream_url=self.good, fresh_until=1e12)]

    async def refresh(self, found: Found) -> Found:
        return found if found.stream_url is not None else (await self.lookup(found.url))[0]

    def open(self, found: Found) -> SoundFile:
        if found.stream_url != self.good:
            raise SourceError(self.failure, "not here any more")
        return LocalFile(self.path)


@pytest.fixture
def site(sound: Path) -> Site:
    return Site(sound)


@pytest.fixture
def sounds(site: Site) -> LookedUpSounds:
    return LookedUpSounds(cast("Lookups", site))  # as much of one as it needs


def opened(sounds: LookedUpSounds, track: Track = TRACK, *, times: int = 1) -> None:
    async def act() -> None:
        for _ in range(times):
            (await sounds.open(track)).close()

    run(act())


def test_what_was_looked_up_is_not_looked_up_again_by_whatever_address(
    site: Site, sounds: LookedUpSounds
) -> None:
    opened(sounds, times=3)
    assert site.looked_up == [SHORT]
    opened(sounds, replace(TRACK, url=PAGE))
    assert site.looked_up == [SHORT]


@pytest.mark.parametrize(
    "failure", [SourceFailure.REFUSED, SourceFailure.UNREACHABLE, SourceFailure.NOT_FOUND]
)
def test_where_the_sound_is_no_longer_it_is_looked_for_anew(
    site: Site, sounds: LookedUpSounds, failure: SourceFailure
) -> None:
    opened(sounds)
    site.failure = failure
    site.move()
    opened(sounds)
    assert site.looked_up == [SHORT, SHORT]


def test_what_fails_just_looked_up_fails(
    site: Site, sounds: LookedUpSounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(found: Found) -> SoundFile:
        raise SourceError(SourceFailure.REFUSED, "not for you")

    monkeypatch.setattr(site, "open", refuse)
    with pytest.raises(SourceError):
        opened(sounds)
    assert site.looked_up == [SHORT]


def test_nothing_is_remembered_at_a_strangers_length(site: Site, sounds: LookedUpSounds) -> None:
    site.found = replace(site.found, title="x" * 10_000_000, artist="y" * 10_000_000)

    async def act() -> None:
        (track,) = await sounds.find(SHORT)
        assert len(track.title) == 500

    run(act())
    site.found = Found(title="", url="")
    assert "x" * 1000 not in repr(vars(sounds))
    assert "y" * 1000 not in repr(vars(sounds))


def test_a_sound_without_a_single_frame_is_none(
    site: Site, sounds: LookedUpSounds, tmp_path: Path
) -> None:
    site.path = tmp_path / "nothing.wav"
    with wave.open(str(site.path), "wb") as nothing:
        nothing.setparams((2, 2, 48000, 0, "NONE", "not compressed"))
    with pytest.raises(SourceError) as caught:
        opened(sounds)
    assert caught.value.failure is SourceFailure.NOT_AUDIO
