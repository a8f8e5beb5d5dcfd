"""Scheduled work: a doubled, a late, and a wrongly timed tick make one row a slot."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from lib.jobs.schedule import SCHEDULED, queue_tick
from lib.ports import Slot, Tick
from tests.sql.queue_rows import Connection, Row, call, claim

TOKYO = ZoneInfo("Asia/Tokyo")
WORKS = [work.name for work in SCHEDULED]


def as_json(slots: Sequence[Slot]) -> Jsonb:
    return Jsonb(
        [
            {
                "name": slot.name,
                "key": slot.key,
                "run_at": slot.run_at.isoformat(),
                "expires_at": None if slot.expires_at is None else slot.expires_at.isoformat(),
            }
            for slot in slots
        ]
    )


def declared(works: Mapping[str, int]) -> Jsonb:
    return Jsonb([{"name": name, "every_seconds": every} for name, every in works.items()])


def enqueue(service: Connection, tick: Tick) -> int:
    """Enqueue what a tick brings; how many rows are new."""
    every = {name: round(each.total_seconds()) for name, each in tick.declared.items()}
    added: int = call(service, "enqueue_slots", as_json(tick.slots), declared(every))
    return added


def slot_at(run_at: datetime, *, expires_at: datetime | None = None) -> Slot:
    return Slot("roll_up_stats", f"roll_up_stats:{run_at:%Y-%m-%dT%H:%MZ}", run_at, expires_at)


def rows(service: Connection) -> list[Row]:
    return service.execute("select * from command_queue order by seq").fetchall()


def schedules(service: Connection) -> dict[str, Row]:
    found = service.execute("select * from schedules").fetchall()
    return {row["name"]: row for row in found}


def now_of(service: Connection) -> datetime:
    row = service.execute("select now() as now").fetchone()
    assert row is not None
    moment: datetime = row["now"]
    return moment


class TestSlots:
    def test_each_due_slot_is_one_row_that_the_functions_handle(self, service: Connection) -> None:
        tick = queue_tick(datetime.now(UTC), TOKYO)
        assert enqueue(service, tick) == len(SCHEDULED)
        found = {row["slot_key"]: row for row in rows(service)}
        assert set(found) == {slot.key for slot in tick.slots}
        for slot in tick.slots:
            row = found[slot.key]
            assert (row["command"], row["run_at"]) == (slot.name, slot.run_at)
            assert (row["status"], row["handled_by"]) == ("pending", "functions")
            assert row["expires_at"] > now_of(service)  # late or not: it is to be done

    def test_a_doubled_tick_makes_no_second_row(self, service: Connection) -> None:
        tick = queue_tick(datetime.now(UTC), TOKYO)
        enqueue(service, tick)
        assert enqueue(service, tick) == 0
        assert len(rows(service)) == len(SCHEDULED)

    @pytest.mark.parametrize("end", ["complete_command", "fail_command"])
    def test_nor_does_one_that_comes_when_the_work_was_done(
        self, service: Connection, end: str
    ) -> None:
        tick = queue_tick(datetime.now(UTC), TOKYO)
        enqueue(service, tick)
        for row in claim(service, *WORKS):
            more = ["no", "error", False] if end == "fail_command" else []
            call(service, end, row["id"], row["lease_id"], *more)
        assert enqueue(service, tick) == 0
        assert claim(service, *WORKS) == []

    def test_ticks_from_many_connections_at_once_make_one_row_a_slot(
        self, service: Connection, database_url: str
    ) -> None:
        now = datetime.now(UTC)
        slots = [slot_at(now - timedelta(hours=hours)) for hours in range(20)]
        added: list[int] = []
        start = threading.Barrier(4)

        def tick() -> None:
            with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as own:
                start.wait()
                added.append(call(own, "enqueue_slots", as_json(slots), Jsonb([])))

        threads = [threading.Thread(target=tick) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(added) == 20
        keys = [row["slot_key"] for row in rows(service)]
        assert len(keys) == len(set(keys)) == 20

    def test_a_tick_that_comes_while_another_is_not_yet_through_adds_nothing_to_it(
        self, service: Connection, database_url: str
    ) -> None:
        slots = as_json([slot_at(datetime.now(UTC))])
        added: list[int] = []

        def tick() -> None:
            added.append(call(service, "enqueue_slots", slots, Jsonb([])))

        with psycopg.connect(database_url, row_factory=dict_row) as first:
            assert call(first, "enqueue_slots", slots, Jsonb([])) == 1
            second = threading.Thread(target=tick)
            second.start()
            waiting = "select from pg_locks where locktype = 'transactionid' and not granted"
            with psycopg.connect(database_url, autocommit=True) as watcher:
                while watcher.execute(waiting).fetchone() is None:
                    assert added == []
            first.commit()
            second.join()
        assert added == [0]
        assert len(rows(service)) == 1

    def test_what_must_not_be_done_late_expires(self, service: Connection) -> None:
        now = now_of(service)
        late = slot_at(now - timedelta(hours=1), expires_at=now - timedelta(minutes=50))
        call(service, "enqueue_slots", as_json([late]), Jsonb([]))
        assert claim(service, *WORKS) == []
        assert [row["failure_reason"] for row in rows(service)] == ["expired"]

    def test_a_key_may_be_used_by_no_second_row_at_all(self, service: Connection) -> None:
        slot = slot_at(datetime.now(UTC))
        call(service, "enqueue_slots", as_json([slot]), Jsonb([]))
        with pytest.raises(psycopg.errors.UniqueViolation):
            service.execute(
                "insert into command_queue (command, slot_key) values ('snapshot', %s)", (slot.key,)
            )

    @pytest.mark.parametrize("slots", [None, Jsonb(None), Jsonb({}), Jsonb([]), Jsonb("x")])
    def test_a_tick_without_slots_enqueues_nothing(
        self, service: Connection, slots: Jsonb | None
    ) -> None:
        assert call(service, "enqueue_slots", slots, None) == 0


class TestClocksTwoMinutesApart:
    """The functions' clock says which slots are due; the database's, when they may run."""

    APART = timedelta(minutes=2)

    def test_a_slot_that_an_early_clock_brings_is_not_run_early(self, service: Connection) -> None:
        now = now_of(service)
        early = slot_at(now + self.APART)
        call(service, "enqueue_slots", as_json([early]), Jsonb([]))
        assert claim(service, *WORKS) == []
        service.execute(  # two minutes later
            "update command_queue set run_at = run_at - %(past)s", {"past": self.APART}
        )
        assert len(claim(service, *WORKS)) == 1

    @pytest.mark.parametrize("first", [APART, -APART])
    def test_two_functions_whose_clocks_differ_make_one_row_of_a_slot(
        self, service: Connection, first: timedelta
    ) -> None:
        slot_begins = now_of(service).replace(minute=5, second=0, microsecond=0)
        moment = slot_begins + self.APART + timedelta(seconds=1)  # for both the slot has begun
        assert enqueue(service, queue_tick(moment + first, TOKYO)) == len(SCHEDULED)
        assert enqueue(service, queue_tick(moment - first, TOKYO)) == 0

    def test_a_slot_that_only_the_early_clock_sees_is_enqueued_once(
        self, service: Connection
    ) -> None:
        slot_begins = now_of(service).replace(minute=5, second=0, microsecond=0)
        before = queue_tick(slot_begins - timedelta(minutes=1), TOKYO)
        early = queue_tick(slot_begins + timedelta(minutes=1), TOKYO)
        enqueue(service, before)
        assert enqueue(service, early) == 1
        assert enqueue(service, before) == 0  # the later clock, after the early one
        assert enqueue(service, early) == 0

    def test_a_tick_of_a_late_clock_finds_its_row_due_at_once(self, service: Connection) -> None:
        enqueue(service, queue_tick(now_of(service) - self.APART, TOKYO))
        assert {row["command"] for row in claim(service, *WORKS)} == set(WORKS)


class TestWhatIsDeclared:
    def test_declared_work_is_known_with_how_often_it_runs(self, service: Connection) -> None:
        call(service, "enqueue_slots", None, declared({"a": 60, "b": 3600}))
        known = schedules(service)
        assert (known["a"]["every_seconds"], known["b"]["every_seconds"]) == (60, 3600)
        assert known["a"]["last_run_at"] is None

    def test_what_nobody_declared_for_days_is_forgotten_but_the_ticks_stay(
        self, service: Connection
    ) -> None:
        call(service, "enqueue_slots", None, declared({"a": 60, "b": 3600}))
        call(service, "enqueue_slots", None, declared({"b": 3600}))
        assert set(schedules(service)) == {"a", "b", "cron_stats", "cron_queue"}
        service.execute("update schedules set declared_at = now() - interval '73 hours'")
        call(service, "enqueue_slots", None, declared({"b": 3600}))
        assert set(schedules(service)) == {"b", "cron_stats", "cron_queue"}

    def test_a_declaration_is_written_down_once_an_hour(self, service: Connection) -> None:
        def declare(minutes_ago: int) -> datetime:
            service.execute(
                "update schedules set declared_at = now() - make_interval(mins => %s)",
                (minutes_ago,),
            )
            call(service, "enqueue_slots", None, declared({"a": 60}))
            moment: datetime = schedules(service)["a"]["declared_at"]
            return moment

        call(service, "enqueue_slots", None, declared({"a": 60}))
        assert declare(59) < now_of(service) - timedelta(minutes=58)
        assert declare(61) > now_of(service) - timedelta(minutes=1)

    def test_work_that_comes_back_is_watched_anew(self, service: Connection) -> None:
        call(service, "set_tick_intervals", 300, 60)
        call(service, "enqueue_slots", None, declared({"a": 60}))
        service.execute(
            "update schedules set since = now() - interval '1 day',"
            " declared_at = now() - interval '2 hours' where name = 'a'"
        )
        call(service, "enqueue_slots", None, declared({"a": 60}))
        assert schedules(service)["a"]["since"] > now_of(service) - timedelta(hours=1)

    def test_work_that_runs_at_other_times_is_watched_anew(self, service: Connection) -> None:
        call(service, "enqueue_slots", None, declared({"a": 60}))
        service.execute("update schedules set since = now() - interval '1 day'")
        call(service, "enqueue_slots", None, declared({"a": 60}))
        assert schedules(service)["a"]["since"] < now_of(service) - timedelta(hours=1)
        call(service, "enqueue_slots", None, declared({"a": 120}))
        assert schedules(service)["a"]["every_seconds"] == 120
        assert schedules(service)["a"]["since"] > now_of(service) - timedelta(hours=1)

    def test_a_slot_that_was_done_is_noted_and_one_that_failed_is_not(
        self, service: Connection
    ) -> None:
        tick = queue_tick(datetime.now(UTC), TOKYO)
        enqueue(service, tick)
        done, failed = claim(service, *WORKS)
        call(service, "complete_command", done["id"], done["lease_id"])
        call(service, "fail_command", failed["id"], failed["lease_id"], "no", "error", False)
        known = schedules(service)
        assert known[done["command"]]["last_run_at"] is not None
        assert known[failed["command"]]["last_run_at"] is None

    def test_ticks_may_be_told_to_come_more_often(self, service: Connection) -> None:
        service.execute("update schedules set since = now() - interval '1 day'")
        call(service, "set_tick_intervals", 300, 60)
        known = schedules(service)
        assert known["cron_stats"]["every_seconds"] == 300
        assert known["cron_queue"]["every_seconds"] == 60
        for row in known.values():  # what did not run while nobody ticked is no fault
            assert row["since"] > now_of(service) - timedelta(hours=1)
        call(service, "set_tick_intervals", 300, 60)
        assert len(schedules(service)) == 2

    def test_and_all_that_is_watched_begins_anew_but_the_watch_itself(
        self, service: Connection
    ) -> None:
        call(service, "enqueue_slots", None, declared({"a": 60}))
        service.execute("insert into schedules (name, every_seconds) values ('watch', 60)")
        service.execute("update schedules set since = now() - interval '1 day'")
        call(service, "set_tick_intervals", 300, 60)
        anew = {
            name
            for name, row in schedules(service).items()
            if row["since"] > now_of(service) - timedelta(hours=1)
        }
        assert anew == {"a", "cron_queue", "cron_stats"}

    @pytest.mark.parametrize(
        "other", ["select set_tick_intervals(300, 60)", "select note_tick('cron_stats')"]
    )
    def test_who_changes_several_rows_takes_them_in_the_order_of_a_tick(
        self, service: Connection, database_url: str, other: str
    ) -> None:
        call(service, "enqueue_slots", None, declared({"a": 60, "z": 60}))
        service.execute(  # a late tick is one that changes several
            "update schedules set since = '2026-01-01' where name = 'cron_stats'"
        )
        faults: list[psycopg.Error] = []

        def change() -> None:
            with psycopg.connect(database_url, autocommit=True) as own:
                try:
                    own.execute(other.encode())
                except psycopg.Error as fault:
                    faults.append(fault)

        waiting = "select from pg_locks where locktype = 'transactionid' and not granted"
        with psycopg.connect(database_url, row_factory=dict_row) as tick:
            call(tick, "note_tick", "cron_queue")
            thread = threading.Thread(target=change)
            thread.start()
            with psycopg.connect(database_url, autocommit=True) as watcher:
                while watcher.execute(waiting).fetchone() is None:
                    assert thread.is_alive()
            call(tick, "enqueue_slots", None, declared({"z": 90, "a": 90}))
            tick.commit()
            thread.join()
        assert faults == []

    def test_a_tick_that_never_comes_is_none(self, service: Connection) -> None:
        for every in (0, -1, None):
            with pytest.raises(psycopg.errors.IntegrityError):
                call(service, "set_tick_intervals", every, 60)


def test_the_tables_kinds_are_those_that_are_scheduled(service: Connection) -> None:
    found: list[dict[str, Any]] = service.execute(
        "select command from command_kinds where command = any (%s)", (WORKS,)
    ).fetchall()
    assert {row["command"] for row in found} == set(WORKS)
