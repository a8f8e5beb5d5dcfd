"""What is kept of a session: the newest of it, as soon as the database is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lib.ports.player import Session
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.worker.fakes.scene import GUILD, Scene, entry, run, until
from worker import keeping
from worker.keeping import SessionKeeper
from worker.threads import Threads

RUN = "a-run"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSES_SECONDS", (0.01,))


class Kept:
    """A scene whose player is kept in a database in memory."""

    def __init__(self, sound: Path) -> None:
        self.scene = Scene()
        self.scene.sounds.files = dict.fromkeys("abc", sound)
        self.store = MemoryPlayerStore(ManualClock())
        for name, run_of_it in (("one", RUN), ("two", "another")):
            self.store.beat_worker(
                name=name, run=run_of_it, every_seconds=5, detail={}, sessions=(), begins=True
            )
        self.threads = Threads("test", count=1)
        self.lost: list[str] = []
        self.keeper = SessionKeeper(
            self.store, self.threads, run=RUN, player=self.scene.player, on_lost=self._lose
        )
        self.scene.player.keep_with(self.keeper)

    def _lose(self) -> None:
        self.lost.append(GUILD)

    @property
    def session(self) -> Session:
        return self.store.sessions[GUILD].session


def test_the_session_the_queue_and_each_play_are_kept(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a", "b", "c")
        await kept.scene.player.settled()
        assert kept.keeper.is_kept
        assert kept.session.track.title == "a"
        assert [one.track.title for one in kept.store.queues[GUILD]] == ["b", "c"]
        kept.scene.player.skip()
        await until(lambda: len(kept.store.plays) == 2)
        assert [play.track.title for play in kept.store.plays] == ["a", "b"]
        await kept.scene.player.end()
        assert GUILD not in kept.store.sessions
        assert kept.store.queues[GUILD] == []

    run(act())


def test_what_came_while_the_database_was_away_is_kept_afterwards(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a", "b", "c")
        await kept.scene.player.settled()
        kept.store.is_down = True
        kept.scene.player.skip()
        await until(lambda: kept.scene.title == "b" and kept.scene.player.is_sounding)
        await asyncio.sleep(0.03)
        kept.scene.player.skip()
        await until(lambda: kept.scene.title == "c" and kept.scene.player.is_sounding)
        kept.scene.player.set_volume(40)
        await asyncio.sleep(0.03)
        kept.store.is_down = False
        await until(lambda: len(kept.store.plays) == 3)
        await kept.scene.player.settled()
        assert [play.track.title for play in kept.store.plays] == ["a", "b", "c"]
        assert (kept.session.track.title, kept.session.volume) == ("c", 40)
        assert kept.store.queues[GUILD] == []
        await kept.scene.player.end()

    run(act())


def test_what_waits_is_sent_again_only_where_it_has_changed(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a", "b", "c")
        await kept.scene.player.settled()
        sent = kept.store.calls.count("save_queue")
        for user_id in ("1", "2", "3"):  # somebody is forgotten, of whom nothing waits
            kept.scene.player.forget({user_id})
            await kept.scene.player.settled()
        assert kept.store.calls.count("save_queue") == sent
        kept.scene.player.queue.shuffle()
        kept.scene.player.queue.take(next(iter(kept.scene.player.queue)).id)
        kept.scene.player.queue_changed()
        await kept.scene.player.settled()
        assert kept.store.queues[GUILD] == list(kept.scene.player.queue)
        await kept.scene.player.end()

    run(act())


def test_what_waits_is_sent_again_to_a_database_that_was_away(sound: Path) -> None:
    """Another worker may have thought this one dead, and forgotten what waited here."""

    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a", "b", "c")
        await kept.scene.player.settled()
        kept.store.is_down = True
        kept.scene.player.forget({"1"})
        await asyncio.sleep(0.03)
        kept.store.queues[GUILD] = []
        kept.store.is_down = False
        await until(lambda: len(kept.store.queues[GUILD]) == 2)
        await kept.scene.player.end()

    run(act())


def test_a_guild_that_another_run_holds_is_lost(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a")
        await kept.scene.player.settled()
        kept.store.sessions[GUILD].run = "another"
        kept.scene.player.set_volume(40)
        await until(lambda: kept.lost)
        assert kept.session.volume == 100
        assert not kept.keeper.is_kept
        kept.scene.player.set_volume(50)
        await kept.scene.player.settled()
        assert kept.lost == [GUILD]
        await kept.scene.player.lose()

    run(act())


def test_an_end_is_kept_once_the_database_is_there_again(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a")
        await kept.scene.player.settled()
        kept.store.is_down = True
        ending = asyncio.create_task(kept.scene.player.end())
        await until(lambda: kept.scene.voice.has_left)
        await asyncio.sleep(0.03)
        assert not ending.done()
        kept.store.is_down = False
        await ending
        assert GUILD not in kept.store.sessions

    run(act())


def test_many_changes_at_once_are_kept_together(sound: Path) -> None:
    async def act() -> None:
        kept = Kept(sound)
        await kept.scene.play("a")
        await kept.scene.player.settled()
        before = kept.store.calls.count("save_session")
        for percent in range(50):
            kept.scene.player.set_volume(percent)
        await kept.scene.player.settled()
        assert kept.session.volume == 49
        assert kept.store.calls.count("save_session") - before <= 2
        kept.scene.player.queue.add([entry("b")])
        await kept.scene.player.end()

    run(act())
