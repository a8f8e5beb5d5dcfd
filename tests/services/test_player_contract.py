"""What a player's store promises to the functions, by the real one and its twin in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.ports import JsonObject, StoreError
from lib.ports.player import (
    MusicSettings,
    Ordered,
    PlayerReading,
    Track,
)
from tests.services.player_steps import (
    ANNA,
    BEN,
    GUILD,
    OTHER_GUILD,
    SESSION,
    TRACK,
    UNNAMED,
    at,
    beat,
    order,
    play,
    played,
    reading,
    save,
    waiting,
)
from tests.services.player_worlds import PlayerWorld


class TestOrders:
    def test_nobody_is_there_to_do_it(self, player_world: PlayerWorld) -> None:
        assert player_world.players.order_player(order()) is Ordered.NO_WORKER
        beat(player_world)
        assert player_world.players.order_player(order()) is Ordered.ORDERED
        player_world.let_pass(16)
        assert player_world.players.order_player(order()) is Ordered.NO_WORKER

    def test_nobody_keeps_the_others_from_the_player_with_wishes_of_their_own(
        self, player_world: PlayerWorld
    ) -> None:
        beat(player_world)
        players = player_world.players
        for _ in range(5):
            assert players.order_player(order("play")) is Ordered.ORDERED
        assert players.order_player(order("play")) is Ordered.TOO_MANY
        assert players.order_player(order("play", user={"id": BEN})) is Ordered.ORDERED
        assert players.order_player(order("play", OTHER_GUILD)) is Ordered.ORDERED
        assert players.order_player(order("skip")) is Ordered.ORDERED

    def test_an_order_that_was_given_is_known(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        given = order()
        players = player_world.players
        assert not players.read_player(guild_id=GUILD, order_id=given.id).is_ordered
        for _ in range(2):
            assert players.order_player(given) is Ordered.ORDERED
        assert players.read_player(guild_id=GUILD, order_id=given.id).is_ordered
        assert not reading(player_world).is_ordered
        player_world.let_pass(16)
        assert players.order_player(given) is Ordered.ORDERED

    @pytest.mark.parametrize("command", ["answer", "dance"])
    def test_what_no_player_does_is_refused(self, player_world: PlayerWorld, command: str) -> None:
        beat(player_world)
        with pytest.raises(StoreError):
            player_world.players.order_player(order(command))

    @pytest.mark.parametrize("permissions", [str(2**70), "many", ""])
    def test_permissions_may_be_anything(self, player_world: PlayerWorld, permissions: str) -> None:
        beat(player_world)
        given = order(permissions=permissions)
        assert player_world.players.order_player(given) is Ordered.ORDERED


class TestReading:
    def test_nothing_plays(self, player_world: PlayerWorld) -> None:
        assert reading(player_world) == PlayerReading(
            has_worker=False,
            session=None,
            queue=(),
            waiting=0,
            waiting_ms=0,
            settings=MusicSettings(),
        )

    def test_a_session_is_read_as_it_was_kept(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        assert reading(player_world).session == SESSION
        assert reading(player_world, OTHER_GUILD).session is None

    def test_what_plays_moves_and_what_is_paused_does_not(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        player_world.let_pass(10)
        assert reading(player_world).session == SESSION
        beat(player_world, sessions=[at(2000)])
        player_world.let_pass(10)
        session = reading(player_world).session
        assert session is not None
        assert session.is_playing
        assert 12_000 <= session.position_ms < 30_000
        player_world.let_pass(3600)
        beat(player_world)
        session = reading(player_world).session
        assert session is not None
        assert session.position_ms == TRACK.duration_ms

    def test_what_nobody_knows_the_length_of(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        live = replace(SESSION, track=replace(TRACK, duration_ms=0), is_playing=True)
        player_world.players.save_session(run="run-1", session=live)
        player_world.let_pass(3600)
        beat(player_world)
        session = reading(player_world).session
        assert session is not None
        assert session.track.duration_ms == 0
        assert session.position_ms >= 3_600_000

    def test_where_its_worker_is_lost_nothing_plays_any_more(
        self, player_world: PlayerWorld
    ) -> None:
        beat(player_world)
        save(player_world)
        beat(player_world, sessions=[at(2000)])
        player_world.let_pass(600)
        session = reading(player_world).session
        assert session is not None
        assert (session.is_playing, session.position_ms) == (False, 2000)

    def test_a_row_of_another_bot(self, player_world: PlayerWorld) -> None:
        player_world.insert_plainly(GUILD)
        session = reading(player_world).session
        assert session is not None
        assert (session.track, session.play_id) == (Track(title="", url=""), "")
        assert (session.is_playing, session.position_ms, session.channel_id) == (False, 0, "")

    def test_a_page_of_what_waits(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        queue = [waiting(str(number)) for number in range(13)]
        assert player_world.players.save_queue(run="run-1", guild_id=GUILD, queue=queue)
        said = player_world.players.read_player(guild_id=GUILD, offset=10, limit=10)
        assert said.queue == tuple(queue[10:])
        assert (said.waiting, said.waiting_ms) == (13, 13 * TRACK.duration_ms)
        assert len(reading(player_world).queue) == 10


class TestPlays:
    def test_what_was_played_the_newest_first(self, player_world: PlayerWorld) -> None:
        before = player_world.now()
        played(player_world, *(play(title) for title in "abc"), play("x", OTHER_GUILD))
        page = player_world.players.read_plays(guild_id=GUILD, offset=1, limit=1)
        assert page.total == 3
        (told,) = page.plays
        assert told.track == replace(TRACK, title="b", url="https://example.org/b")
        assert told.played_at is not None
        assert abs(told.played_at - before) < timedelta(minutes=1)

    def test_a_play_that_is_told_of_again_is_the_same(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        once = play("a")
        for _ in range(2):
            assert save(player_world, play=once)
        assert player_world.players.read_plays(guild_id=GUILD).total == 1

    def test_suggestions(self, player_world: PlayerWorld) -> None:
        suggest = player_world.players.suggest_tracks
        played(
            player_world,
            play("La mer"),
            play("100 % Rêverie"),
            play("Old", url="https://example.org/La mer"),
            play("Merry", OTHER_GUILD),
        )
        both = suggest(guild_id=GUILD, typed="")
        assert [track.title for track in both] == ["Old", "100 % Rêverie"]
        assert both[0] == Track(title="Old", url="https://example.org/La mer")
        assert [track.title for track in suggest(guild_id=GUILD, typed="", limit=1)] == ["Old"]
        assert [track.title for track in suggest(guild_id=GUILD, typed="% r")] == ["100 % Rêverie"]
        assert [track.title for track in suggest(guild_id=GUILD, typed="MER")] == ["La mer"]
        assert list(suggest(guild_id=GUILD, typed="_")) == []

    def test_something_of_the_past(self, player_world: PlayerWorld) -> None:
        pick = player_world.players.pick_track
        assert pick(guild_id=GUILD, without=()) is None
        played(player_world, play("a"), play("b"), play("x", OTHER_GUILD))
        picked = pick(guild_id=GUILD, without=["https://example.org/b"])
        assert picked == replace(UNNAMED, title="a", url="https://example.org/a")
        assert pick(guild_id=GUILD, without=[f"https://example.org/{t}" for t in "ab"]) is None


class TestSettings:
    def change(self, world: PlayerWorld, changes: JsonObject) -> MusicSettings:
        return world.players.change_music_settings(guild_id=GUILD, changes=changes, user_id=ANNA)

    def test_what_is_named_changes(self, player_world: PlayerWorld) -> None:
        assert self.change(player_world, {"volume": 0}) == MusicSettings(volume=0)
        told = self.change(player_world, {"dj_role_id": "5", "autoplay": True})
        assert told == MusicSettings(dj_role_id="5", volume=0, autoplay=True)
        assert reading(player_world).settings == told
        assert reading(player_world, OTHER_GUILD).settings == MusicSettings()

    def test_none_is_the_default(self, player_world: PlayerWorld) -> None:
        self.change(player_world, {"dj_role_id": "5", "volume": 0, "autoplay": True})
        nothing = {"dj_role_id": None, "volume": None, "autoplay": None}
        assert self.change(player_world, nothing) == MusicSettings()

    @pytest.mark.parametrize(
        "wrong", [{"volume": 201}, {"volume": -1}, {"dj_role_id": "x"}, {"dj_role_id": ""}]
    )
    def test_what_cannot_be_is_refused(self, player_world: PlayerWorld, wrong: JsonObject) -> None:
        with pytest.raises(StoreError):
            self.change(player_world, wrong)
        assert reading(player_world).settings == MusicSettings()
