"""What a player's store promises to workers, by the real one and its twin in memory."""

from __future__ import annotations

from dataclasses import replace

from tests.services.player_steps import (
    ANNA,
    BEN,
    GUILD,
    OTHER_GUILD,
    SESSION,
    UNNAMED,
    WELL,
    at,
    beat,
    play,
    played,
    reading,
    save,
    titles,
    waiting,
)
from tests.services.player_worlds import PlayerWorld


class TestSessions:
    def test_a_worker_is_told_that_all_is_well(self, player_world: PlayerWorld) -> None:
        assert beat(player_world, begins=True) == WELL
        save(player_world)
        assert beat(player_world, sessions=[at(5)]) == WELL

    def test_a_name_is_one_runs(self, player_world: PlayerWorld) -> None:
        beat(player_world, "old", name="w")
        save(player_world, "old")
        assert beat(player_world, "new", name="w") == replace(WELL, replaced=True)
        assert beat(player_world, "new", name="w", begins=True) == replace(WELL, free=1)
        assert beat(player_world, "old", name="w") == replace(WELL, replaced=True)
        player_world.players.end_worker(name="w", run="old")
        assert beat(player_world, "new", name="w") == replace(WELL, free=1)

    def test_only_who_holds_a_guild_changes_it(self, player_world: PlayerWorld) -> None:
        players = player_world.players
        for run in ("run-1", "run-2"):
            beat(player_world, run)
        assert save(player_world, "run-1")
        assert not save(player_world, "run-2", play=play("a"))
        assert not players.save_queue(run="run-2", guild_id=GUILD, queue=[waiting("a")])
        assert not players.end_session(run="run-2", guild_id=GUILD)
        assert reading(player_world).session == SESSION
        assert reading(player_world).waiting == 0
        assert players.read_plays(guild_id=GUILD).total == 0
        lost = beat(player_world, "run-2", sessions=[at(1), at(1, OTHER_GUILD)]).lost
        assert lost == {GUILD, OTHER_GUILD}

    def test_a_dead_ones_guild_is_anybodys(self, player_world: PlayerWorld) -> None:
        save(player_world, "run-1")
        player_world.let_pass(16)
        assert beat(player_world, "run-2").free == 1
        assert save(player_world, "run-2")
        beat(player_world, "run-1")
        assert not save(player_world, "run-1")

    def test_the_end_of_a_session(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        player_world.players.save_queue(run="run-1", guild_id=GUILD, queue=[waiting("a")])
        assert player_world.players.end_session(run="run-1", guild_id=GUILD)
        assert not player_world.players.end_session(run="run-1", guild_id=GUILD)
        assert reading(player_world).session is None
        assert reading(player_world).waiting == 0

    def test_a_queue_is_what_was_told_last(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        one, two, three = (waiting(title) for title in ("one", "two", "three"))
        for queue, expected in (
            ([one, two, three], ["one", "two", "three"]),
            ([three, one], ["three", "one"]),
            ([one, three, one, two], ["one", "three", "two"]),
            ([], []),
        ):
            assert player_world.players.save_queue(run="run-1", guild_id=GUILD, queue=queue)
            assert titles(reading(player_world).queue) == expected


class TestGoingOn:
    def test_with_all_that_there_was(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        queue = (waiting("a"), waiting("b"))
        player_world.players.save_queue(run="run-1", guild_id=GUILD, queue=queue)
        settings = player_world.players.change_music_settings(
            guild_id=GUILD, changes={"volume": 70}, user_id=ANNA
        )
        beat(player_world, sessions=[at(42_000)])
        player_world.let_pass(60)
        beat(player_world, "run-2")
        (adopted,) = player_world.players.adopt_sessions(run="run-2", limit=10)
        assert adopted.session == replace(SESSION, position_ms=42_000)
        assert (adopted.queue, adopted.settings) == (queue, settings)
        assert player_world.players.adopt_sessions(run="run-2", limit=10) == ()
        assert save(player_world, "run-2")

    def test_as_many_as_asked_for_or_one_guilds(self, player_world: PlayerWorld) -> None:
        for guild_id in ("1", "2", "3"):
            save(player_world, guild_id=guild_id)
        beat(player_world, "run-2")
        adopt = player_world.players.adopt_sessions
        (second,) = adopt(run="run-2", limit=10, guild_id="2")
        assert second.session.guild_id == "2"
        assert len(adopt(run="run-2", limit=1)) == 1
        assert len(adopt(run="run-2", limit=9)) == 1

    def test_at_once_with_what_was_let_go_in_order(self, player_world: PlayerWorld) -> None:
        for run in ("run-1", "run-2"):
            beat(player_world, run)
        save(player_world, "run-1")
        assert player_world.players.adopt_sessions(run="run-2", limit=10) == ()
        player_world.players.end_worker(name="of run-1", run="run-1")
        assert beat(player_world, "run-2").free == 1
        (adopted,) = player_world.players.adopt_sessions(run="run-2", limit=10)
        assert adopted.session == SESSION

    def test_not_with_what_is_long_forgotten(self, player_world: PlayerWorld) -> None:
        beat(player_world)
        save(player_world)
        player_world.players.save_queue(run="run-1", guild_id=GUILD, queue=[waiting("a")])
        player_world.let_pass(601)
        beat(player_world, "run-2")
        assert player_world.players.adopt_sessions(run="run-2", limit=10) == ()
        assert reading(player_world).session is None
        assert reading(player_world).waiting == 0

    def test_nor_with_what_another_bot_plays(self, player_world: PlayerWorld) -> None:
        player_world.insert_plainly(GUILD)
        assert beat(player_world).free == 0
        player_world.let_pass(601)
        beat(player_world)
        assert player_world.players.adopt_sessions(run="run-1", limit=10) == ()
        assert reading(player_world).session is not None
        assert save(player_world)  # somebody wished for it


class TestForgetting:
    def test_what_they_wished_for_plays_on_without_their_name(
        self, player_world: PlayerWorld
    ) -> None:
        players = player_world.players
        played(player_world, play("a"))
        queue = [waiting("hers"), waiting("his", BEN)]
        players.save_queue(run="run-1", guild_id=GUILD, queue=queue)
        assert beat(player_world).forgotten == frozenset()
        player_world.store.delete_user_data(user_id=ANNA)
        said = reading(player_world)
        assert said.session == replace(SESSION, track=UNNAMED)
        assert said.queue == (replace(queue[0], track=replace(UNNAMED, title="hers")), queue[1])
        assert players.read_plays(guild_id=GUILD).total == 0

    def test_a_worker_that_knows_them_is_told_and_writes_nothing_anew(
        self, player_world: PlayerWorld
    ) -> None:
        players = player_world.players
        beat(player_world)
        save(player_world)
        player_world.store.delete_user_data(user_id=ANNA)
        assert save(player_world, play=play("a"))
        players.save_queue(run="run-1", guild_id=GUILD, queue=[waiting("b")])
        said = reading(player_world)
        assert said.session is not None
        named = (said.session.track, said.queue[0].track)
        plays = tuple(each.track for each in players.read_plays(guild_id=GUILD).plays)
        assert {track.requester_id + track.requested_by for track in named + plays} == {""}
        for seconds in (0, 30, 0):
            player_world.let_pass(seconds)
            assert beat(player_world).forgotten == {ANNA}
        player_world.let_pass(31)
        assert beat(player_world).forgotten == frozenset()
        assert save(player_world)
        assert reading(player_world).session == SESSION  # who comes back is named again

    def test_so_is_one_that_was_not_to_be_reached_for_a_while(
        self, player_world: PlayerWorld
    ) -> None:
        beat(player_world)
        player_world.let_pass(10)
        player_world.store.delete_user_data(user_id=ANNA)
        player_world.let_pass(90)
        assert beat(player_world).forgotten == {ANNA}
        assert beat(player_world).forgotten == frozenset()
