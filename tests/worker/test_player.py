"""What a guild's player plays, as those in the channel notice it."""

from __future__ import annotations

import asyncio

import pytest

from lib.ports.player import LoopMode, Track
from tests.worker.fakes.scene import GONE, LOUNGE, OnStage, Scene, entry, until
from worker import texts

SECONDS = 1.0
FRAMES = 50


def test_tracks_play_one_after_another_and_then_it_leaves(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        assert (scene.title, scene.waiting) == ("a", ["b"])
        await until(lambda: scene.sounds.opened == ["a", "b"])  # ready before its turn
        await asyncio.sleep(0.01)
        await scene.voice.send_all()
        await until(lambda: scene.over)
        assert [play.track.title for play in scene.keeper.plays] == ["a", "b"]
        assert scene.announcer.cards == ["b"]  # whoever asked for `a` was answered
        assert scene.announcer.said == [texts.LEFT_AT_END]
        assert scene.keeper.is_ended
        assert scene.voice.has_left
        assert not scene.announcer.has_card

    on_stage(act)


def test_the_next_track_is_in_the_next_frame(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        await until(lambda: scene.sounds.opened == ["a", "b"])
        await asyncio.sleep(0.01)
        assert scene.voice.send(FRAMES + 10) == FRAMES + 10
        await until(lambda: scene.title == "b")
        assert scene.player.is_sounding

    on_stage(act)


def test_what_is_added_first_or_taken_away_counts_even_when_the_next_was_made_ready(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        _, b = await scene.play("a", "b")
        await until(lambda: scene.sounds.opened == ["a", "b"])
        await scene.player.play([entry("c")], next=True)
        await until(lambda: scene.sounds.opened == ["a", "b", "c"])
        scene.player.queue.take(b)
        scene.player.queue_changed()
        await asyncio.sleep(0.01)
        scene.voice.send(FRAMES + 5)
        await until(lambda: scene.title == "c")
        assert scene.waiting == []

    on_stage(act)


def test_an_order_that_is_carried_out_twice_adds_its_tracks_once(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        await scene.player.join(LOUNGE)
        one, two = entry("a"), entry("b")
        first = await scene.player.play([one])
        again = await scene.player.play([one])
        assert (first.began, again.began) == (True, True)
        assert (await scene.player.play([two])).place == 1
        assert (await scene.player.play([two])).place == 1
        assert scene.waiting == ["b"]
        assert len(scene.keeper.plays) == 1

    on_stage(act)


def test_a_track_that_cannot_be_played_is_told_and_the_next_one_plays(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "gone", "b")
        scene.player.skip()
        await until(lambda: scene.title == "b" and scene.player.is_sounding)
        (said,) = scene.announcer.said
        assert said.en == "**gone** cannot be played. It has been removed."
        assert said.ja.startswith("**gone** を再生できません。")

    on_stage(act)


def test_whoever_asked_for_it_is_told_themselves(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.player.join(LOUNGE)
        placed = await scene.player.play([entry("gone")])
        assert placed.failure is GONE
        assert not placed.began
        await until(lambda: scene.over)
        assert scene.announcer.said == []

    on_stage(act)


def test_three_failures_in_a_row_are_enough_and_the_queue_is_kept(
    on_stage: OnStage,
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "gone", "gone too", "gone as well", "b", "c")
        scene.player.skip()
        await until(lambda: texts.RESTED in scene.announcer.said)
        assert (scene.title, scene.waiting) == ("b", ["c"])
        assert scene.player.is_paused
        assert scene.voice.is_silent
        scene.player.resume()
        await until(lambda: scene.player.is_sounding)
        assert scene.title == "b"

    on_stage(act)


def test_one_track_is_repeated_until_it_is_skipped(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        scene.player.set_loop(LoopMode.TRACK)
        for _ in range(2):
            await until(lambda: scene.player.is_sounding)
            await asyncio.sleep(0.05)
            scene.voice.send(FRAMES + 2)
            await asyncio.sleep(0.02)
        assert [play.track.title for play in scene.keeper.plays] == ["a", "a", "a"]
        assert len({play.id for play in scene.keeper.plays}) == 3
        assert scene.announcer.cards == []
        scene.player.skip()
        await until(lambda: scene.title == "b" and scene.player.is_sounding)
        assert scene.waiting == []

    on_stage(act)


def test_the_queue_is_repeated(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        scene.player.set_loop(LoopMode.QUEUE)
        scene.player.skip()
        await until(lambda: len(scene.keeper.plays) == 2)
        assert (scene.title, scene.waiting) == ("b", ["a"])
        scene.player.skip()
        await until(lambda: len(scene.keeper.plays) == 3)
        scene.player.queue.clear()
        scene.player.queue_changed()
        scene.player.skip()
        await until(lambda: len(scene.keeper.plays) == 4)
        assert scene.title == "a"
        assert scene.over == []

    on_stage(act)


def test_back_to_what_was_played_before(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b", "c")
        assert not scene.player.previous()
        scene.player.skip()
        await until(lambda: scene.title == "b")
        assert scene.player.previous()
        await until(lambda: scene.title == "a" and scene.player.is_sounding)
        assert scene.waiting == ["b", "c"]

    on_stage(act)


def test_autoplay_goes_on_with_what_was_not_heard_of_late(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        scene.sounds.suggested = [Track(title=name, url=name) for name in "abc"]
        await scene.play("a")
        scene.player.set_autoplay(on=True)
        scene.player.skip()
        await until(lambda: scene.title == "b" and scene.player.is_sounding)
        assert scene.player.track is not None
        scene.sounds.suggested = []
        scene.player.skip()
        await until(lambda: scene.over)
        assert scene.announcer.said == [texts.LEFT_AT_END]

    on_stage(act)


def test_a_pause_holds_while_a_track_is_opened(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        await until(lambda: len(scene.sounds.opened) == 2)
        scene.player.queue.take(next(iter(scene.player.queue)).id)
        scene.player.queue_changed()
        await scene.player.play([entry("c")])
        scene.sounds.may_open.clear()
        scene.player.skip()
        scene.player.pause()
        scene.sounds.may_open.set()
        await until(lambda: scene.keeper.plays[-1].track.title == "c")
        assert scene.voice.send(10) == 0
        scene.player.resume()
        assert scene.voice.send(10) == 10

    on_stage(act)


def test_a_seek_holds_while_a_track_is_opened(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.player.join(LOUNGE)
        scene.sounds.may_open.clear()
        adding = asyncio.create_task(scene.player.play([entry("a")]))
        await until(lambda: scene.title == "a")
        scene.player.seek(500)
        scene.sounds.may_open.set()
        assert (await adding).failure is None
        await until(lambda: scene.player.is_sounding)
        assert scene.player.position_ms == pytest.approx(500, abs=25)

    on_stage(act)


def test_the_length_is_known_once_the_file_tells(on_stage: OnStage) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        session = scene.player.session()
        assert session is not None
        assert session.track.duration_ms == pytest.approx(1000, abs=30)

    on_stage(act)
