"""The clock, the meter, and the store that keeps nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lib.ports import (
    Clock,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    FailureReason,
    Lease,
    Store,
)
from lib.services.clock import SystemClock
from lib.services.process_meter import ProcessMeter
from lib.services.unrecorded import UnrecordedStore
from tests.fakes.clock import ManualClock
from tests.servers.scripted import Answer, nobody, scripted_server


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_a_clock_tells_the_time_in_utc_and_never_steps_back(clock: Clock) -> None:
    moment, before = clock.now(), clock.monotonic()
    assert moment.tzinfo is UTC
    for seconds in (0.01, 0.0, -5.0):
        clock.sleep(seconds)
    assert clock.monotonic() >= before + 0.01
    assert clock.now() >= moment


def test_the_system_clock_shows_the_real_time() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_process_is_measured_in_percent_and_megabytes() -> None:
    read = ProcessMeter().begin()
    deadline = time.process_time() + 0.05
    while time.process_time() < deadline:
        pass  # what is measured is work; a process that waits has no share of the CPU
    reading = read()
    assert reading.cpu_percent > 0
    assert 5 < reading.rss_mb < reading.vms_mb


def test_lavalink_is_measured_only_where_there_is_one() -> None:
    assert ProcessMeter().ping_lavalink_ms() is None
    with nobody() as url:
        assert ProcessMeter(lavalink_url=url).ping_lavalink_ms() is None
    with scripted_server(Answer(401)) as server:
        assert ProcessMeter(lavalink_url=server.url).ping_lavalink_ms() is not None
    assert server.requests[0].path == "/version"


def test_only_lavalink_itself_is_measured() -> None:
    with scripted_server(Answer(200)) as elsewhere:
        away = Answer(307, b"", {"Location": f"{elsewhere.url}/version"})
        with scripted_server(away) as server:
            assert ProcessMeter(lavalink_url=server.url).ping_lavalink_ms() is not None
        assert (len(server.requests), elsewhere.requests) == (1, [])


def deferred(user_id: str = "1") -> DeferredCommand:
    return DeferredCommand(
        id=uuid4(),
        lease_id=uuid4(),
        command="answer",
        payload={},
        token="a-token",
        interaction={},
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        lease_seconds=60,
        user_id=user_id,
        cooldown_key="ask",
        cooldown_seconds=5.0,
    )


def test_without_a_database_only_the_pace_is_kept() -> None:
    clock = ManualClock()
    store: Store = UnrecordedStore(clock)
    assert isinstance(store.begin_command(deferred()), Lease)
    assert isinstance(store.begin_command(deferred("2")), Lease)
    clock.advance(2)
    assert store.begin_command(deferred()) == CoolingDown(3.0)
    clock.advance(3)
    assert isinstance(store.begin_command(deferred()), Lease)


def test_without_a_database_a_pause_can_be_given_back() -> None:
    clock = ManualClock()
    store: Store = UnrecordedStore(clock)
    first, second = (store.begin_command(deferred(user)) for user in ("1", "2"))
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)

    def is_given_back(lease: Lease) -> bool:
        return store.end_cooldown(lease, user_id="1", cooldown_key="ask", cooldown_seconds=5.0)

    assert [is_given_back(lease) for lease in (second, first, first)] == [False, True, False]
    assert isinstance(store.begin_command(deferred()), Lease)
    assert not is_given_back(first)
    assert store.begin_command(deferred()) == CoolingDown(5.0)


def test_without_a_database_every_call_succeeds_and_nothing_is_there() -> None:
    store: Store = UnrecordedStore(ManualClock())
    lease = Lease(uuid4(), uuid4())
    store.send_system_stats(
        cpu_usage=1.0, ram_rss=1.0, ram_heap=1.0, ping_gateway=None, ping_lavalink=None
    )
    store.log_bot_event(level="info", message="x")
    store.log_gemini_usage(
        guild_id=None, user_id="1", prompt_tokens=1, completion_tokens=1, total_tokens=2, model="m"
    )
    store.log_music_play(
        guild_id="1", track_title="t", track_url="u", duration_ms=1, requested_by="1"
    )
    store.update_active_session(
        guild_id="1", track_title="t", position_ms=1, duration_ms=1, is_playing=True
    )
    store.remove_active_session(guild_id="1")
    store.update_command_status(id=uuid4(), status=CommandStatus.COMPLETED)
    assert store.get_pending_commands() == []
    assert store.claim_commands(kinds=["answer"], limit=10, lease_seconds=60) == []
    assert store.renew_command(lease, lease_seconds=60)
    assert store.release_command(lease)
    assert store.complete_command(lease)
    assert store.fail_command(lease, error="x", reason=FailureReason.ERROR, retry=True) == "failed"
    assert store.delete_user_data(user_id="1") == {}
