"""What is kept for how long: readings are rolled up before they go, and no count is lost."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any, NamedTuple

import pytest

from tests.sql.queue_rows import Connection, add, call

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEASURES = ("cpu_usage", "ram_rss", "ram_heap", "ping_gateway", "ping_lavalink")


class Reading(NamedTuple):
    """A row of system_stats."""

    created_at: datetime
    cpu_usage: float | None = 1.0
    ram_rss: float | None = 50.0
    ram_heap: float | None = 20.0
    ping_gateway: int | None = 40
    ping_lavalink: int | None = None
    source: str | None = "function"


Key = tuple[datetime, str, str]
Line = tuple[int, float, Any, float]
"""Samples, minimum, mean (about) and maximum."""


@pytest.fixture
def midnight(service: Connection) -> datetime:
    """The last one by UTC and the database's clock."""
    row = service.execute("select now() as now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def kept_for(service: Connection) -> Iterator[dict[str, int | None]]:
    """How long rows are kept; what a test changes is put back."""
    rows = service.execute("select rows_of, keep_days from retention").fetchall()
    before = {row["rows_of"]: row["keep_days"] for row in rows}
    yield before
    for rows_of, days in before.items():
        keep(service, rows_of, days)


def keep(service: Connection, rows_of: str, days: int | None) -> None:
    service.execute("update retention set keep_days = %s where rows_of = %s", (days, rows_of))


def insert(service: Connection, readings: Sequence[Reading]) -> None:
    columns = ", ".join(Reading._fields)
    with service.cursor() as cursor:
        cursor.executemany(
            f"insert into system_stats ({columns}) values (%s, %s, %s, %s, %s, %s, %s)".encode(),
            readings,
        )


def roll_up(service: Connection) -> int:
    lines: int = call(service, "roll_up_stats")
    return lines


def rolled_up(service: Connection, grain: str) -> dict[Key, Line]:
    rows = service.execute(
        "select * from system_stats_rollups where grain = %s", (grain,)
    ).fetchall()
    return {
        (row["starts_at"], row["source"], row["measure"]): (
            row["samples"],
            float(row["minimum"]),
            pytest.approx(float(row["mean"])),
            float(row["maximum"]),
        )
        for row in rows
    }


def computed(readings: Sequence[Reading], width: timedelta) -> dict[Key, Line]:
    """The same, by Python."""
    origin = datetime(2000, 1, 1, tzinfo=UTC)
    values: dict[Key, list[float]] = defaultdict(list)
    for reading in readings:
        starts_at = reading.created_at - (reading.created_at - origin) % width
        for measure in MEASURES:
            value = getattr(reading, measure)
            if value is not None:
                values[starts_at, reading.source or "", measure].append(value)
    return {key: (len(v), min(v), fmean(v), max(v)) for key, v in values.items()}


def days_of_readings(midnight: datetime, days: int) -> list[Reading]:
    """Uneven ones of several sources, with gaps, and with nulls."""
    chance = random.Random(76)
    readings = []
    moment = midnight - days * DAY
    while moment < midnight:
        moment += timedelta(seconds=chance.choice([200, 300, 300, 300, 7_000, 20_000]))
        if moment < midnight:
            readings.append(
                Reading(
                    moment,
                    cpu_usage=round(chance.uniform(0, 100), 2),
                    ram_rss=round(chance.uniform(20, 200), 1),
                    ram_heap=None,
                    ping_gateway=chance.choice([None, 10, 30, 400]),
                    ping_lavalink=chance.choice([None, None, 5]),
                    source=chance.choice(["function", "worker", None]),
                )
            )
    return readings


def delete(service: Connection, limit: int = 1000) -> dict[str, int]:
    counts: dict[str, int] = call(service, "delete_old_rows", limit)
    return counts


def count(service: Connection, table: str) -> int:
    row = service.execute(f"select count(*) as count from {table}".encode()).fetchone()
    assert row is not None
    return int(row["count"])


class TestRollingUp:
    def test_hours_and_days_have_the_true_least_mean_and_greatest(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = days_of_readings(midnight, 5)
        insert(service, readings)
        roll_up(service)
        assert rolled_up(service, "hour") == computed(readings, HOUR)
        assert rolled_up(service, "day") == computed(readings, DAY)

    def test_doing_it_hour_by_hour_gives_the_same(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = days_of_readings(midnight, 3)
        for reading in readings:
            insert(service, [reading])
            roll_up(service)
        assert rolled_up(service, "hour") == computed(readings, HOUR)
        assert rolled_up(service, "day") == computed(readings, DAY)

    def test_the_hour_that_is_not_over_is_left_for_later(
        self, service: Connection, midnight: datetime
    ) -> None:
        row = service.execute("select date_trunc('hour', now()) as hour").fetchone()
        assert row is not None
        before, after = row["hour"] - timedelta(minutes=1), row["hour"]
        insert(service, [Reading(before), Reading(after)])
        roll_up(service)
        assert {starts_at for starts_at, _, _ in rolled_up(service, "hour")} == {row["hour"] - HOUR}

    def test_a_reading_that_came_late_is_counted_after_all(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = [Reading(midnight - HOUR, cpu_usage=1), Reading(midnight - 2 * HOUR)]
        insert(service, readings)
        roll_up(service)
        late = Reading(midnight - 2 * HOUR + timedelta(minutes=1), cpu_usage=99)
        insert(service, [late])
        roll_up(service)
        assert rolled_up(service, "hour") == computed([*readings, late], HOUR)
        assert rolled_up(service, "day") == computed([*readings, late], DAY)

    def test_nothing_is_made_of_nothing(self, service: Connection) -> None:
        assert roll_up(service) == 0
        assert count(service, "system_stats_rollups") == 0

    @pytest.mark.parametrize("days", [13, 14, 15, 16, 40, 400])
    def test_a_long_silence_is_stepped_over(
        self, service: Connection, midnight: datetime, days: int
    ) -> None:
        readings = [Reading(midnight - days * DAY, cpu_usage=3), Reading(midnight - HOUR)]
        insert(service, readings[:1])
        roll_up(service)
        insert(service, readings[1:])
        for _ in range(3):
            roll_up(service)
        assert rolled_up(service, "hour") == computed(readings, HOUR)
        assert rolled_up(service, "day") == computed(readings, DAY)

    def test_a_day_is_not_rolled_up_anew_from_the_hours_that_are_left_of_it(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = [Reading(midnight - hours * HOUR, cpu_usage=hours) for hours in range(1, 13)]
        insert(service, readings)
        roll_up(service)
        service.execute(
            "delete from system_stats_rollups where grain = 'hour' and starts_at < %s",
            (midnight - 6 * HOUR,),
        )
        service.execute(
            "delete from system_stats where created_at < %s", (midnight - timedelta(minutes=90),)
        )
        roll_up(service)
        assert rolled_up(service, "day") == computed(readings, DAY)

    def test_what_was_never_rolled_up_is_caught_up_in_steps(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = [Reading(midnight - number * DAY, cpu_usage=number) for number in range(1, 60)]
        insert(service, readings)
        assert roll_up(service) > 0
        assert len(rolled_up(service, "day")) < len(computed(readings, DAY))
        for _ in range(6):
            roll_up(service)
        assert rolled_up(service, "day") == computed(readings, DAY)


class TestDeletingReadings:
    def test_old_readings_go_once_they_are_rolled_up(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = [Reading(midnight - days * DAY) for days in (10, 9, 8, 2, 1)]
        insert(service, readings)
        while roll_up(service) and len(rolled_up(service, "day")) < 20:
            pass
        assert delete(service)["system_stats"] == 3
        assert count(service, "system_stats") == 2
        assert rolled_up(service, "hour") == computed(readings, HOUR)

    def test_what_is_not_rolled_up_stays_however_old_it_is(
        self, service: Connection, midnight: datetime
    ) -> None:
        insert(service, [Reading(midnight - days * DAY) for days in (100, 10)])
        assert delete(service)["system_stats"] == 0
        roll_up(service)  # the next fortnight only: the newer one is not in it
        delete(service)
        remaining = service.execute("select created_at from system_stats").fetchall()
        assert midnight - 10 * DAY in [row["created_at"] for row in remaining]

    def test_rolling_up_again_after_that_keeps_what_went(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = days_of_readings(midnight, 12)
        insert(service, readings)
        for _ in range(3):
            roll_up(service)
            delete(service)
        assert rolled_up(service, "hour") == computed(readings, HOUR)
        assert rolled_up(service, "day") == computed(readings, DAY)

    def test_a_reading_that_came_when_its_hours_were_long_done_is_counted_before_it_goes(
        self, service: Connection, midnight: datetime
    ) -> None:
        readings = [Reading(midnight - days * DAY) for days in (9, 1)]
        insert(service, readings)
        roll_up(service)
        roll_up(service)
        late = [
            Reading(midnight - 9 * DAY + timedelta(minutes=5), cpu_usage=77),
            Reading(midnight - 8 * DAY + 5 * HOUR, cpu_usage=78),
        ]
        insert(service, late)
        roll_up(service)
        while delete(service, 1)["system_stats"]:
            pass
        assert count(service, "system_stats") == 1
        assert rolled_up(service, "hour") == computed([*readings, *late], HOUR)
        assert rolled_up(service, "day") == computed([*readings, *late], DAY)

    def test_the_hours_go_before_the_days(self, service: Connection, midnight: datetime) -> None:
        for grain, days in (("hour", 91), ("hour", 89), ("day", 731), ("day", 729)):
            service.execute(
                "insert into system_stats_rollups values (%s, %s, '', 'cpu_usage', 1, 1, 1, 1)",
                (grain, midnight - days * DAY),
            )
        assert delete(service)["system_stats_rollups"] == 2
        assert count(service, "system_stats_rollups") == 2


def log_interactions(
    service: Connection, number: int, *, age: timedelta, command: str = "ask", kind: str = "command"
) -> None:
    service.execute(
        "insert into interaction_log (command, kind, outcome, created_at)"
        " select %s, %s, case when n %% 3 = 0 then 'failed' else 'answered' end, now() - %s"
        " from generate_series(1, %s) as n",
        (command, kind, age, number),
    )


def counts_of(service: Connection) -> list[dict[str, Any]]:
    return service.execute("select * from interaction_counts()").fetchall()


class TestDeletingTheRest:
    def test_no_count_is_lost_when_its_rows_go(self, service: Connection) -> None:
        log_interactions(service, 30, age=100 * DAY)
        log_interactions(service, 9, age=DAY)
        log_interactions(service, 5, age=200 * DAY, command="ping")
        log_interactions(service, 50, age=100 * DAY, kind="autocomplete")
        before = counts_of(service)
        assert sum(row["count"] for row in before) == 44
        for gone in (20, 20, 20, 20, 5, 0):
            assert delete(service, 20)["interaction_log"] == gone
            assert counts_of(service) == before
        assert count(service, "interaction_log") == 9

    def test_old_rows_go_in_batches_the_oldest_first(self, service: Connection) -> None:
        for number in range(25):
            service.execute(
                "insert into bot_logs (message, created_at) values (%s, now() - %s)",
                (str(number), 100 * DAY - number * DAY),
            )
        assert delete(service, 10)["bot_logs"] == 10
        row = service.execute("select min(message::int) as oldest from bot_logs").fetchone()
        assert row == {"oldest": 10}

    def test_only_rows_that_ended_long_ago_go_from_the_queue(self, service: Connection) -> None:
        old = datetime.now(UTC) - 20 * DAY
        ended = [add(service, status=status, created_at=old) for status in ("completed", "failed")]
        service.execute("update command_queue set finished_at = %s", (old,))
        kept = [
            add(service, created_at=old),
            add(service, created_at=old, status="processing"),
            add(service, created_at=old, status="completed"),  # it has only just ended
            add(service, status="completed"),
        ]
        assert delete(service)["command_queue"] == len(ended)
        rows = service.execute("select id from command_queue").fetchall()
        assert {row["id"] for row in rows} == set(kept)

    def test_nothing_young_goes(self, service: Connection, midnight: datetime) -> None:
        insert(service, [Reading(midnight - HOUR), Reading(midnight - 6 * DAY)])
        roll_up(service)
        service.execute("insert into bot_logs (message) values ('x')")
        log_interactions(service, 3, age=89 * DAY)
        add(service, status="completed", created_at=datetime.now(UTC) - 13 * DAY)
        service.execute("insert into alerts (name, detail) values ('queue_age', 'old')")
        service.execute("insert into cooldowns values ('7', 'ask', now())")
        assert set(delete(service).values()) == {0}

    def test_alerts_go_once_they_are_long_over(self, service: Connection) -> None:
        service.execute(
            "insert into alerts (name, detail, opened_at, closed_at) values"
            " ('queue_age', 'x', now() - interval '2 years', now() - interval '1 year'),"
            " ('error_rate', 'x', now() - interval '2 years', null)"
        )
        assert delete(service)["alerts"] == 1
        assert service.execute("select name from alerts").fetchall() == [{"name": "error_rate"}]

    def test_a_pace_and_a_log_level_that_are_over_go(self, service: Connection) -> None:
        service.execute(
            "insert into cooldowns values ('7', 'ask', now() - interval '2 days'),"
            " ('8', 'ask', now())"
        )
        service.execute(
            "insert into overrides values ('log_level', 'DEBUG', now() - interval '2 d')"
        )
        assert delete(service)["cooldowns"] == 1
        assert count(service, "overrides") == 0

    def test_what_the_owner_keeps_for_ever_stays(
        self, service: Connection, midnight: datetime, kept_for: dict[str, int | None]
    ) -> None:
        for rows_of in kept_for:
            keep(service, rows_of, None)
        insert(service, [Reading(midnight - days * DAY) for days in (1000, 999, 998)])
        roll_up(service)
        service.execute(
            "insert into bot_logs (message, created_at) values ('x', now() - interval '9 years')"
        )
        log_interactions(service, 3, age=3000 * DAY)
        add(service, status="completed", created_at=datetime.now(UTC) - 3000 * DAY)
        service.execute("update command_queue set finished_at = created_at")
        assert set(delete(service).values()) == {0}

    def test_an_owner_may_keep_less(
        self, service: Connection, kept_for: dict[str, int | None]
    ) -> None:
        keep(service, "bot_logs", 1)
        service.execute(
            "insert into bot_logs (message, created_at) values ('x', now() - interval '2 days')"
        )
        assert delete(service)["bot_logs"] == 1
