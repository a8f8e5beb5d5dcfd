"""Orders about what plays: who may give them, what they do, and what is said of it to whom."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.music.orders import PlayerCommand
from lib.ports import DiscordError, FailureReason
from lib.ports.player import LoopMode, MusicSettings
from tests.worker.fakes.desk import AtTheDesk, C, Desk
from tests.worker.fakes.scene import GUILD, LOUNGE, until
from worker.audio.failures import SourceError, SourceFailure
from worker.ending import DONE

REFUSED, DISMISSED = FailureReason.REFUSED, FailureReason.DISMISSED


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


def test_a_card_whose_track_has_ended_loses_its_buttons_when_one_is_pressed(
    at_the_desk: AtTheDesk,
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        ended = desk.player.play_id
        desk.player.skip()
        await until(lambda: desk.player.is_sounding)
        for command in (C.PAUSE, C.SKIP):
            await desk.give(command, button=True, play_id=ended)
            told, taken = desk.discord.said[-2:]
            assert (told.kind, told.is_private) == ("follow-up", True)
            assert "already ended" in told.text
            assert (taken.kind, taken.body) == ("edit", {"components": []})  # and all else stays
        desk.discord.error = DiscordError(
            "edit_original", status=404, code=10008, detail="Unknown Message"
        )
        assert (await desk.give(C.SKIP, button=True, play_id=ended)).reason is DISMISSED
        desk.discord.error = None
        await desk.give(C.STOP)
        await desk.give(C.STOP, button=True, play_id=ended)
        assert desk.last.body == {"components": []}

    at_the_desk(act)


# --- orders that a lost worker had begun ---


@pytest.mark.parametrize("command", [C.SKIP, C.PAUSE, C.STOP, C.CLEAR, C.REMOVE])
def test_an_order_that_was_done_before_its_worker_was_lost_keeps_its_answer(
    at_the_desk: AtTheDesk, command: PlayerCommand
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        order_id, play_id = uuid4(), desk.player.play_id
        named = {"play_id": play_id, "track_id": str(next(iter(desk.player.queue)).id)}
        assert await desk.give(command, order_id=order_id, **named) is DONE
        before = len(desk.discord.said)
        ending = await desk.give(command, order_id=order_id, attempts=2, **named)
        (said,) = desk.discord.said[before:]
        assert (said.kind, said.is_private) == ("follow-up", True)
        assert said.text == ending.error
        assert "interrupted in the middle" in said.text

    at_the_desk(act)


def test_what_cannot_be_found_the_second_time_takes_no_answer_away(
    at_the_desk: AtTheDesk,
) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.sounds.failures["x"] = SourceError(SourceFailure.NO_RESULTS, "nothing")
        assert (await desk.give(C.PLAY, query="x", attempts=2)).reason is REFUSED
        assert [said.kind for said in desk.discord.said] == ["follow-up"]
        assert "Nothing was found" in desk.last.text

    at_the_desk(act)


def test_an_order_that_a_lost_worker_had_not_carried_out_is_carried_out(
    at_the_desk: AtTheDesk,
) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b")
        assert await desk.give(C.SKIP, play_id=desk.player.play_id, attempts=2) is DONE
        assert "Skipped **a**" in desk.last.text

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
