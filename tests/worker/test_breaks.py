"""Sounds that break off in the middle, or are hardly there at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lib.ports.player import LoopMode, Track
from tests.worker.fakes.scene import Scene, run, until
from tests.worker.recordings import record
from worker import texts
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import load_opus
from worker.audio.sound_file import LocalFile
from worker.audio.stream import FrameStream
from worker.tracks import ready

SECOND = 192_000
"""Bytes of a sound of ours."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    load_opus()
    path = tmp_path_factory.mktemp("sounds")
    record(path / "long.wav", "pcm_s16le", seconds=20)
    record(path / "short.wav", "pcm_s16le", seconds=0.1)
    return path


class BreakingFile(LocalFile):
    """A file that ends before its end."""

    def __init__(self, path: Path, failure: SourceFailure, at: int) -> None:
        super().__init__(path)
        self._failure = failure
        self._at = at

    def read(self, size: int) -> bytes:
        if self.tell() > self._at:
            raise SourceError(self._failure, "status 403")
        return super().read(size)


class BreakingScene(Scene):
    """A player whose sounds break off at the given places, each time they are opened."""

    breaks: list[int]
    failure = SourceFailure.REFUSED

    def __post_init__(self) -> None:
        super().__post_init__()
        self.breaks = []

    def use(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        async def opened(track: Track, *, start_ms: int = 0) -> FrameStream:
            self.sounds.opened.append(track.url)
            at = self.breaks.pop(0) if track.url == "long" and self.breaks else 10**9
            path = folder / f"{track.url}.wav"
            return await ready(
                FrameStream(lambda: BreakingFile(path, self.failure, at), start_ms=start_ms)
            )

        patch.setattr(self.sounds, "open", opened)


Act = Callable[[BreakingScene], Awaitable[None]]
OnStage = Callable[[Act], None]


@pytest.fixture
def on_stage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> OnStage:
    def act(play: Act) -> None:
        async def scene() -> None:
            stage = BreakingScene()
            stage.use(folder, monkeypatch)
            try:
                await play(stage)
            finally:
                await stage.close()

        run(scene())

    return act


async def sent_until(scene: Scene, holds: Callable[[], object]) -> None:
    while not holds():
        scene.voice.send(5)
        await asyncio.sleep(0.002)


def test_a_sound_that_breaks_off_goes_on_where_it_was(on_stage: OnStage) -> None:
    """Where an address has run out, say: it is looked for anew when it is opened again."""

    async def act(scene: BreakingScene) -> None:
        scene.breaks = [8 * SECOND, 14 * SECOND]
        await scene.play("long")
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened == ["long"] * 3
        assert len({play.id for play in scene.keeper.plays}) == 1
        assert scene.announcer.cards == []
        assert scene.announcer.said == [texts.LEFT_AT_END]

    on_stage(act)


def test_a_sound_that_breaks_off_goes_on_though_the_next_one_is_ready(on_stage: OnStage) -> None:
    async def act(scene: BreakingScene) -> None:
        scene.breaks = [8 * SECOND]
        await scene.play("long", "short")
        await until(lambda: scene.sounds.opened == ["long", "short"])
        await sent_until(scene, lambda: scene.sounds.opened[2:])
        await sent_until(scene, lambda: scene.player.position_ms > 12_000)
        assert scene.title == "long"
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened == ["long", "short", "long", "short"]
        assert [play.track.title for play in scene.keeper.plays] == ["long", "long", "short"]
        assert len({play.id for play in scene.keeper.plays}) == 2
        assert scene.announcer.said == [texts.LEFT_AT_END]

    on_stage(act)


def test_a_sound_that_breaks_off_twice_gives_way_to_the_next_one(on_stage: OnStage) -> None:
    async def act(scene: BreakingScene) -> None:
        scene.breaks = [8 * SECOND] * 9
        await scene.play("long", "short")
        await until(lambda: scene.sounds.opened == ["long", "short"])
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened[:3] == ["long", "short", "long"]
        assert scene.sounds.opened.count("long") == 2
        assert "**long** cannot be played" in scene.announcer.said[0].en
        assert scene.keeper.plays[-1].track.title == "short"

    on_stage(act)


def test_a_sound_that_breaks_off_within_a_moment_gives_way_to_the_one_that_is_ready(
    on_stage: OnStage,
) -> None:
    async def act(scene: BreakingScene) -> None:
        scene.breaks = [8 * SECOND]
        await scene.play("long", "short")
        await until(lambda: scene.sounds.opened == ["long", "short"])
        scene.player.seek(7800)
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened.count("long") == 1
        assert scene.keeper.plays[-1].track.title == "short"
        assert scene.announcer.said[-1] == texts.LEFT_AT_END

    on_stage(act)


def test_a_sound_that_breaks_off_in_the_same_place_again_is_told(on_stage: OnStage) -> None:
    async def act(scene: BreakingScene) -> None:
        scene.breaks = [8 * SECOND] * 9
        await scene.play("long")
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened == ["long"] * 2
        assert "**long** cannot be played" in scene.announcer.said[0].en

    on_stage(act)


def test_a_sound_that_is_damaged_is_not_tried_again(on_stage: OnStage) -> None:
    async def act(scene: BreakingScene) -> None:
        scene.failure = SourceFailure.NOT_AUDIO
        scene.breaks = [8 * SECOND]
        await scene.play("long")
        await sent_until(scene, lambda: scene.over)
        assert scene.sounds.opened == ["long"]

    on_stage(act)


@pytest.mark.parametrize("mode", [LoopMode.TRACK, LoopMode.QUEUE])
def test_a_sound_of_a_moment_is_not_repeated_as_fast_as_can_be(
    on_stage: OnStage, mode: LoopMode
) -> None:
    """Each time is a play that is kept, and perhaps one more question to somebody's server."""

    async def act(scene: BreakingScene) -> None:
        await scene.play("short")
        scene.player.set_loop(mode)
        for _ in range(60):
            scene.voice.send(10)
            await asyncio.sleep(0.005)
        assert 1 <= len(scene.keeper.plays) <= 4
        plays = len(scene.keeper.plays)
        await sent_until(scene, lambda: len(scene.keeper.plays) > plays)  # but it is

    on_stage(act)
