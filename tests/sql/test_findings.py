"""What is wrong with a bot is found, and each turn of it is told once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.sql.queue_rows import Connection, add, call, claim
from tests.sql.watching import (
    alerts_in_queue,
    findings,
    make_tick_late,
    rows,
    told,
    watch,
)


@pytest.fixture
def thresholds(service: Connection) -> Iterator[None]:
    """They may be changed; they are put back."""
    before = rows(service, "select name, value from thresholds")
    yield
    for row in before:
        service.execute(
            "update thresholds set value = %s where name = %s", (row["value"], row["name"])
        )


class TestWhatIsFound:
    def test_nothing_is_wrong_with_a_bot_that_has_just_begun(self, service: Connection) -> None:
        assert findings(service) == {}

    def test_a_schedule_is_overdue_once_twice_its_interval_has_passed(
        self, service: Connection
    ) -> None:
        make_tick_late(service, seconds=115)
        assert findings(service) == {}
        make_tick_late(service, seconds=125)
        assert findings(service) == {
            "schedule:cron_stats": "cron_stats has not run for about 120 s; it should every 60 s."
        }

    def test_a_daily_tick_may_be_two_days_late(self, service: Connection) -> None:
        for hours, found in ((47, set()), (49, {"schedule:cron_queue"})):
            service.execute(
                "update schedules set since = now() - make_interval(hours => %s)"
                " where name = 'cron_queue'",
                (hours,),
            )
            assert set(findings(service)) == found

    def test_scheduled_work_is_due_no_more_often_than_the_tick_that_enqueues_it(
        self, service: Connection
    ) -> None:
        service.execute(
            "insert into schedules (name, every_seconds, since)"
            " values ('roll_up_stats', 3600, now() - interval '3 hours')"
        )
        assert findings(service) == {}  # the tick comes daily
        call(service, "set_tick_intervals", 300, 60)
        service.execute(
            "update schedules set since = now() - interval '3 hours' where name = 'roll_up_stats'"
        )
        assert set(findings(service)) == {"schedule:roll_up_stats"}

    def test_a_row_that_nobody_takes_is_found_once_it_is_too_old(self, service: Connection) -> None:
        add(service, run_at=datetime.now(UTC) - timedelta(seconds=590))
        assert findings(service) == {}
        add(service, run_at=datetime.now(UTC) - timedelta(seconds=620))
        assert findings(service) == {
            "queue_age": "The oldest of 2 waiting rows has waited for about 620 s."
        }

    def test_rows_that_wait_for_their_time_and_those_under_way_are_not_old(
        self, service: Connection
    ) -> None:
        long_ago = datetime.now(UTC) - timedelta(days=1)
        add(service, created_at=long_ago)
        claim(service)
        add(service, created_at=long_ago, run_at=datetime.now(UTC) + timedelta(hours=1))
        add(service, created_at=long_ago, status="completed")
        assert findings(service) == {}

    def test_a_holder_that_died_long_ago_is_found(self, service: Connection) -> None:
        add(service)
        claim(service)
        service.execute("update command_queue set locked_until = now() - interval '11 minutes'")
        assert set(findings(service)) == {"queue_age"}

    def test_many_failures_are_found_and_few_commands_say_nothing(
        self, service: Connection
    ) -> None:
        def finish(outcome: str, number: int) -> None:
            service.execute(
                "insert into interaction_log (command, kind, outcome)"
                " select 'ask', 'command', %s from generate_series(1, %s)",
                (outcome, number),
            )

        finish("failed", 9)
        assert findings(service) == {}  # of nine commands
        finish("answered", 36)
        finish("refused", 1)  # 9 of 46 are a little less than a fifth
        assert findings(service) == {}
        finish("failed", 1)
        assert findings(service) == {"error_rate": "10 of 47 commands failed in the last hour."}
        service.execute("update interaction_log set created_at = now() - interval '61 minutes'")
        assert findings(service) == {}

    def test_a_process_that_is_not_heard_of_is_found(self, service: Connection) -> None:
        service.execute(
            "insert into heartbeats (name, every_seconds, last_beat_at) values"
            " ('worker', 30, now() - interval '110 s'), ('quick', 1, now() - interval '50 s')"
        )
        assert findings(service) == {}
        service.execute("update heartbeats set last_beat_at = last_beat_at - interval '15 s'")
        found = findings(service)
        assert set(found) == {"heartbeat:worker", "heartbeat:quick"}
        assert found["heartbeat:worker"] == (
            "worker has not been heard of for about 120 s; it should every 30 s."
        )

    def test_an_owner_may_set_the_thresholds(self, service: Connection, thresholds: None) -> None:
        add(service, run_at=datetime.now(UTC) - timedelta(seconds=60))
        service.execute("update thresholds set value = 30 where name = 'queue_age_seconds'")
        assert set(findings(service)) == {"queue_age"}


class TestAlerts:
    def test_what_goes_wrong_is_one_alert_one_line_and_one_message(
        self, service: Connection
    ) -> None:
        make_tick_late(service, seconds=125)
        for _ in range(3):
            watch(service)
        (alert,) = rows(service, "select * from alerts")
        assert (alert["name"], alert["closed_at"]) == ("schedule:cron_stats", None)
        (line,) = told(service)
        assert line == (
            "warning alert_opened  name=schedule:cron_stats"
            " detail=cron_stats has not run for about 120 s; it should every 60 s."
        )
        (row,) = alerts_in_queue(service)
        assert row["payload"]["name"] == "schedule:cron_stats"
        assert row["payload"]["closed_at"] is None
        assert row["slot_key"] == f"alert:{alert['id']}:opened"
        assert row["handled_by"] == "functions"

    def test_and_one_more_of_each_when_it_is_over(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
        for _ in range(3):
            watch(service)
        (alert,) = rows(service, "select * from alerts")
        assert alert["closed_at"] is not None
        assert [line.split()[:2] for line in told(service)] == [
            ["warning", "alert_opened"],
            ["info", "alert_closed"],
        ]
        opened, closed = alerts_in_queue(service)
        assert opened["payload"]["closed_at"] is None
        assert closed["payload"]["closed_at"] is not None

    def test_what_goes_wrong_again_is_told_again(self, service: Connection) -> None:
        for _ in range(2):
            make_tick_late(service, seconds=125)
            watch(service)
            service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
            watch(service)
        assert len(rows(service, "select * from alerts")) == 2
        assert len(alerts_in_queue(service)) == 4

    def test_several_things_may_be_wrong_at_once(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        make_tick_late(service, "cron_queue", seconds=125)
        watch(service)
        assert len(alerts_in_queue(service)) == 2

    def test_many_who_look_at_once_open_one_alert(
        self, service: Connection, database_url: str
    ) -> None:
        make_tick_late(service, seconds=125)
        start = threading.Barrier(6)

        def look() -> None:
            with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as own:
                start.wait()
                for _ in range(5):
                    own.execute("select watch()")

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(rows(service, "select * from alerts")) == 1
        assert len(told(service)) == len(alerts_in_queue(service)) == 1

    def test_who_looks_while_another_is_looking_leaves_it_to_them(
        self, service: Connection, database_url: str
    ) -> None:
        make_tick_late(service, seconds=125)
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            other.execute("select watch()")  # and its transaction stays open
            watch(service)
            assert told(service) == []
        watch(service)
        assert len(told(service)) == len(alerts_in_queue(service)) == 1

    def test_an_alert_that_nobody_could_send_expires(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        (row,) = alerts_in_queue(service)
        assert row["expires_at"] == row["created_at"] + timedelta(hours=6)
