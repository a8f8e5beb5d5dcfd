"""What happens when two things are wished for in the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from lib.ports.player import AdoptedSession, LoopMode, MusicSettings, Session, Track
from tests.worker.fakes.scene import GUILD, LOUNGE, QuietVoice, Scene, entry, run, until
from worker import texts
from worker.audio.source import TrackSource

Act = Callable[["SlowScene"], Awaitable[None]]
OnStage = Callable[[Act], None]


class SlowVoice(QuietVoice):
    """A Voice whose former sound takes a while to end, and whose joins take a while too."""

    def __init__(self) -> None:
        super().__init__()
        self.may_begin = asyncio.Event()
        self.may_join = asyncio.Event()
        self.may_begin.set()
        self.may_join.set()
        self.joining = self.most_joining = 0

    async def join(self, channel_id: str) -> None:
        self.joining += 1
        self.most_joining = max(self.most_joining, self.joining)
        await self.may_join.wait()
        self.joining -= 1
        await super().join(channel_id)

    async def play(
        self, source: TrackSource, *, paused: bool, on_break: Callable[[], None]
    ) -> None:
        self.stop()
        await self.may_begin.wait()
        if not self.channel_id:
            source.cleanup()
            asyncio.get_running_loop().call_soon(on_break)
            return
        await super().play(source, paused=paused, on_break=on_break)


@dataclass
class SlowScene(Scene):
    """A player whose surroundings take as long as a test says."""

    slow: SlowVoice = field(default_factory=SlowVoice)
    may_choose: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.voice = self.slow
        super().__post_init__()

    async def _suggest(self, last: Track, without: Sequence[str]) -> Track | None:
        await self.may_choose.wait()
        return await super()._suggest(last, without)


@pytest.fixture
def on_stage(sound: Path) -> OnStage:
    """Have a scene be acted, in which `a`, `b` and `c` can be played."""

    def act(play: Act) -> None:
        async def scene() -> None:
            stage = SlowScene()
            stage.sounds.files = dict.fromkeys("abc", sound)
            try:
                await play(stage)
            finally:
                await stage.close()

        run(scene())

    return act


def test_whoever_orders_a_track_hears_of_it_though_it_is_ended_in_the_same_moment(
    on_stage: OnStage,
) -> None:
    async def act(scene: SlowScene) -> None:
        await scene.player.join(LOUNGE)
        adding = asyncio.create_task(scene.player.play([entry("a")]))
        await asyncio.sleep(0)  # it is about to be opened
        await scene.player.end()
        placed = await asyncio.wait_for(adding, 2)
        assert placed.failure is None

    on_stage(act)


def test_what_is_ordered_while_autoplay_still_chooses_is_what_plays(
    on_stage: OnStage,
) -> None:
    async def act(scene: SlowScene) -> None:
        scene.sounds.suggested = [Track(title="c", url="c")]
        await scene.play("a")
        scene.player.set_autoplay(on=True)
        scene.player.skip()
        await until(lambda: scene.player.track is None)
        wished = entry("b")
        assert await scene.player.claim(wished, channel_id=LOUNGE)
        await scene.player.play([wished])
        scene.may_choose.set()
        await asyncio.sleep(0.05)
        assert scene.title == "b"
        assert scene.player.is_sounding
        assert [play.track.title for play in scene.keeper.plays] == ["a", "b"]
        assert scene.player.previous()  # and what was played before is still known
        await until(lambda: scene.title == "a")

    on_stage(act)


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_pause_or_its_end_holds_also_while_the_former_sound_ends(
    on_stage: OnStage, *, is_paused: bool
) -> None:
    async def act(scene: SlowScene) -> None:
        await scene.play("a")
        if is_paused:
            scene.player.pause()
        scene.slow.may_begin.clear()
        scene.player.seek(100)
        scene.voice.break_off()
        await until(lambda: scene.sounds.opened == ["a", "a"])
        await asyncio.sleep(0.05)
        scene.player.resume() if is_paused else scene.player.pause()
        scene.slow.may_begin.set()
        await until(lambda: len(scene.keeper.plays) == 2)
        assert scene.slow.is_silent is not is_paused

    on_stage(act)


def test_a_choice_that_fails_is_none(on_stage: OnStage) -> None:
    async def act(scene: SlowScene) -> None:
        scene.sounds.suggested = [cast("Track", None)]  # which has no address to look at
        scene.may_choose.set()
        await scene.play("a")
        scene.player.set_autoplay(on=True)
        scene.player.skip()
        await until(lambda: scene.over)
        assert scene.announcer.said == [texts.LEFT_AT_END]

    on_stage(act)


def test_a_sound_that_cannot_be_sent_is_told_and_the_next_one_plays(
    on_stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(scene: SlowScene) -> None:
        play = scene.slow.play
        sources: list[TrackSource] = []

        async def fail_once(
            source: TrackSource, *, paused: bool, on_break: Callable[[], None]
        ) -> None:
            sources.append(source)
            if len(sources) == 1:
                raise RuntimeError("can't start new thread")
            await play(source, paused=paused, on_break=on_break)

        monkeypatch.setattr(scene.slow, "play", fail_once)
        await scene.player.join(LOUNGE)
        placed = await scene.player.play([entry("a"), entry("b")])
        assert placed.failure is not None
        await until(lambda: scene.title == "b" and not scene.slow.is_silent)
        assert sources[0].stream is None  # closed, with its thread

    on_stage(act)


@pytest.mark.parametrize("order", ["skip", "resume"])
def test_an_order_to_a_session_that_is_being_taken_up_joins_once(
    on_stage: OnStage, order: str
) -> None:
    session = Session(
        guild_id=GUILD,
        track=Track(title="a", url="a", duration_ms=1000),
        play_id="named-by-another",
        position_ms=400,
        is_playing=False,
        is_paused=True,
        channel_id=LOUNGE,
        text_channel_id="5",
        loop_mode=LoopMode.OFF,
    )
    adopted = AdoptedSession(session=session, queue=(entry("b"),), settings=MusicSettings())

    async def act(scene: SlowScene) -> None:
        scene.slow.may_join.clear()
        restoring = asyncio.create_task(scene.player.restore(adopted))
        await until(lambda: scene.slow.joining)
        getattr(scene.player, order)()
        await until(lambda: scene.sounds.opened)
        await asyncio.sleep(0.05)
        scene.slow.may_join.set()
        await restoring
        await until(lambda: scene.player.is_sounding and not scene.slow.is_silent)
        assert scene.slow.most_joining == 1
        assert scene.slow.joins == [LOUNGE]
        assert scene.title == ("b" if order == "skip" else "a")

    on_stage(act)
