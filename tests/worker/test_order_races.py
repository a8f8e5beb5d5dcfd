"""Orders that come while another one is under way, and orders that meet a fault of ours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from lib.music.orders import PlayerCommand
from lib.ports import FailureReason
from lib.ports.player import Play, Session, Track
from tests.worker.fakes.desk import AtTheDesk, Desk
from tests.worker.fakes.orders import given
from tests.worker.fakes.scene import GUILD, until
from worker.ending import DONE

C = PlayerCommand


def test_what_is_stopped_before_it_came_to_the_channel_does_not_play(
    at_the_desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(desk: Desk) -> None:
        may_save = threading.Event()
        save = desk.store.save_session

        def slow(*, run: str, session: Session, play: Play | None = None) -> bool:
            may_save.wait(5)
            return save(run=run, session=session, play=play)

        monkeypatch.setattr(desk.store, "save_session", slow)
        playing = asyncio.create_task(desk.give(C.PLAY, query="a"))
        await until(lambda: (p := desk.players.find(GUILD)) is not None and p.track is not None)
        stopping = asyncio.create_task(desk.give(C.STOP))
        await asyncio.sleep(0.05)
        may_save.set()
        assert await stopping is DONE
        ending = await playing
        assert ending.reason is FailureReason.REFUSED
        assert ending.error == "It was stopped before it began."
        assert desk.scene.voice.joins == []
        await until(lambda: GUILD not in desk.store.sessions)

    at_the_desk(act)


@pytest.mark.parametrize("command", [C.STOP, C.SKIP])
def test_what_is_stopped_while_it_is_opened_is_no_success(
    at_the_desk: AtTheDesk, command: PlayerCommand
) -> None:
    async def act(desk: Desk) -> None:
        desk.scene.sounds.may_open.clear()
        playing = asyncio.create_task(desk.give(C.PLAY, query="a"))
        await until(lambda: desk.scene.voice.joins)
        await asyncio.sleep(0.02)
        assert await desk.give(command) is DONE
        ending = await playing
        assert ending.reason is FailureReason.REFUSED
        assert desk.last.text == "It was stopped before it began."

    at_the_desk(act)


def test_what_was_looked_up_while_the_player_left_plays_once_it_has_left(
    at_the_desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(desk: Desk) -> None:
        may_find, may_leave = asyncio.Event(), asyncio.Event()
        voice, sounds = desk.scene.voice, desk.scene.sounds
        find, leave = sounds.find, voice.leave

        async def slow_find(query: str) -> Sequence[Track]:
            await may_find.wait()
            return await find(query)

        async def slow_leave() -> None:
            await may_leave.wait()
            await leave()

        await desk.play("a")
        monkeypatch.setattr(sounds, "find", slow_find)
        monkeypatch.setattr(voice, "leave", slow_leave)
        playing = asyncio.create_task(desk.give(C.PLAY, query="b"))
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(desk.give(C.STOP))
        await until(lambda: desk.player.is_over)
        may_find.set()
        await asyncio.sleep(0.05)
        joins = len(voice.joins)
        may_leave.set()
        assert await stopping is DONE
        assert await playing is DONE
        assert joins == 1  # it did not come back while it left
        assert desk.player.is_sounding
        assert not voice.is_silent
        assert desk.store.sessions[GUILD].session.track.title == "b"

    at_the_desk(act)


@pytest.mark.parametrize("what", ["remove", "move", "volume", "seek"])
def test_votes_for_different_things_are_not_added_up(at_the_desk: AtTheDesk, what: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.play("a", "b", "c", user_id="1")
        desk.scene.voice.people = {"7", "8"}
        b, c = (str(one.id) for one in desk.player.queue)
        wishes: dict[str, tuple[dict[str, object], dict[str, object]]] = {
            "remove": ({"track_id": b}, {"track_id": c}),
            "move": ({"track_id": c, "place": 1}, {"track_id": c, "place": 2}),
            "volume": ({"volume": 10}, {"volume": 200}),
            "seek": ({"position_ms": 100}, {"position_ms": 900}),
        }
        one, other = wishes[what]
        for user_id, wish in (("7", one), ("8", other)):
            await desk.give(C(what), user_id=user_id, **wish)
            assert "1 of 2 votes" in desk.last.text
        await desk.give(C(what), user_id="7", **other)
        assert "votes" not in desk.last.text

    at_the_desk(act)


def test_a_fault_of_ours_is_told_to_whoever_asked(
    at_the_desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(desk: Desk) -> None:
        async def find(query: str) -> Sequence[Track]:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(desk.scene.sounds, "find", find)
        ending = await desk.orders.carry_out(given(C.PLAY, query="a", locale="ja"))
        assert ending.reason is FailureReason.ERROR
        assert ending.error == "OSError"
        assert desk.last.is_private
        assert "問題が発生" in desk.last.text

    at_the_desk(act)
