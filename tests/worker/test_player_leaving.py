"""When a guild's player leaves, comes back, and goes on elsewhere."""

from __future__ import annotations

import asyncio

import pytest

from lib.ports.player import AdoptedSession, LoopMode, MusicSettings, Session, Track
from tests.worker.fakes.scene import GUILD, LOUNGE, OnStage, Scene, entry, until
from worker import texts
from worker.voice import VoiceError, VoiceFailure

SECONDS = 1.0
FRAMES = 50


def test_alone_it_leaves_after_a_while(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        scene.voice.people.clear()
        scene.player.listeners_changed()
        scene.voice.people.add("8")
        scene.player.listeners_changed()
        await asyncio.sleep(0.1)
        assert scene.over == []
        scene.voice.people.clear()
        scene.player.listeners_changed()
        await until(lambda: scene.over)
        assert scene.announcer.said == [texts.LEFT_ALONE]
        assert scene.keeper.is_ended

    on_stage(act)


def test_it_plays_on_where_it_is_put(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        scene.voice.drag("5")
        scene.player.moved()
        assert scene.keeper.sessions[-1].channel_id == "5"
        assert scene.voice.send(5) == 5

    on_stage(act)


@pytest.mark.parametrize(
    ("channels", "said"), [({LOUNGE}, texts.TAKEN_OUT), (set(), texts.CHANNEL_GONE)]
)
def test_it_ends_where_it_is_thrown_out(
    on_stage: OnStage, channels: set[str], said: object
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        scene.voice.channels = channels
        scene.player.removed()
        assert scene.voice.is_silent
        await until(lambda: scene.over)
        assert scene.announcer.said == [said]
        assert scene.keeper.is_ended

    on_stage(act)


def test_it_plays_on_where_it_was_when_the_voice_broke_off(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        scene.voice.send(25)
        scene.voice.refusals = [VoiceError(VoiceFailure.TIMED_OUT)]
        scene.voice.break_off()
        await until(lambda: scene.player.is_sounding and len(scene.voice.joins) == 3)
        assert scene.player.position_ms == pytest.approx(500, abs=25)
        assert (scene.title, scene.waiting) == ("a", ["b"])
        assert scene.announcer.said == []
        assert scene.announcer.cards == []
        assert {play.id for play in scene.keeper.plays} == {scene.player.play_id}

    on_stage(act)


@pytest.mark.parametrize(
    ("failure", "tries"), [(VoiceFailure.FULL, 1), (VoiceFailure.TIMED_OUT, 3)]
)
def test_it_ends_where_it_cannot_come_back(
    on_stage: OnStage, failure: VoiceFailure, tries: int
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        scene.voice.refusals = [VoiceError(failure)] * 9
        scene.voice.break_off()
        await until(lambda: scene.over)
        assert len(scene.voice.joins) == 1 + tries
        assert scene.announcer.said == [texts.NOT_BACK_BECAUSE[failure]]

    on_stage(act)


def test_a_guild_that_another_worker_has_is_left_without_a_word(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        await scene.player.lose()
        assert scene.voice.was_let_go
        assert not scene.voice.has_left
        assert scene.announcer.said == []
        assert not scene.keeper.is_ended
        assert scene.over == [scene.player]

    on_stage(act)


def test_a_session_is_handed_over_as_it_is(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        scene.voice.send(25)
        await scene.player.hand_over()
        kept = scene.keeper.sessions[-1]
        assert (kept.is_playing, kept.is_paused) == (False, False)
        assert kept.position_ms == pytest.approx(500, abs=25)
        assert scene.keeper.is_dropped
        assert not scene.keeper.is_ended
        assert scene.voice.has_left

    on_stage(act)


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_session_is_taken_up_where_another_left_it(on_stage: OnStage, *, is_paused: bool) -> None:
    session = Session(
        guild_id=GUILD,
        track=Track(title="a", url="a", duration_ms=1000, requested_by="Sam", requester_id="7"),
        play_id="named-by-another",
        position_ms=400,
        is_playing=False,
        is_paused=is_paused,
        channel_id=LOUNGE,
        text_channel_id="5",
        loop_mode=LoopMode.QUEUE,
        volume=40,
        autoplay=True,
        locale="ja",
    )
    queue = (entry("b"), entry("c"))

    async def act(scene: Scene) -> None:
        await scene.player.restore(
            AdoptedSession(session=session, queue=queue, settings=MusicSettings())
        )
        await until(lambda: scene.keeper.plays)
        now = scene.player.session()
        assert now is not None
        assert now.position_ms == pytest.approx(400, abs=25)
        assert (now.is_playing, now.is_paused) == (not is_paused, is_paused)
        assert (now.volume, now.autoplay, now.locale) == (40, True, "ja")
        assert (now.loop_mode, scene.waiting) == (LoopMode.QUEUE, ["b", "c"])
        assert scene.voice.is_silent is is_paused
        assert scene.announcer.cards == []

    on_stage(act)


def test_an_answer_is_the_card_of_its_track_alone(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        session = scene.player.session()
        assert session is not None
        scene.player.show_in("77", session)
        scene.player.skip()
        scene.player.show_in("77", session)
        await until(lambda: scene.announcer.cards == ["b"])
        session = scene.player.session()
        assert session is not None
        await scene.player.end()
        scene.player.show_in("78", session)
        assert scene.announcer.answers == [("77", "a", False), ("77", "a", True), ("78", "b", True)]

    on_stage(act)


def test_whoever_wishes_to_be_forgotten_is(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        await scene.player.play([entry("c", requester_id="8")])
        scene.player.forget({"7"})
        assert scene.player.track is not None
        assert (scene.player.track.requested_by, scene.player.track.requester_id) == ("", "")
        assert [one.track.requester_id for one in scene.player.queue] == ["", "8"]
        assert scene.player.is_sounding

    on_stage(act)
