"""What a player's store says when its database is away, or answers what it should not."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.ports import StoreError
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_player import SupabasePlayerStore
from lib.settings import Secret
from tests.fakes.clock import ManualClock
from tests.fakes.player import MemoryPlayerStore
from tests.servers.scripted import Answer, nobody, scripted_server
from tests.services.player_steps import GUILD, SESSION, WELL, order, waiting

OPERATIONS = {
    "order_player": lambda players: players.order_player(order()),
    "read_player": lambda players: players.read_player(guild_id=GUILD, order_id=uuid4()),
    "read_plays": lambda players: players.read_plays(guild_id=GUILD),
    "suggest_tracks": lambda players: players.suggest_tracks(guild_id=GUILD, typed=""),
    "change_music_settings": lambda players: players.change_music_settings(
        guild_id=GUILD, changes={}, user_id="1"
    ),
    "beat_worker": lambda players: players.beat_worker(
        name="a", run="b", every_seconds=5, detail={}, sessions=()
    ),
    "save_session": lambda players: players.save_session(run="b", session=SESSION),
    "save_queue": lambda players: players.save_queue(run="b", guild_id=GUILD, queue=[waiting("a")]),
    "adopt_sessions": lambda players: players.adopt_sessions(run="b", limit=1),
    "end_session": lambda players: players.end_session(run="b", guild_id=GUILD),
    "end_worker": lambda players: players.end_worker(name="a", run="b"),
    "pick_track": lambda players: players.pick_track(guild_id=GUILD, without=()),
}
UNREAD = {"end_worker"}
"""What they answer is of no use to anybody."""


def players_at(url: str) -> SupabasePlayerStore:
    return SupabasePlayerStore(PostgrestRpc(url, Secret("a-key")))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_is_a_store_error_that_names_the_operation(operation: str) -> None:
    twin = MemoryPlayerStore(ManualClock())
    twin.is_down = True
    with nobody() as url:
        for players in (twin, players_at(url)):
            with pytest.raises(StoreError) as caught:
                OPERATIONS[operation](players)
            assert (caught.value.operation, caught.value.code) == (operation, "unreachable")


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - UNREAD))
@pytest.mark.parametrize("body", [b"<html>", 5.5, "x", {}, {"x": 1}, [{"x": 1}], [5]], ids=repr)
def test_an_answer_of_another_shape_is_a_store_error(operation: str, body: object) -> None:
    with scripted_server(Answer(200, body)) as server:
        with pytest.raises(StoreError) as caught:
            OPERATIONS[operation](players_at(server.url))
        assert caught.value.operation == operation


@pytest.mark.parametrize("wrong", [{"loop_mode": "round"}, {"volume": "loud"}, {"is_paused": None}])
def test_a_session_that_cannot_be_is_one_as_well(wrong: dict[str, object]) -> None:
    row: dict[str, object] = {
        "guild_id": GUILD,
        "track_title": "a",
        "track_url": "b",
        "play_id": "c",
        "position_ms": 1,
        "is_playing": True,
        "is_paused": False,
        "channel_id": "1",
        "text_channel_id": "2",
        "loop_mode": "off",
        "volume": 100,
        "autoplay": False,
        "locale": "ja",
    }
    settings = {"dj_role_id": None, "volume": 100, "autoplay": False}
    bodies = [[{"session": each, "queue": [], "settings": settings}] for each in (row, row | wrong)]
    with scripted_server(*(Answer(200, body) for body in bodies)) as server:
        players = players_at(server.url)
        (adopted,) = players.adopt_sessions(run="b", limit=1)
        assert adopted.session.guild_id == GUILD
        with pytest.raises(StoreError):
            players.adopt_sessions(run="b", limit=1)


def test_a_beat_says_what_is_known() -> None:
    answer = {"replaced": False, "lost": [], "free": 0, "forgotten": []}
    with scripted_server(Answer(200, answer)) as server:
        assert OPERATIONS["beat_worker"](players_at(server.url)) == WELL
