"""What a guild's player plays, and when it leaves, as those in the channel notice it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lib.ports.player import AdoptedSession, LoopMode, MusicSettings, Session, Track
from tests.worker.fakes.scene import GUILD, LOUNGE, Scene, entry, run, until
from tests.worker.recordings import record
from worker import texts
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import load_opus
from worker.voice import VoiceError, VoiceFailure

Act = Callable[[Scene], Awaitable[None]]
GONE = SourceError(SourceFailure.REMOVED, "gone")
SECONDS = 1.0
FRAMES = 50


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of sound."""
    load_opus()
    return record(tmp_path_factory.mktemp("sounds") / "low.ogg", seconds=SECONDS).path


@pytest.fixture
def on_stage(sound: Path) -> Callable[[Act], None]:
    """Have a scene be acted: `a`, `b`, `c` and `d` can be played, `gone` cannot."""

    def act(play: Act) -> None:
        async def scene() -> None:
            stage = Scene()
            stage.sounds.files = dict.fromkeys("abcd", sound)
            stage.sounds.failures = {"gone": GONE, "gone too": GONE, "gone as well": GONE}
            try:
                await play(stage)
            finally:
                await stage.close()

        run(scene())

    return act


def test_tracks_play_one_after_another_and_then_it_leaves(on_stage: Callable[[Act], None]) -> None:
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


def test_the_next_track_is_in_the_next_frame(on_stage: Callable[[Act], None]) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        await until(lambda: scene.sounds.opened == ["a", "b"])
        await asyncio.sleep(0.01)
        assert scene.voice.send(FRAMES + 10) == FRAMES + 10
        await until(lambda: scene.title == "b")
        assert scene.player.is_sounding

    on_stage(act)


def test_what_is_added_first_or_taken_away_counts_even_when_the_next_was_made_ready(
    on_stage: Callable[[Act], None],
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
    on_stage: Callable[[Act], None],
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
    on_stage: Callable[[Act], None],
) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "gone", "b")
        scene.player.skip()
        await until(lambda: scene.title == "b" and scene.player.is_sounding)
        (said,) = scene.announcer.said
        assert said.en == "**gone** cannot be played. It has been removed."
        assert said.ja.startswith("**gone** を再生できません。")

    on_stage(act)


def test_whoever_asked_for_it_is_told_themselves(on_stage: Callable[[Act], None]) -> None:
    async def act(scene: Scene) -> None:
        await scene.player.join(LOUNGE)
        placed = await scene.player.play([entry("gone")])
        assert placed.failure is GONE
        assert not placed.began
        await until(lambda: scene.over)
        assert scene.announcer.said == []

    on_stage(act)


def test_three_failures_in_a_row_are_enough_and_the_queue_is_kept(
    on_stage: Callable[[Act], None],
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


def test_one_track_is_repeated_until_it_is_skipped(on_stage: Callable[[Act], None]) -> None:
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


def test_the_queue_is_repeated(on_stage: Callable[[Act], None]) -> None:
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


def test_back_to_what_was_played_before(on_stage: Callable[[Act], None]) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b", "c")
        assert not scene.player.previous()
        scene.player.skip()
        await until(lambda: scene.title == "b")
        assert scene.player.previous()
        await until(lambda: scene.title == "a" and scene.player.is_sounding)
        assert scene.waiting == ["b", "c"]

    on_stage(act)


def test_autoplay_goes_on_with_what_was_not_heard_of_late(on_stage: Callable[[Act], None]) -> None:
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


def test_a_pause_holds_while_a_track_is_opened(on_stage: Callable[[Act], None]) -> None:
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


def test_a_seek_holds_while_a_track_is_opened(on_stage: Callable[[Act], None]) -> None:
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


def test_the_length_is_known_once_the_file_tells(on_stage: Callable[[Act], None]) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a")
        session = scene.player.session()
        assert session is not None
        assert session.track.duration_ms == pytest.approx(1000, abs=30)

    on_stage(act)


def test_alone_it_leaves_after_a_while(on_stage: Callable[[Act], None]) -> None:
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


def test_it_plays_on_where_it_is_put(on_stage: Callable[[Act], None]) -> None:
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
    on_stage: Callable[[Act], None], channels: set[str], said: object
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
    on_stage: Callable[[Act], None],
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
    on_stage: Callable[[Act], None], failure: VoiceFailure, tries: int
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
    on_stage: Callable[[Act], None],
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


def test_a_session_is_handed_over_as_it_is(on_stage: Callable[[Act], None]) -> None:
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
def test_a_session_is_taken_up_where_another_left_it(
    on_stage: Callable[[Act], None], *, is_paused: bool
) -> None:
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


def test_an_answer_is_the_card_of_its_track_alone(on_stage: Callable[[Act], None]) -> None:
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


def test_whoever_wishes_to_be_forgotten_is(on_stage: Callable[[Act], None]) -> None:
    async def act(scene: Scene) -> None:
        await scene.play("a", "b")
        await scene.player.play([entry("c", requester_id="8")])
        scene.player.forget({"7"})
        assert scene.player.track is not None
        assert (scene.player.track.requested_by, scene.player.track.requester_id) == ("", "")
        assert [one.track.requester_id for one in scene.player.queue] == ["", "8"]
        assert scene.player.is_sounding

    on_stage(act)
