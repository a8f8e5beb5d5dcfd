"""What is wrong with a bot is found, and what goes up and down about a threshold is one fault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, add, call, claim
from tests.sql.watching import (
    findings,
    make_tick_late,
    rows,
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
        add(service, created_at=datetime.now(UTC) - timedelta(seconds=590))
        assert findings(service) == {}
        add(service, created_at=datetime.now(UTC) - timedelta(seconds=620))
        assert findings(service) == {
            "queue_age": "The oldest of 2 waiting rows has waited for about 620 s."
        }

    def test_a_slot_that_is_enqueued_late_has_not_waited_since_its_time(
        self, service: Connection
    ) -> None:
        slot = {"name": "roll_up_stats", "key": "roll_up_stats:late", "run_at": "2026-01-01T00:05Z"}
        service.execute("select enqueue_slots(%s, null)", (Jsonb([slot]),))
        assert findings(service) == {}

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

    def test_work_counts_as_long_as_some_version_that_ticks_declares_it(
        self, service: Connection
    ) -> None:
        service.execute(
            "insert into schedules (name, every_seconds, since)"
            " values ('new_work', 60, now() - interval '3 days')"
        )
        older = Jsonb([{"name": "old_work", "every_seconds": 60}])
        call(service, "set_tick_intervals", 300, 60)
        overdue = "update schedules set since = now() - interval '1 day' where name = 'new_work'"
        service.execute(overdue.encode())
        for _ in range(2):  # ticks of an older version
            call(service, "note_tick", "cron_queue")
            call(service, "enqueue_slots", None, older)
            assert set(findings(service)) == {"schedule:new_work"}
        service.execute(
            "update schedules set declared_at = now() - interval '71 minutes'"
            " where name = 'new_work'"
        )
        assert findings(service) == {}

    def test_work_that_is_overdue_counts_though_its_tick_is_dead(self, service: Connection) -> None:
        call(service, "set_tick_intervals", 300, 60)
        service.execute(
            "insert into schedules (name, every_seconds) values ('work', 60);"
            "update schedules set since = now() - interval '1 day',"
            " declared_at = now() - interval '1 day', last_run_at = now() - interval '1 day'"
        )
        assert {"schedule:work", "schedule:cron_queue"} <= set(findings(service))

    def test_what_waits_behind_another_row_or_is_nobodys_could_not_be_claimed(
        self, service: Connection
    ) -> None:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        head = add(service, order_key="g")
        add(service, order_key="g", created_at=long_ago)
        add(service, command="fly", created_at=long_ago)
        service.execute(
            "update command_queue set run_at = now() + interval '5 s' where id = %s", (head,)
        )
        (reading,) = rows(service, "select * from queue_reading()")
        assert reading == {"depth": 0, "oldest_seconds": None}
        assert findings(service) == {}

    def test_more_than_a_thousand_rows_are_not_counted(self, service: Connection) -> None:
        service.execute(
            "insert into command_queue (command, created_at)"
            " select 'answer', now() - make_interval(secs => 1000 + n)"
            " from generate_series(0, 1200) as n"
        )
        assert findings(service) == {
            "queue_age": "The oldest of 1000 or more waiting rows has waited for about 2200 s."
        }

    def test_an_owner_may_set_the_thresholds(self, service: Connection, thresholds: None) -> None:
        add(service, created_at=datetime.now(UTC) - timedelta(seconds=60))
        service.execute("update thresholds set value = 30 where name = 'queue_age_seconds'")
        assert set(findings(service)) == {"queue_age"}


class TestAboutAThreshold:
    """What goes up and down about it is one alert."""

    def fail(self, service: Connection, failed: int, of: int) -> None:
        service.execute("delete from interaction_log")
        service.execute(
            "insert into interaction_log (command, kind, outcome) select 'ask', 'command',"
            " case when n <= %s then 'failed' else 'answered' end from generate_series(1, %s) as n",
            (failed, of),
        )
        watch(service)

    def alerts(self, service: Connection) -> list[bool]:
        """Whether each is over."""
        found = rows(service, "select closed_at from alerts order by id")
        return [row["closed_at"] is not None for row in found]

    def test_an_error_rate_is_over_well_below_it(self, service: Connection) -> None:
        self.fail(service, 20, 100)
        assert self.alerts(service) == []
        for failed in (21, 19, 21, 17):
            self.fail(service, failed, 100)
            assert self.alerts(service) == [False]
        self.fail(service, 16, 100)
        assert self.alerts(service) == [True]
        self.fail(service, 19, 100)
        assert self.alerts(service) == [True]

    def test_and_when_there_are_too_few_commands_to_say(self, service: Connection) -> None:
        self.fail(service, 5, 10)
        self.fail(service, 5, 8)
        assert self.alerts(service) == [False]
        self.fail(service, 5, 7)
        assert self.alerts(service) == [True]
        self.fail(service, 0, 0)
        assert self.alerts(service) == [True]

    def test_a_queue_is_worked_off_again_when_nothing_waits_for_nearly_as_long(
        self, service: Connection
    ) -> None:
        id_ = add(service)
        for seconds, is_over in ((605, [False]), (500, [False]), (470, [True])):
            service.execute(
                "update command_queue set (created_at, run_at) = (past, past)"
                " from (select now() - make_interval(secs => %s) as past) as since where id = %s",
                (seconds, id_),
            )
            watch(service)
            assert self.alerts(service) == is_over
