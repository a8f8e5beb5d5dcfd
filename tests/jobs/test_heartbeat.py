"""Leases last as long as the work: renewed while it goes on, lost when they are lost."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from lib.jobs.heartbeat import BEATS_A_LEASE, LEASE_SECONDS, MOST_SECONDS, Heartbeat
from lib.ports import JsonObject, Lease, StoreError
from tests.fakes.clock import PATIENCE_SECONDS, ManualClock
from tests.fakes.store import MemoryStore


class World:
    """A store with claimed rows, and a heartbeat over them that beats when a test says so."""

    def __init__(self, count: int = 1) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        for _ in range(count):
            self.store.insert("snapshot")
        self.leases = self.claim()
        self.heartbeat = Heartbeat(self.store, self.clock, self.leases)

    def claim(self) -> list[Lease]:
        commands = self.store.claim_commands(
            kinds=["snapshot"], limit=10, lease_seconds=LEASE_SECONDS
        )
        return [Lease(command.id, command.lease_id) for command in commands]


class WaitedFor(MemoryStore):
    """A store that tells when its rows were renewed so often."""

    def __init__(self, beats: int) -> None:
        super().__init__(ManualClock())
        self._left = beats
        self.was_renewed = threading.Event()

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        is_held = super().renew_command(lease, lease_seconds=lease_seconds, progress=progress)
        self._left -= 1
        if self._left <= 0:
            self.was_renewed.set()
        return is_held


def test_a_lease_is_renewed_several_times_before_it_would_end() -> None:
    assert BEATS_A_LEASE >= 3
    world = World()
    for _ in range(10 * BEATS_A_LEASE):
        world.clock.advance(LEASE_SECONDS / BEATS_A_LEASE)
        world.heartbeat.beat()
        assert world.claim() == []


def test_without_a_beat_the_row_is_free_when_its_lease_ends() -> None:
    world = World()
    world.clock.advance(LEASE_SECONDS)
    assert len(world.claim()) == 1


def test_a_lease_that_somebody_else_took_is_let_go_and_the_others_are_kept() -> None:
    world = World(count=2)
    lost, kept = world.leases
    world.store.rows[lost.command_id].lease_id = uuid4()
    world.heartbeat.beat()
    assert not world.heartbeat.still_holds(lost)
    assert world.heartbeat.still_holds(kept)
    calls = len(world.store.calls)
    world.heartbeat.beat()
    assert len(world.store.calls) == calls + 1


def test_a_row_that_was_cancelled_meanwhile_is_held_no_longer() -> None:
    world = World()
    (lease,) = world.leases
    assert world.store.complete_command(lease)
    world.heartbeat.beat()
    assert not world.heartbeat.still_holds(lease)


@pytest.mark.parametrize("code", ["unreachable", "timed_out", "503", "57P01"])
def test_a_fault_of_the_database_loses_no_lease(code: str) -> None:
    world = World(count=2)
    world.store.refuse("renew_command", StoreError("renew_command", code, "gone"))
    world.heartbeat.beat()
    assert all(world.heartbeat.still_holds(lease) for lease in world.leases)
    world.clock.advance(LEASE_SECONDS / 2)
    world.heartbeat.beat()
    world.clock.advance(LEASE_SECONDS * 3 / 4)
    assert world.claim() == []


def test_what_was_heard_of_just_now_is_not_asked_for_again() -> None:
    world = World()
    (lease,) = world.leases
    world.clock.advance(LEASE_SECONDS / 2 - 1)
    assert world.heartbeat.still_holds(lease)
    assert "renew_command" not in world.store.calls


def test_a_holder_that_was_frozen_asks_before_it_goes_on_and_may_go_on_if_nobody_came() -> None:
    world = World()
    (lease,) = world.leases
    world.clock.advance(10 * LEASE_SECONDS)
    assert world.heartbeat.still_holds(lease)
    assert world.claim() == []  # and the lease is a whole one again


def test_a_holder_that_was_frozen_leaves_a_row_that_others_took_meanwhile() -> None:
    world = World()
    (lease,) = world.leases
    world.clock.advance(10 * LEASE_SECONDS)
    assert len(world.claim()) == 1
    assert not world.heartbeat.still_holds(lease)


def test_where_the_database_has_no_word_of_an_old_lease_the_row_is_not_begun() -> None:
    world = World()
    (lease,) = world.leases
    world.clock.advance(LEASE_SECONDS / 2)
    world.store.refuse("renew_command", StoreError("renew_command", "unreachable", "gone"))
    assert not world.heartbeat.still_holds(lease)
    assert world.heartbeat.still_holds(lease)  # it is back


def test_what_was_let_go_is_renewed_no_longer() -> None:
    world = World(count=2)
    ended, other = world.leases
    world.heartbeat.let_go(ended)
    world.heartbeat.let_go(ended)
    world.clock.advance(LEASE_SECONDS / 2)
    world.heartbeat.beat()
    world.clock.advance(LEASE_SECONDS / 2)
    assert [lease.command_id for lease in world.claim()] == [ended.command_id]
    assert world.heartbeat.still_holds(other)


def test_it_beats_by_itself_while_the_work_goes_on_and_ends_with_it() -> None:
    store = WaitedFor(beats=3)
    command_id = store.insert("snapshot")
    (command,) = store.claim_commands(kinds=["snapshot"], limit=1, lease_seconds=60)
    before = set(threading.enumerate())
    with Heartbeat(store, ManualClock(), [Lease(command_id, command.lease_id)], lease_seconds=1):
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon  # it never keeps a process alive
        assert store.was_renewed.wait(PATIENCE_SECONDS)
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_it_ends_with_its_work_also_when_that_falls() -> None:
    clock, before = ManualClock(), set(threading.enumerate())
    begun: list[threading.Thread] = []

    def work() -> None:
        with Heartbeat(MemoryStore(clock), clock, [Lease(uuid4(), uuid4())]):
            begun.extend(set(threading.enumerate()) - before)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    (thread,) = begun
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_without_a_lease_there_is_no_thread() -> None:
    clock, before = ManualClock(), set(threading.enumerate())
    with Heartbeat(MemoryStore(clock), clock, []):
        assert set(threading.enumerate()) <= before


def test_a_handler_that_hangs_does_not_hold_its_row_for_ever() -> None:
    assert LEASE_SECONDS < MOST_SECONDS <= 15 * 60
