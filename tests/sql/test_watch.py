"""What an invocation leaves behind, who keeps the watch, and what is read of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.sql.queue_rows import Connection, add, call, row_of
from tests.sql.watching import (
    ENTRY,
    alerts_in_queue,
    make_tick_late,
    record,
    rows,
    told,
)

TICK: dict[str, object] = {"name": "cron_stats", "slots": [], "declared": None}


class TestRecording:
    def test_an_invocation_leaves_its_entry_its_events_and_its_deployment(
        self, service: Connection
    ) -> None:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        event = {"level": "warning", "message": "slow", "created_at": moment.isoformat()}
        said = record(service, interactions=[ENTRY], events=[event])
        assert said == {"enqueued": 0, "log_level": None, "log_level_until": None}
        (entry,) = rows(service, "select * from interaction_log")
        assert {name: entry[name] for name in ENTRY} == ENTRY
        (line,) = rows(service, "select level, message, created_at from bot_logs")
        assert line == {"level": "warning", "message": "slow", "created_at": moment}
        (deployment,) = rows(service, "select name from deployments")
        assert deployment == {"name": "a-deployment"}

    def test_the_same_interaction_is_written_once_however_often_it_is_sent(
        self, service: Connection
    ) -> None:
        for outcome in ("answered", "failed", "answered"):
            record(service, interactions=[{**ENTRY, "outcome": outcome}])
        assert [row["outcome"] for row in rows(service, "select * from interaction_log")] == [
            "answered"
        ]

    def test_a_deployment_is_as_old_as_its_first_word(self, service: Connection) -> None:
        record(service)
        service.execute("update deployments set first_seen_at = now() - interval '1 hour'")
        (before,) = rows(service, "select first_seen_at from deployments")
        record(service)
        assert rows(service, "select first_seen_at from deployments") == [before]

    @pytest.mark.parametrize(
        "nothing",
        [
            {},
            {"interactions": None, "events": None, "tick": None},
            {"interactions": [], "events": []},
        ],
    )
    def test_an_invocation_may_leave_nothing(
        self, service: Connection, nothing: dict[str, object]
    ) -> None:
        assert record(service, **nothing)["enqueued"] == 0
        assert rows(service, "select * from interaction_log") == []
        assert told(service) == []

    def test_an_outcome_that_is_none_is_refused_and_nothing_of_the_record_is_kept(
        self, service: Connection
    ) -> None:
        with pytest.raises(psycopg.errors.CheckViolation):
            record(service, interactions=[{**ENTRY, "outcome": "fine"}], events=[])
        assert rows(service, "select * from deployments") == []

    def test_a_tick_is_noted_and_brings_its_slots(self, service: Connection) -> None:
        slot = {"name": "roll_up_stats", "key": "a", "run_at": "2026-01-01T00:00:00Z"}
        declared = [{"name": "roll_up_stats", "every_seconds": 3600}]
        tick = {"name": "cron_queue", "slots": [slot], "declared": declared}
        assert record(service, tick=tick)["enqueued"] == 1
        assert record(service, tick=tick)["enqueued"] == 0
        ran = {row["name"]: row["last_run_at"] for row in rows(service, "select * from schedules")}
        assert ran["cron_queue"] is not None
        assert ran["cron_stats"] is None

    def test_a_tick_without_slots_forgets_no_declared_work(self, service: Connection) -> None:
        declared = [{"name": "roll_up_stats", "every_seconds": 3600}]
        record(service, tick={"name": "cron_queue", "slots": [], "declared": declared})
        record(service, tick={"name": "cron_stats", "slots": [], "declared": None})
        names = {row["name"] for row in rows(service, "select name from schedules")}
        assert names == {"cron_queue", "cron_stats", "roll_up_stats", "watch"}

    def test_a_log_level_is_told_until_its_time(self, service: Connection) -> None:
        until = call(service, "set_log_level", "DEBUG", 600)
        said = record(service)
        assert said["log_level"] == "DEBUG"
        assert datetime.fromisoformat(said["log_level_until"]) == until
        call(service, "set_log_level", None, 600)
        assert record(service)["log_level"] is None
        call(service, "set_log_level", "DEBUG", 0)
        assert record(service)["log_level"] is None

    def test_a_log_level_that_is_none_is_refused(self, service: Connection) -> None:
        with pytest.raises(psycopg.errors.CheckViolation):
            call(service, "set_log_level", "LOUD", 600)


class TestKeepingTheWatch:
    def test_an_invocation_keeps_it_if_nobody_did_for_a_minute(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        record(service)
        assert len(told(service)) == 1
        make_tick_late(service, "cron_queue", seconds=125)
        record(service)
        assert len(told(service)) == 1  # somebody has just looked
        service.execute(
            "update schedules set since = now() - interval '61 s',"
            " last_run_at = now() - interval '61 s' where name = 'watch'"
        )
        record(service)
        assert len(told(service)) == 2

    def test_a_tick_keeps_it_always(self, service: Connection) -> None:
        record(service)
        make_tick_late(service, "cron_queue", seconds=125)
        for _ in range(2):
            record(service, tick=TICK)
        assert [line.split()[1] for line in told(service)] == ["alert_opened"]

    def test_a_tick_that_comes_late_says_so_and_opens_no_alert(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        for _ in range(2):
            record(service, tick=TICK)
        (line,) = told(service)
        assert line.startswith("warning tick_was_late  name=cron_stats seconds=12")
        assert rows(service, "select * from alerts") == []

    def test_a_tick_that_comes_in_time_says_nothing(self, service: Connection) -> None:
        make_tick_late(service, seconds=115)
        record(service, tick=TICK)
        assert told(service) == []

    def test_what_a_late_tick_could_not_enqueue_in_time_is_no_fault(
        self, service: Connection
    ) -> None:
        declared = [{"name": "roll_up_stats", "every_seconds": 3600}]
        tick = {"name": "cron_queue", "slots": [], "declared": declared}
        call(service, "set_tick_intervals", 300, 60)
        record(service, tick=tick)
        service.execute(  # the machine slept
            "update schedules set since = since - interval '8 hours',"
            " last_run_at = last_run_at - interval '8 hours'"
        )
        record(service, tick=tick)
        assert [line.split()[1] for line in told(service)] == ["tick_was_late"]

    def test_but_what_was_overdue_besides_a_tick_that_is_often_late_is_found(
        self, service: Connection
    ) -> None:
        declared = [{"name": "roll_up_stats", "every_seconds": 3600}]
        tick = {"name": "cron_queue", "slots": [], "declared": declared}
        call(service, "set_tick_intervals", 300, 60)
        record(service, tick=tick)
        service.execute(
            "update schedules set since = now() - interval '3 minutes',"
            " last_run_at = now() - interval '3 minutes' where name = 'cron_queue';"
            "update schedules set since = now() - interval '3 hours' where name = 'roll_up_stats'"
        )
        record(service, tick=tick)
        assert [line.split()[1] for line in told(service)] == ["tick_was_late", "alert_opened"]

    def test_alerts_are_enqueued_for_an_application_that_tells_them_and_for_no_other(
        self, service: Connection
    ) -> None:
        make_tick_late(service, seconds=125)
        record(service, alerts_for=None)
        assert len(told(service)) == 1
        assert alerts_in_queue(service) == []
        record(service, alerts_for="app")  # though the watch was kept a moment ago
        (row,) = alerts_in_queue(service)
        assert row["payload"]["application_id"] == "app"

    def test_a_watch_that_fails_loses_no_record_and_says_so(
        self, service: Connection, database: psycopg.Connection
    ) -> None:
        database.execute("alter table alerts rename to alerts_elsewhere")
        try:
            for number in range(3):
                entry = {**ENTRY, "interaction_id": str(number)}
                assert record(service, interactions=[entry], alerts_for="app")["enqueued"] == 0
                record(service, tick=TICK)
        finally:
            database.execute("alter table alerts_elsewhere rename to alerts")
        assert len(rows(service, "select * from interaction_log")) == 3
        (line,) = told(service)
        assert line == 'warning watch_failed  error=relation "public.alerts" does not exist'
        reading = call(service, "health_reading", "x")
        assert [row["name"] for row in reading["findings"]] == ["watch"]

    def test_it_is_tried_again_after_some_minutes(self, service: Connection) -> None:
        service.execute(
            "insert into schedules (name, every_seconds, last_run_at, since, is_tick) values"
            " ('watch', 60, now() - interval '1 hour', now() - interval '299 s', true)"
        )
        make_tick_late(service, seconds=125)
        record(service)
        assert told(service) == []
        service.execute(
            "update schedules set since = now() - interval '301 s' where name = 'watch'"
        )
        record(service)
        assert len(told(service)) == 1
        reading = call(service, "health_reading", "x")
        assert [row["name"] for row in reading["findings"]] == ["schedule:cron_stats"]

    def test_a_watch_that_takes_too_long_loses_no_record_either(
        self, service: Connection, database: psycopg.Connection
    ) -> None:
        database.execute(
            "create function long_look() returns trigger language plpgsql as"
            " $$ begin perform pg_sleep(30); return null; end $$;"
            "create trigger long_look before insert on alerts execute function long_look()"
        )
        make_tick_late(service, seconds=125)
        try:
            service.execute("set statement_timeout = '300ms'")
            record(service, interactions=[ENTRY])
        finally:
            service.execute("reset statement_timeout")
            database.execute("drop trigger long_look on alerts; drop function long_look()")
        assert len(rows(service, "select * from interaction_log")) == 1
        (line,) = told(service)
        assert line.startswith("warning watch_failed  error=canceling statement")

    def test_a_log_that_refuses_lines_costs_neither_record_nor_watch(
        self, service: Connection, database: psycopg.Connection
    ) -> None:
        database.execute("alter table bot_logs add constraint theirs check (level = 'error')")
        make_tick_late(service, seconds=125)
        events = [
            {"level": level, "message": level, "created_at": "2026-01-01T00:00:00Z"}
            for level in ("warning", "error")
        ]
        try:
            record(service, interactions=[ENTRY], events=events, alerts_for="app")
        finally:
            database.execute("alter table bot_logs drop constraint theirs")
        assert told(service) == ["error error"]
        assert len(rows(service, "select * from interaction_log")) == 1
        assert len(alerts_in_queue(service)) == 1

    def test_two_who_record_at_once_do_not_wait_for_each_others_watch(
        self, service: Connection, database_url: str
    ) -> None:
        record(service)
        service.execute("delete from schedules where name = 'watch'")
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            record(other, tick=TICK)  # it keeps the watch, and its transaction stays open
            service.execute("set lock_timeout = '5s'")
            record(service, interactions=[ENTRY])
            other.rollback()
        assert len(rows(service, "select * from interaction_log")) == 1

    def test_two_who_record_at_once_do_not_wait_for_each_other_where_the_watch_was_kept(
        self, service: Connection, database_url: str
    ) -> None:
        record(service)
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            record(other, interactions=[ENTRY])  # and its transaction stays open
            service.execute("set lock_timeout = '5s'")
            record(service, interactions=[{**ENTRY, "interaction_id": "2"}])
            other.rollback()
        ids = [row["interaction_id"] for row in rows(service, "select * from interaction_log")]
        assert ids == ["2"]


def test_the_reading_of_health_is_one_object(service: Connection) -> None:
    record(service, interactions=[ENTRY])
    service.execute(
        "insert into heartbeats (name, every_seconds, detail) values ('worker', 30, '{\"v\": 1}')"
    )
    make_tick_late(service, seconds=125)
    id_ = add(service, created_at=datetime.now(UTC) - timedelta(seconds=30))
    reading = call(service, "health_reading", "a-deployment")
    assert reading["deployed_at"] is not None
    assert reading["queue"]["depth"] == 1
    assert 30 <= reading["queue"]["oldest_seconds"] < 600
    assert {row["name"] for row in reading["schedules"]} == {"cron_queue", "cron_stats", "watch"}
    assert [(row["name"], row["detail"]) for row in reading["heartbeats"]] == [("worker", {"v": 1})]
    assert [row["name"] for row in reading["findings"]] == ["schedule:cron_stats"]
    assert reading["window"]["executed"] == 1
    assert row_of(service, id_)["status"] == "pending"


def test_the_health_of_an_empty_bot_is_read_as_well(service: Connection) -> None:
    reading = call(service, "health_reading", "nobody-knows-it")
    assert reading["deployed_at"] is None
    assert reading["queue"] == {"depth": 0, "oldest_seconds": None}
    assert (reading["heartbeats"], reading["findings"]) == ([], [])
    assert reading["window"]["executed"] == 0
