"""The worker's heartbeat, and what it does of what it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lib.ports import StoreError
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.worker.fakes.scene import GUILD, LOUNGE, Scene, entry, run, until
from worker.beats import Beats
from worker.player import Player
from worker.players import Players
from worker.threads import Threads


class House:
    """A worker's players and its beat, over a database in memory."""

    def __init__(
        self, sound: Path, store: MemoryPlayerStore, name: str = "one", run: str = "a"
    ) -> None:
        self.scene = Scene()
        self.scene.sounds.files = dict.fromkeys("abc", sound)
        self.store = store
        self.threads = Threads("test", count=1)
        self.players = Players(store, self.threads, self.scene.make, run=run)
        self.may_adopt = True
        self.beats = Beats(
            store,
            self.threads,
            self.players,
            name=name,
            run=run,
            detail=lambda: {"ping_gateway": 41},
            may_adopt=lambda: self.may_adopt,
        )

    async def play(self, *titles: str) -> Player:
        reading = self.store.read_player(guild_id=GUILD)
        player = self.players.new(GUILD, reading.settings)
        first = entry(titles[0])
        assert await player.claim(first, channel_id=LOUNGE)
        await player.join(LOUNGE)
        await player.play([first, *map(entry, titles[1:])])
        await player.settled()
        return player

    async def close(self) -> None:
        await self.players.lose_all()
        self.threads.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryPlayerStore:
    return MemoryPlayerStore(clock)


def test_it_tells_where_its_sessions_are(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        house = House(sound, store)
        assert await house.beats.beat()
        await house.play("a")
        house.scene.voice.send(25)
        assert await house.beats.beat()
        assert store.sessions[GUILD].session.position_ms == pytest.approx(500, abs=25)
        assert store.sessions[GUILD].session.is_playing
        assert store.workers["one"].run == "a"
        await house.close()

    run(act())


def test_a_session_that_is_not_kept_yet_is_not_lost(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        house = House(sound, store)
        assert await house.beats.beat()
        store.refuse("save_session", *[StoreError("save_session", "unreachable", "away")] * 2)
        player = house.players.new(GUILD, store.read_player(guild_id=GUILD).settings)
        await player.join(LOUNGE)
        await player.play([entry("a")])
        assert await house.beats.beat()
        assert player.is_sounding
        assert not player.is_over
        await house.close()

    run(act())


def test_what_another_has_is_let_go(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        house = House(sound, store)
        assert await house.beats.beat()
        player = await house.play("a")
        other = House(sound, store, "two", "another")
        assert await other.beats.beat()
        store.sessions[GUILD].run = "another"
        assert await house.beats.beat()
        assert player.is_over
        assert house.scene.voice.was_let_go
        assert len(house.players) == 0
        await other.close()
        await house.close()

    run(act())


def test_leaving_many_at_once_keeps_no_beat_waiting(
    sound: Path, store: MemoryPlayerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord is slow to be left, and a worker that does not beat is taken for dead."""

    async def act() -> None:
        house = House(sound, store)
        leaving = most = 0

        async def slow() -> None:
            nonlocal leaving, most
            leaving += 1
            most = max(most, leaving)
            await asyncio.sleep(0.05)
            leaving -= 1

        assert await house.beats.beat()
        monkeypatch.setattr(house.scene.voice, "let_go", slow)
        guilds = [str(1180000000000000001 + number) for number in range(5)]
        for guild_id in guilds:
            player = house.players.new(guild_id, store.read_player(guild_id=guild_id).settings)
            assert await player.claim(entry("a"), channel_id=LOUNGE)
        other = House(sound, store, "two", "another")
        assert await other.beats.beat()
        for guild_id in guilds:
            store.sessions[guild_id].run = "another"
        assert await house.beats.beat()
        assert most == len(guilds)
        await other.close()
        await house.close()

    run(act())


def test_a_player_that_cannot_leave_ends_no_beat(
    sound: Path, store: MemoryPlayerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        house = House(sound, store)

        async def fail() -> None:
            raise RuntimeError("a fault")

        assert await house.beats.beat()
        await house.play("a")
        monkeypatch.setattr(house.scene.voice, "let_go", fail)
        other = House(sound, store, "two", "another")
        assert await other.beats.beat()
        store.sessions[GUILD].run = "another"
        assert await house.beats.beat()
        assert await house.beats.beat()
        assert len(house.players) == 0  # and the guild can be played in again
        await other.close()
        await house.close()

    run(act())


def test_a_lost_workers_sessions_are_taken_up(
    sound: Path, store: MemoryPlayerStore, clock: ManualClock
) -> None:
    async def act() -> None:
        lost = House(sound, store, "lost", "l")
        assert await lost.beats.beat()
        await lost.play("a", "b")
        lost.scene.voice.send(25)
        assert await lost.beats.beat()
        await lost.close()
        clock.advance(16)
        house = House(sound, store)
        house.may_adopt = False
        assert await house.beats.beat()
        assert len(house.players) == 0  # Discord has not told of its guilds yet
        house.may_adopt = True
        assert await house.beats.beat()
        player = house.players.find(GUILD)
        assert player is not None
        await until(lambda: player.is_sounding)
        assert player.position_ms == pytest.approx(500, abs=25)
        assert [one.track.title for one in player.queue] == ["b"]
        assert store.sessions[GUILD].run == "a"
        await house.close()

    run(act())


def test_it_ends_when_another_run_has_its_name(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        first, second = House(sound, store, run="a"), House(sound, store, run="b")
        assert await first.beats.beat()
        assert await second.beats.beat()
        assert not await first.beats.beat()
        await first.beats.beat_on()  # comes back
        await first.close()
        await second.close()

    run(act())


def test_whoever_wishes_to_be_forgotten_is(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        house = House(sound, store)
        assert await house.beats.beat()
        player = await house.play("a", "b")
        store.delete_user_data("7")
        assert await house.beats.beat()
        assert player.track is not None
        assert player.track.requester_id == ""
        assert [one.track.requested_by for one in player.queue] == [""]
        await house.close()

    run(act())


def test_the_end_is_said(sound: Path, store: MemoryPlayerStore) -> None:
    async def act() -> None:
        house = House(sound, store)
        assert await house.beats.beat()
        await house.beats.end()
        assert store.workers == {}
        store.is_down = True
        await house.beats.end()  # the log says that it was not
        await house.close()

    run(act())
