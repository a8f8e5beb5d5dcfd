"""Each turn of what is wrong is one alert and one line, told once, in order, by who can tell it."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
from psycopg.rows import dict_row

from tests.sql.queue_rows import Connection, Row, call, claim, make_due
from tests.sql.watching import alerts_in_queue, make_tick_late, rows, tell, told, watch


class TestAlerts:
    def test_what_goes_wrong_is_one_alert_and_one_line(self, service: Connection) -> None:
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
        assert alerts_in_queue(service) == []

    def test_and_one_more_line_when_it_is_over(self, service: Connection) -> None:
        go_wrong_and_right(service)
        for _ in range(2):
            watch(service)
        (alert,) = rows(service, "select * from alerts")
        assert alert["closed_at"] is not None
        assert [line.split()[:2] for line in told(service)] == [
            ["warning", "alert_opened"],
            ["info", "alert_closed"],
        ]

    def test_what_goes_wrong_again_is_an_alert_again(self, service: Connection) -> None:
        for _ in range(2):
            go_wrong_and_right(service)
        assert len(rows(service, "select * from alerts")) == 2
        assert len(tell(service)) == 4

    def test_several_things_may_be_wrong_at_once(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        make_tick_late(service, "cron_queue", seconds=125)
        watch(service)
        assert len(tell(service)) == 2

    def test_many_who_look_at_once_open_one_alert(
        self, service: Connection, database_url: str
    ) -> None:
        make_tick_late(service, seconds=125)
        start = threading.Barrier(6)

        def look() -> None:
            with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as own:
                start.wait()
                for _ in range(5):
                    own.execute("select watch(), enqueue_alerts('app')")

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(rows(service, "select * from alerts")) == 1
        assert len(told(service)) == len(tell(service)) == 1

    def test_who_looks_while_another_is_looking_leaves_it_to_them(
        self, service: Connection, database_url: str
    ) -> None:
        make_tick_late(service, seconds=125)
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            other.execute("select watch()")  # and its transaction stays open
            watch(service)
            assert told(service) == []
        watch(service)
        assert len(told(service)) == 1


def go_wrong_and_right(service: Connection) -> None:
    """An alert that was opened and closed."""
    make_tick_late(service, seconds=125)
    watch(service)
    service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
    watch(service)


def turns(service: Connection) -> list[str]:
    """What is to be told, in its order."""
    return [row["slot_key"].rpartition(":")[2] for row in tell(service)]


class TestTelling:
    def test_an_alert_is_a_row_for_the_application_that_tells_it(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        tell(service, "1180000000000000009")
        (row,) = tell(service, "1180000000000000009")
        (alert,) = rows(service, "select * from alerts")
        assert row["slot_key"] == f"alert:{alert['id']}:opened"
        assert row["order_key"] == f"alert:{alert['id']}"
        assert row["payload"]["name"] == "schedule:cron_stats"
        assert row["payload"]["application_id"] == "1180000000000000009"
        assert row["payload"]["closed_at"] is None
        assert (row["handled_by"], row["max_attempts"]) == ("functions", 30)
        assert row["expires_at"] == row["created_at"] + timedelta(hours=6)

        def claimed_by(application_id: str) -> list[Row]:
            return service.execute(
                "select id from claim_commands(array['alert'], 10, 60, 'test', %s)",
                (application_id,),
            ).fetchall()

        assert claimed_by("another") == []
        assert len(claimed_by("1180000000000000009")) == 1

    def test_that_it_is_over_is_told_once_it_is(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        assert turns(service) == ["opened"]
        service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
        watch(service)
        assert turns(service) == turns(service) == ["opened", "closed"]
        assert tell(service)[1]["payload"]["closed_at"] is not None

    def test_what_was_over_before_anybody_was_told_is_told_in_order(
        self, service: Connection
    ) -> None:
        go_wrong_and_right(service)
        opened, closed = tell(service)
        assert (opened["payload"]["closed_at"], closed["payload"]["closed_at"] is None) == (
            None,
            False,
        )
        assert opened["order_key"] == closed["order_key"]
        assert [row["id"] for row in claim(service, "alert")] == [opened["id"]]

    def test_that_it_is_over_waits_until_it_was_told_that_it_was_wrong(
        self, service: Connection
    ) -> None:
        go_wrong_and_right(service)
        opened, closed = tell(service)
        (row,) = claim(service, "alert")
        call(service, "fail_command", row["id"], row["lease_id"], "Discord: 503")
        assert claim(service, "alert") == []
        make_due(service, opened["id"])
        (row,) = claim(service, "alert")
        call(service, "complete_command", row["id"], row["lease_id"])
        assert [row["id"] for row in claim(service, "alert")] == [closed["id"]]

    def test_nobody_hears_that_it_is_over_who_could_not_be_told_that_it_was_wrong(
        self, service: Connection
    ) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        (opened,) = tell(service)
        (row,) = claim(service, "alert")
        call(service, "fail_command", row["id"], row["lease_id"], "403", "error", False)
        service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
        watch(service)
        assert [row["id"] for row in tell(service)] == [opened["id"]]

    def test_a_fault_of_long_ago_is_told_if_it_is_just_over(self, service: Connection) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        service.execute("update alerts set opened_at = now() - interval '7 hours'")
        assert turns(service) == []
        service.execute("update schedules set last_run_at = now() where name = 'cron_stats'")
        watch(service)
        assert turns(service) == ["opened", "closed"]

    def test_what_was_over_long_ago_is_not_told(self, service: Connection) -> None:
        go_wrong_and_right(service)
        service.execute(
            "update alerts set opened_at = now() - interval '8 hours',"
            " closed_at = now() - interval '7 hours'"
        )
        assert turns(service) == []

    def test_who_tells_while_another_does_leaves_it_to_them(
        self, service: Connection, database_url: str
    ) -> None:
        make_tick_late(service, seconds=125)
        watch(service)
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            other.execute("select enqueue_alerts('one')")  # and its transaction stays open
            assert tell(service, "two") == []
        (row,) = tell(service, "three")
        assert row["payload"]["application_id"] == "one"
