"""What every Store keeps to, in memory and on PostgREST: the tables, and what is mine in them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.ports import (
    CommandStatus,
    CoolingDown,
)
from tests.fakes.rows import CHAT_TABLES
from tests.services.store_steps import OTHER, USER, begin, claim, deferred, row
from tests.services.store_worlds import SeenRow, StoreWorld


def test_a_snapshot_of_the_system_is_kept(world: StoreWorld) -> None:
    for source in (None, "function"):
        world.store.send_system_stats(
            cpu_usage=12.5,
            ram_rss=48.25,
            ram_heap=210.0,
            ping_gateway=42,
            ping_lavalink=None,
            source=source,
        )
    snapshot = {
        "cpu_usage": 12.5,
        "ram_rss": 48.25,
        "ram_heap": 210.0,
        "ping_gateway": 42,
        "ping_lavalink": None,
    }
    assert world.table("system_stats") == [
        {**snapshot, "source": None},
        {**snapshot, "source": "function"},
    ]


def test_an_event_is_kept_whatever_it_says(world: StoreWorld) -> None:
    message = "彗星 'quoted' \"twice\" \\ ; drop table bot_logs; -- 😀"
    world.store.log_bot_event(level="warning", message=message)
    assert world.table("bot_logs") == [{"level": "warning", "message": message}]


def test_the_tokens_of_a_call_are_kept_also_outside_a_guild(world: StoreWorld) -> None:
    for guild_id in ("1180000000000000100", None):
        world.store.log_gemini_usage(
            guild_id=guild_id,
            user_id=USER,
            prompt_tokens=1,
            completion_tokens=2,
            total_tokens=3,
            model="m",
        )
    first, second = world.table("gemini_usage")
    assert first == {
        "guild_id": "1180000000000000100",
        "user_id": USER,
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "model": "m",
    }
    assert second["guild_id"] is None


def test_a_played_track_is_kept(world: StoreWorld) -> None:
    track = {
        "guild_id": "100",
        "track_title": "彗星",
        "track_url": "https://example.com/?a=1&b=2",
        "duration_ms": 2**40,
        "requested_by": USER,
    }
    # The parameters are the columns, so the row itself is the call.
    world.store.log_music_play(**track)  # type: ignore[arg-type]
    assert world.table("music_history") == [track]


def test_a_guild_has_one_session_that_is_replaced_and_removed(world: StoreWorld) -> None:
    session = {
        "guild_id": "100",
        "track_title": "A",
        "position_ms": 0,
        "duration_ms": 1000,
        "is_playing": True,
    }
    later = {**session, "track_title": "B", "position_ms": 500, "is_playing": False}
    other = {**session, "guild_id": "200"}
    for one in (session, other, later):
        # Here too.
        world.store.update_active_session(**one)  # type: ignore[arg-type]
    assert world.table("active_sessions") == [later, other]
    world.store.remove_active_session(guild_id="100")
    world.store.remove_active_session(guild_id="100")
    assert world.table("active_sessions") == [other]


def test_a_plain_insert_is_pending_and_is_claimed(world: StoreWorld) -> None:
    command_id = world.insert_plainly("snapshot", {"by": "dashboard"})
    assert row(world, command_id) == SeenRow(
        status="pending",
        attempts=0,
        last_error=None,
        failure_reason=None,
        progress=None,
        payload={"by": "dashboard"},
        has_secret=False,
    )
    (claimed,) = claim(world)
    assert (claimed.id, claimed.command, claimed.payload) == (
        command_id,
        "snapshot",
        {"by": "dashboard"},
    )
    assert (claimed.attempts, claimed.secret, claimed.expires_at) == (1, None, None)
    assert claimed.progress == {}
    assert row(world, command_id).status == "processing"


def test_the_ten_oldest_pending_rows_are_listed_and_not_claimed(world: StoreWorld) -> None:
    ids = []
    for number in range(12):
        ids.append(world.insert_plainly("snapshot", {"number": number}))
        world.let_pass(1)
    begin(world)
    for _ in range(2):
        pending = world.store.get_pending_commands()
        assert [command.id for command in pending] == ids[:10]
        assert [command.payload for command in pending] == [{"number": n} for n in range(10)]
        assert all(command.created_at.tzinfo is not None for command in pending)
    assert row(world, ids[0]).status == "pending"


@pytest.mark.parametrize("status", CommandStatus)
def test_a_status_can_be_set_by_hand(world: StoreWorld, status: CommandStatus) -> None:
    command_id = world.insert_plainly("snapshot")
    world.store.update_command_status(id=command_id, status=status)
    seen = row(world, command_id)
    assert seen.status == status.value
    assert seen.failure_reason == ("error" if status is CommandStatus.FAILED else None)
    world.store.update_command_status(id=uuid4(), status=status)  # there is none: no error


def test_a_row_set_to_processing_by_hand_is_taken_up_again_if_nobody_ends_it(
    world: StoreWorld,
) -> None:
    command_id = world.insert_plainly("snapshot")
    world.store.update_command_status(id=command_id, status=CommandStatus.PROCESSING)
    assert claim(world) == []
    world.let_pass(301)
    assert [command.id for command in claim(world)] == [command_id]


def test_a_row_ended_by_hand_loses_its_token(world: StoreWorld) -> None:
    lease = begin(world)
    assert row(world, lease.command_id).has_secret
    world.store.update_command_status(id=lease.command_id, status=CommandStatus.FAILED)
    assert not row(world, lease.command_id).has_secret
    assert not world.store.complete_command(lease)


def test_deleting_what_is_mine_leaves_what_is_others(world: StoreWorld) -> None:
    for user in (USER, OTHER):
        for _ in range(2):
            world.store.log_gemini_usage(
                guild_id=None,
                user_id=user,
                prompt_tokens=1,
                completion_tokens=1,
                total_tokens=2,
                model="m",
            )
        world.store.log_music_play(
            guild_id="1", track_title="t", track_url="u", duration_ms=1, requested_by=user
        )
        world.insert_plainly("snapshot", {"user_id": user})
        begin(world, user_id=user, cooldown_seconds=60.0, interaction={"user": {"id": user}})
    leftover = begin(world, lease_seconds=0, interaction={"user": {"id": USER}})
    counts = world.store.delete_user_data(user_id=USER)
    # A pace that still runs is kept: deleting it would be a way around it.
    assert counts == {
        "gemini_usage": 2,
        "command_queue": 2,
        "music_history": 1,
        "interaction_log": 0,
        "cooldowns": 0,
        **dict.fromkeys(CHAT_TABLES, 0),
    }
    assert isinstance(
        world.store.begin_command(deferred(world, cooldown_seconds=60.0)), CoolingDown
    )
    assert world.row(leftover.command_id) is None
    assert {entry["user_id"] for entry in world.table("gemini_usage")} == {OTHER}
    assert {entry["requested_by"] for entry in world.table("music_history")} == {OTHER}
    assert set(world.store.delete_user_data(user_id=USER).values()) == {0}
    assert sum(world.store.delete_user_data(user_id=OTHER).values()) == 4


@pytest.mark.parametrize(
    "user", ["", "'; drop table gemini_usage; --", "%", "1180000000000000300 "]
)
def test_nobody_else_is_deleted_by_a_strange_id(world: StoreWorld, user: str) -> None:
    world.store.log_gemini_usage(
        guild_id=None, user_id=USER, prompt_tokens=1, completion_tokens=1, total_tokens=2, model="m"
    )
    assert set(world.store.delete_user_data(user_id=user).values()) == {0}
    assert len(world.table("gemini_usage")) == 1
