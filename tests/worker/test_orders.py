"""`/play`: what is answered, what waits, and what is said of what cannot be played."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.ports import FailureReason, StoreError
from lib.ports.player import MusicSettings, Track
from tests.worker.fakes.desk import RUN, AtTheDesk, C, Desk
from tests.worker.fakes.scene import GUILD, LOUNGE, until
from worker.audio.failures import SourceError, SourceFailure
from worker.ending import DONE
from worker.voice import VoiceError, VoiceFailure

REFUSED, DISMISSED = FailureReason.REFUSED, FailureReason.DISMISSED


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
