"""Orders: who may give them, what they do, and what is said of it to whom."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from lib.music.orders import PlayerCommand
from lib.ports import DiscordError, FailureReason, StoreError
from lib.ports.discord import DiscordAPI
from lib.ports.player import LoopMode, MusicSettings, Track
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.worker.fakes.orders import QuietDiscord, Said, given
from tests.worker.fakes.scene import GUILD, LOUNGE, Scene, run, until
from tests.worker.recordings import record
from worker.asking import Replies
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.opus import load_opus
from worker.ending import DONE, Ending
from worker.orders import Orders
from worker.player import Player
from worker.players import Players
from worker.plays import Plays
from worker.threads import Threads
from worker.voice import VoiceError, VoiceFailure

C = PlayerCommand
RUN = "a-run"
REFUSED, DISMISSED = FailureReason.REFUSED, FailureReason.DISMISSED


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    load_opus()
    return record(tmp_path_factory.mktemp("sounds") / "low.ogg", seconds=1).path


class Desk:
    """Orders with everything around them in memory."""

    def __init__(self, sound: Path) -> None:
        self.scene = Scene()
        self.scene.sounds.files = dict.fromkeys("abcd", sound)
        self.discord = QuietDiscord()
        self.store = MemoryPlayerStore(ManualClock())
        self.store.beat_worker(
            name="one", run=RUN, every_seconds=5, detail={}, sessions=(), begins=True
        )
        self.threads = Threads("test", count=1)
        self.players = Players(self.store, self.threads, self._make, run=RUN)
        replies = Replies(cast("DiscordAPI", self.discord), self.threads)  # what it needs of one
        plays = Plays(
            self.players,
            sounds=self.scene.sounds,
            settings=self.store,
            replies=replies,
            threads=self.threads,
        )
        self.orders = Orders(
            self.players, plays, settings=self.store, replies=replies, threads=self.threads
        )

    def _make(self, guild_id: str, on_over: Callable[[Player], None]) -> Player:
        scene = self.scene
        return Player(
            guild_id,
            voice=scene.voice,
            sounds=scene.sounds,
            suggest=scene._suggest,
            announcer=scene.announcer,
            on_over=on_over,
            rules=scene.rules,
        )

    @property
    def player(self) -> Player:
        player = self.players.find(GUILD)
        assert player is not None
        return player

    @property
    def last(self) -> Said:
        return self.discord.said[-1]

    async def give(self, command: PlayerCommand, **order: Any) -> Ending:  # noqa: ANN401 - as `given`
        return await self.orders.carry_out(given(command, **order))

    async def play(self, *titles: str, **order: Any) -> None:  # noqa: ANN401 - as `given`
        for title in titles:
            assert await self.give(C.PLAY, query=title, **order) is DONE

    async def close(self) -> None:
        if self.players.find(GUILD) is not None:
            await self.player.lose()
        self.threads.close()


@pytest.fixture
def at_the_desk(sound: Path) -> Callable[[Callable[[Desk], Coroutine[object, object, None]]], None]:
    def act(work: Callable[[Desk], Coroutine[object, object, None]]) -> None:
        async def acted() -> None:
            desk = Desk(sound)
            try:
                await work(desk)
            finally:
                await desk.close()

        run(acted())

    return act


AtTheDesk = Callable[[Callable[[Desk], Coroutine[object, object, None]]], None]


# --- /play ---


def test_the_first_track_is_answered_by_its_card(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        assert (desk.last.kind, desk.last.is_card) == ("edit", True)
        assert desk.scene.voice.joins == [LOUNGE]
        assert desk.player.track is not None
        assert (desk.player.track.requested_by, desk.player.track.requester_id) == ("Sam", "7")
        assert desk.store.sessions[GUILD].session.track.title == "a"
        assert [play.track.title for play in desk.store.plays] == ["a"]
        assert desk.scene.announcer.cards == []
        assert desk.scene.announcer.answers == [("1", "a", False)]

    at_the_desk(act)


def test_later_ones_are_told_their_place(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        await desk.play("c", next=True, locale="ja")
        assert desk.last.text == "**c** をキューの1番目に追加しました。"
        desk.scene.sounds.found["list"] = [Track(title=t, url=t) for t in "abcd"]
        await desk.play("list")
        assert desk.last.text == "Added 4 tracks to the queue, from place 3 on."
        assert [one.track.title for one in desk.store.queues[GUILD]] == list("cbabcd")

    at_the_desk(act)


def test_nobody_goes_before_what_others_wait_for(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        desk.scene.voice.people = {"7", "8"}
        await desk.play("c", user_id="8", next=True)
        assert desk.last.text == (
            "Added **c** to the queue, at place 2.\n"
            "Others are waiting already, so it comes after their tracks."
        )
        await desk.play("d", user_id="8", next=True, standing="dj")
        assert [one.track.title for one in desk.player.queue] == ["d", "b", "c"]
        desk.scene.voice.people = {"7"}
        await desk.play("a", next=True)
        assert [one.track.title for one in desk.player.queue] == ["a", "d", "b", "c"]

    at_the_desk(act)


def test_a_list_begins_with_its_first_track(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.sounds.found["list"] = [Track(title=t, url=t) for t in "abc"]
        await desk.play("list")
        assert desk.last.is_card
        assert desk.last.text == "2 more tracks were added to the queue."

    at_the_desk(act)


def test_an_order_that_is_claimed_twice_adds_its_tracks_once(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        one, two = uuid4(), uuid4()
        for order_id in (one, one, two, two):
            await desk.play("a", order_id=order_id)
        assert len(desk.store.plays) == 1
        assert len(desk.store.queues[GUILD]) == 1

    at_the_desk(act)


def test_what_is_not_found_is_said_to_whoever_asked(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.sounds.failures["x"] = SourceError(SourceFailure.NO_RESULTS, "nothing")
        ending = await desk.give(C.PLAY, query="x")
        assert ending.reason is REFUSED
        assert [said.kind for said in desk.discord.said] == ["delete", "follow-up"]
        assert desk.last.is_private
        assert "Nothing was found" in desk.last.text
        assert desk.players.find(GUILD) is None

    at_the_desk(act)


def test_what_cannot_be_opened_is_said_and_it_leaves_again(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.sounds.found["x"] = [Track(title="x", url="x")]
        failing = SourceError(SourceFailure.REGION, "not here")
        desk.scene.sounds.failures["y"] = failing
        desk.scene.sounds.found["x"] = [Track(title="x", url="y")]
        ending = await desk.give(C.PLAY, query="x")
        assert ending.reason is REFUSED
        assert "**x** cannot be played" in desk.last.text
        await until(lambda: desk.players.find(GUILD) is None)
        assert desk.scene.voice.has_left
        assert GUILD not in desk.store.sessions

    at_the_desk(act)


@pytest.mark.parametrize("failure", VoiceFailure)
def test_a_channel_that_cannot_be_joined_is_said(
    at_the_desk: AtTheDesk, failure: VoiceFailure
) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.voice.refusals = [VoiceError(failure)]
        ending = await desk.give(C.PLAY, query="a")
        assert ending.reason is REFUSED
        assert f"<#{LOUNGE}>" in desk.last.text
        await until(lambda: desk.players.find(GUILD) is None)
        assert GUILD not in desk.store.sessions

    at_the_desk(act)


def test_whoever_is_nowhere_or_elsewhere_is_told(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        ending = await desk.give(C.PLAY, query="a", channel_id="")
        assert ending.reason is REFUSED
        assert "Join a voice channel" in desk.last.text
        await desk.play("a")
        await desk.give(C.PLAY, query="b", channel_id="5")
        assert f"I am playing in <#{LOUNGE}>" in desk.last.text
        assert len(desk.player.queue) == 0

    at_the_desk(act)


def test_a_guild_begins_as_it_chose(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.store.settings[GUILD] = MusicSettings(volume=30, autoplay=True)
        await desk.play("a")
        session = desk.player.session()
        assert session is not None
        assert (session.volume, session.autoplay) == (30, True)

    at_the_desk(act)


def test_a_guild_that_another_worker_has_is_given_back(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.store.beat_worker(
            name="two", run="b", every_seconds=5, detail={}, sessions=(), begins=True
        )
        await desk.play("a")
        kept = desk.store.sessions[GUILD].session
        await desk.player.lose()
        desk.store.sessions[GUILD].run = "b"
        assert kept.guild_id == GUILD
        with pytest.raises(StoreError):
            await desk.give(C.PLAY, query="b")
        assert desk.scene.voice.joins == [LOUNGE]  # it did not even come

    at_the_desk(act)


def test_a_session_that_waits_is_taken_up_before_an_order_for_it(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        await desk.player.hand_over()
        desk.store.sessions[GUILD].run = "a run that ended"
        assert await desk.give(C.PAUSE) is DONE
        assert desk.player.is_paused
        assert desk.store.sessions[GUILD].run == RUN

    at_the_desk(act)


# --- controls ---


def test_what_is_ordered_is_done_and_said(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b", "c")
        b, c = (one.id for one in desk.player.queue)
        orders: list[tuple[PlayerCommand, dict[str, object], str]] = [
            (C.VOLUME, {"volume": 50}, "🔊 The volume is 50% now."),
            (C.LOOP, {"loop_mode": "queue"}, "🔁 The queue is repeated from now on."),
            (C.AUTOPLAY, {"on": True}, "✨ When the queue ends, I choose what goes on."),
            (C.AUTOPLAY, {"on": False}, "Autoplay is off."),
            (C.SHUFFLE, {}, "🔀 Shuffled 2 tracks."),
            (C.MOVE, {"track_id": str(c), "place": 1}, "Moved **c** to place 1."),
            (C.SEEK, {"position_ms": 500}, "⏩ It plays from 0:00 now."),
            (C.REMOVE, {"track_id": str(b)}, "Removed **b** from the queue."),
            (C.CLEAR, {}, "🧹 Emptied the queue. What plays goes on."),
            (C.PAUSE, {}, "⏸ Paused at 0:00."),
            (C.RESUME, {}, "▶ On it goes, from 0:00."),
        ]
        for command, payload, said in orders:
            assert await desk.give(command, **payload) is DONE, command
            assert (desk.last.kind, desk.last.text) == ("edit", said)
        session = desk.store.sessions[GUILD].session
        assert (session.volume, session.loop_mode) == (50, LoopMode.QUEUE)
        assert desk.store.settings[GUILD] == MusicSettings(volume=50)
        assert desk.store.queues[GUILD] == []

    at_the_desk(act)


def test_what_makes_no_sense_is_refused_in_private(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        gone = str(uuid4())
        orders: list[tuple[PlayerCommand, dict[str, object], str]] = [
            (C.RESUME, {}, "playing already"),
            (C.SEEK, {"position_ms": 5000}, "only 0:01 long"),
            (C.SHUFFLE, {}, "too few"),
            (C.MOVE, {"track_id": gone}, "no longer waits"),
            (C.REMOVE, {"track_id": gone}, "no longer waits"),
            (C.CLEAR, {}, "No tracks wait"),
            (C.PREVIOUS, {}, "Nothing was played before"),
        ]
        for command, payload, said in orders:
            ending = await desk.give(command, **payload)
            assert ending.reason is REFUSED, command
            assert desk.last.is_private
            assert said in desk.last.text
        await desk.give(C.PAUSE)
        assert (await desk.give(C.PAUSE)).reason is REFUSED

    at_the_desk(act)


def test_a_stop_ends_it_all(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        assert await desk.give(C.STOP) is DONE
        assert desk.scene.voice.has_left
        assert "Stopped" in desk.last.text
        assert GUILD not in desk.store.sessions
        ending = await desk.give(C.SKIP)
        assert ending.reason is DISMISSED
        assert "Nothing is playing" in desk.last.text
        assert (await desk.give(C.VOLUME, volume=5)).reason is REFUSED

    at_the_desk(act)


def test_the_channel_is_told_of_a_stop_that_nobody_in_it_gave(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        assert await desk.give(C.STOP, dashboard=True) is DONE
        (said,) = desk.scene.announcer.said
        assert said.en.startswith("⏹ Stopped from the dashboard.")
        await desk.play("c")
        assert await desk.give(C.STOP) is DONE  # whoever gives it in Discord is answered there
        assert desk.scene.announcer.said == [said]

    at_the_desk(act)


@pytest.mark.parametrize("command", [C.PAUSE, C.RESUME, C.SKIP, C.SEEK, C.PREVIOUS])
def test_an_order_that_means_an_ended_track_is_dismissed(
    at_the_desk: AtTheDesk, command: PlayerCommand
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        ended = desk.player.play_id
        desk.player.skip()
        await until(lambda: desk.player.is_sounding)
        for named in (
            {"play_id": ended},
            {"track_title": "a", "track_url": "a", "dashboard": True},
        ):
            ending = await desk.give(command, **named)
            assert ending.reason is DISMISSED
            assert ending.error == "That track has already ended, so nothing was changed."
        assert desk.player.track is not None
        assert desk.player.track.title == "b"
        assert desk.player.is_sounding

    at_the_desk(act)


def test_a_dashboard_may_do_all_and_reads_what_came_of_it_in_the_row(
    at_the_desk: AtTheDesk,
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        said = len(desk.discord.said)
        desk.scene.voice.people = {"1", "2", "3"}
        named = {"track_title": "a", "track_url": "a"}
        assert await desk.give(C.SKIP, dashboard=True, **named) is DONE
        await until(lambda: desk.player.is_sounding)
        assert await desk.give(C.PLAY, dashboard=True, query="c") is DONE
        assert len(desk.player.queue) == 1
        assert len(desk.discord.said) == said

    at_the_desk(act)


# --- who may ---


@pytest.mark.parametrize(
    ("user_id", "standing", "people", "said"),
    [
        ("7", "member", {"7", "8", "9"}, "Skipped **a**"),  # whose track it is
        ("8", "member", {"8"}, "Skipped **a**"),  # alone with it
        ("8", "dj", {"7", "9"}, "Skipped **a**"),  # even from elsewhere
        ("8", "member", {"7", "8", "9"}, "1 of 2 votes for skipping"),
    ],
)
def test_who_may_skip(
    at_the_desk: AtTheDesk, user_id: str, standing: str, people: set[str], said: str
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        desk.scene.voice.people = people
        assert await desk.give(C.SKIP, user_id=user_id, standing=standing) is DONE
        assert said in desk.last.text
        assert not desk.last.is_private

    at_the_desk(act)


def test_whose_track_it_is_has_no_more_say_in_the_rest(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        desk.scene.voice.people = {"7", "8"}
        assert await desk.give(C.STOP) is DONE
        assert "1 of 2 votes for stopping" in desk.last.text
        assert await desk.give(C.STOP, user_id="8", locale="ja") is DONE
        assert "停止し" in desk.last.text

    at_the_desk(act)


def test_own_tracks_may_be_taken_out_of_the_queue(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        await desk.play("c", user_id="8")
        desk.scene.voice.people = {"7", "8"}
        b, c = (one.id for one in desk.player.queue)
        await desk.give(C.REMOVE, track_id=str(c))
        assert "votes" in desk.last.text
        await desk.give(C.REMOVE, track_id=str(b))
        assert "Removed **b**" in desk.last.text

    at_the_desk(act)


def test_whoever_does_not_listen_has_no_say(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        ending = await desk.give(C.PAUSE, user_id="9")
        assert ending.reason is REFUSED
        assert f"<#{LOUNGE}>" in desk.last.text

    at_the_desk(act)


# --- buttons ---


def test_a_button_shows_its_effect_on_the_card(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        play_id = desk.player.play_id
        await desk.give(C.PAUSE, button=True, play_id=play_id)
        assert (desk.last.kind, desk.last.is_card) == ("edit", True)
        ending = await desk.give(C.PAUSE, button=True, play_id=play_id)
        assert ending.reason is REFUSED
        assert (desk.last.kind, desk.last.is_private) == ("follow-up", True)  # the card stays
        assert not any(said.kind == "delete" for said in desk.discord.said)

    at_the_desk(act)


def test_a_vote_by_a_button_leaves_the_card_as_it_is(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        desk.scene.voice.people = {"7", "8", "9"}
        await desk.give(C.SKIP, button=True, user_id="8", play_id=desk.player.play_id)
        assert desk.last.kind == "follow-up"
        assert "1 of 2" in desk.last.text

    at_the_desk(act)


# --- faults ---


def test_what_is_no_order_is_no_fault_of_ours(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        ending = await desk.give(C.PLAY)
        assert ending.reason is FailureReason.ERROR
        assert "nothing to play" in ending.error

    at_the_desk(act)


def test_an_answer_that_does_not_arrive_changes_nothing(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        desk.discord.error = DiscordError("edit_original", status=404, code=10008, detail="gone")
        await desk.play("a")
        assert desk.player.is_sounding
        assert await desk.give(C.PAUSE) is DONE
        assert (await desk.give(C.PAUSE)).reason is REFUSED

    at_the_desk(act)


def test_what_plays_needs_no_database(at_the_desk: AtTheDesk) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a")
        desk.store.is_down = True
        assert await desk.give(C.VOLUME, volume=20) is DONE
        assert "20%" in desk.last.text
        assert desk.player.is_sounding
        desk.store.is_down = False
        await desk.player.settled()
        assert desk.store.sessions[GUILD].session.volume == 20

    at_the_desk(act)
