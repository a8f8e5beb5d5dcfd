"""The readings as curves: raw ones, roll-ups, and gaps; and the counts of queue and log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import psycopg
import pytest

from tests.sql.queue_rows import Connection, add, call
from tests.sql.signed_in import asked

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
Point = list[float]


def insert(
    service: Connection, moment: datetime, cpu_usage: float | None, source: str | None = "function"
) -> None:
    service.execute(
        "insert into system_stats (cpu_usage, source, created_at) values (%s, %s, %s)",
        (cpu_usage, source, moment),
    )


def series(
    admin: psycopg.Connection, since: datetime, until: datetime, points: int | None = 300
) -> dict[str, Any]:
    found: dict[str, Any] = asked(admin, "system_series(%s, %s, %s)", since, until, points)
    return found


def cpu(document: dict[str, Any], source: str = "function") -> list[Point]:
    (found,) = (
        each["points"]
        for each in document["series"]
        if (each["source"], each["measure"]) == (source, "cpu_usage")
    )
    points: list[Point] = found
    return points


def gaps(document: dict[str, Any]) -> list[tuple[float, float]]:
    """Neighbours that the page draws no line between."""
    (found,) = document["series"]
    starts = [point[0] for point in found["points"]]
    assert len(starts) > 1
    return [(one, other) for one, other in pairwise(starts) if other - one > found["gap_seconds"]]


class TestReadings:
    def test_stretches_tell_the_least_the_mean_and_the_most(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for seconds, value in ((0, 1), (20, 6), (59, 2), (60, 9), (119, 10)):
            insert(service, NOON + timedelta(seconds=seconds), value)
        document = series(admin, NOON, NOON + HOUR)
        assert document["width_seconds"] == 60
        begin = NOON.timestamp()
        assert cpu(document) == [[begin, 3, 1, 3, 6], [begin + 60, 2, 9, 9.5, 10]]

    def test_they_are_told_apart_by_whose_they_are_and_measures_that_are_missing_are_left_out(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for source in ("function", "worker", None):
            insert(service, NOON, 5, source)
        service.execute("update system_stats set ping_lavalink = 7 where source = 'worker'")
        document = series(admin, NOON, NOON + HOUR)
        assert [(each["source"], each["measure"]) for each in document["series"]] == [
            ("", "cpu_usage"),
            ("function", "cpu_usage"),
            ("worker", "cpu_usage"),
            ("worker", "ping_lavalink"),
        ]

    def test_the_end_is_not_part_of_the_range_and_the_beginning_is(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for moment in (NOON - MINUTE, NOON, NOON + HOUR - MINUTE, NOON + HOUR):
            insert(service, moment, 1)
        starts = [point[0] for point in cpu(series(admin, NOON, NOON + HOUR))]
        assert starts == [NOON.timestamp(), (NOON + HOUR - MINUTE).timestamp()]

    def test_what_is_missing_has_no_point_and_a_gap_is_wider_than_the_usual_distance(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        minutes = [*range(0, 60, 5), *range(120, 180, 5)]
        for minute in minutes:
            insert(service, NOON + minute * MINUTE, minute)
        document = series(admin, NOON, NOON + 3 * HOUR)
        assert [point[0] for point in cpu(document)] == [
            (NOON + minute * MINUTE).timestamp() for minute in minutes
        ]
        gap_seconds = document["series"][0]["gap_seconds"]
        assert 5 * 60 < gap_seconds < 65 * 60

    @pytest.mark.parametrize(
        ("hours", "points", "width_seconds"),
        [
            (1, 300, 60),
            (24, 300, 300),
            (24 * 7, 300, 3600),
            (24 * 30, 300, 10_800),
            (24 * 30, 1, 86_400),
            (1, None, 60),
        ],
    )
    def test_a_wide_range_has_wide_stretches(
        self, admin: psycopg.Connection, hours: int, points: int | None, width_seconds: int
    ) -> None:
        document = series(admin, NOON - hours * HOUR, NOON, points)
        assert (document["width_seconds"], document["series"]) == (width_seconds, [])

    def test_a_range_the_wrong_way_round_has_nothing(self, admin: psycopg.Connection) -> None:
        assert series(admin, NOON, NOON - HOUR)["series"] == []


class TestRollups:
    @pytest.fixture
    def days(self, service: Connection) -> dict[datetime, float]:
        """Three days of readings, one each ten minutes, that end now; the hours are rolled up."""
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        values = {end - 72 * HOUR + n * 10 * MINUTE: float((n * 7919) % 101) for n in range(6 * 72)}
        with service.cursor() as cursor:
            cursor.executemany(
                "insert into system_stats (cpu_usage, source, created_at)"
                " values (%s, 'function', %s)",
                [(value, moment) for moment, value in values.items()],
            )
        call(service, "roll_up_stats")
        return values

    def expected(self, values: dict[datetime, float], width: timedelta) -> list[Point]:
        stretches: dict[float, list[float]] = {}
        for moment, value in values.items():
            seconds = moment.timestamp()
            stretches.setdefault(seconds - seconds % width.total_seconds(), []).append(value)
        return [
            [begin, len(found), min(found), round(fmean(found), 2), max(found)]
            for begin, found in stretches.items()
        ]

    def test_they_say_the_same_as_the_readings(
        self, admin: psycopg.Connection, days: dict[datetime, float]
    ) -> None:
        begin, end = min(days), max(days) + 10 * MINUTE
        for points, width in ((72, HOUR), (36, 2 * HOUR), (300, 15 * MINUTE)):
            document = series(admin, begin, end, points)
            assert document["width_seconds"] == width.total_seconds()
            assert cpu(document) == [
                [*point[:3], pytest.approx(point[3], abs=0.01), point[4]]
                for point in self.expected(days, width)
            ]

    def test_hours_whose_readings_have_gone_are_still_there(
        self, admin: psycopg.Connection, service: Connection, days: dict[datetime, float]
    ) -> None:
        begin, end = min(days), max(days) + 10 * MINUTE
        gone_until = end - 24 * HOUR - 20 * MINUTE  # in the midst of an hour
        service.execute("delete from system_stats where created_at < %s", (gone_until,))
        hours = self.expected(days, HOUR)
        assert [point[1:3] for point in cpu(series(admin, begin, end, 72))] == [
            point[1:3] for point in hours
        ]
        # However fine it was asked for: what is known of an hour alone makes no finer curve.
        document = series(admin, begin, end, 300)
        assert document["width_seconds"] == 3600
        assert sum(point[1] for point in cpu(document)) == len(days)
        # Where readings are all that is shown, they are shown as they are.
        document = series(admin, end - 20 * HOUR, end, 300)
        assert document["width_seconds"] == 300

    @pytest.mark.parametrize("points", [10, 60, 300])
    def test_where_a_curve_goes_over_to_readings_there_is_no_gap(
        self,
        admin: psycopg.Connection,
        service: Connection,
        days: dict[datetime, float],
        points: int,
    ) -> None:
        begin, end = min(days), max(days) + 10 * MINUTE
        service.execute("delete from system_stats where created_at < %s", (end - 20 * HOUR,))
        for since in (begin, end - 22 * HOUR, end - 40 * HOUR):
            assert gaps(series(admin, since, end, points)) == []
        midnight = end.replace(hour=0) - 24 * HOUR
        service.execute(
            "delete from system_stats_rollups where grain = 'hour' and starts_at < %s", (midnight,)
        )
        assert gaps(series(admin, begin.replace(hour=0), end, points)) == []

    def test_an_outage_is_a_gap_there_too(
        self, admin: psycopg.Connection, service: Connection, days: dict[datetime, float]
    ) -> None:
        begin, end = min(days), max(days) + 10 * MINUTE
        service.execute("delete from system_stats where created_at < %s", (end - 20 * HOUR,))
        service.execute(
            "delete from system_stats_rollups where grain = 'hour' and starts_at >= %s"
            " and starts_at < %s",
            (end - 40 * HOUR, end - 35 * HOUR),
        )
        assert len(gaps(series(admin, begin, end, 300))) == 1

    def test_days_whose_hours_have_gone_are_still_there(
        self, admin: psycopg.Connection, service: Connection, days: dict[datetime, float]
    ) -> None:
        begin, end = min(days), max(days) + 10 * MINUTE
        midnight = end.replace(hour=0)
        service.execute("delete from system_stats where created_at < %s", (midnight,))
        service.execute(
            "delete from system_stats_rollups where grain = 'hour' and starts_at < %s", (midnight,)
        )
        found = cpu(series(admin, begin.replace(hour=0), end, 10))
        assert sum(point[1] for point in found) == len(days)

    def test_what_was_never_rolled_up_is_read_as_it_is(
        self, admin: psycopg.Connection, service: Connection, days: dict[datetime, float]
    ) -> None:
        service.execute("delete from system_stats_rollups")
        document = series(admin, min(days), max(days) + MINUTE, 72)
        assert sum(point[1] for point in cpu(document)) == len(days)


class TestCounts:
    def test_rows_of_the_queue_are_counted_by_state_and_by_why_they_failed(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for status, reason in (
            ("pending", None),
            ("completed", None),
            ("completed", None),
            ("failed", "expired"),
            ("failed", "expired"),
            ("failed", "attempts"),
        ):
            add(service, "snapshot", status=status, failure_reason=reason)
        add(service, "answer", status="processing")
        found = asked(admin, "queue_counts()")
        assert found["statuses"] == {"pending": 1, "processing": 1, "completed": 2, "failed": 3}
        assert found["reasons"] == {"expired": 2, "attempts": 1}
        assert found["commands"] == ["answer", "snapshot"]
        assert found["depth"] == 1

    def test_an_empty_queue_counts_nothing(self, admin: psycopg.Connection) -> None:
        assert asked(admin, "queue_counts()") == {
            "statuses": {"pending": 0, "processing": 0, "completed": 0, "failed": 0},
            "reasons": {},
            "commands": [],
            "depth": 0,
            "oldest_seconds": None,
        }

    def test_lines_are_counted_by_level_however_it_is_written(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for level, ago in (
            ("info", "1 hour"),
            ("INFO", "2 hours"),
            ("error", "3 hours"),
            ("error", "25 hours"),
        ):
            service.execute(
                "insert into bot_logs (level, message, created_at)"
                " values (%s, 'x', now() - %s::interval)",
                (level, ago),
            )
        found = asked(admin, "log_counts()")
        assert (found["total"], found["levels"]) == (3, {"info": 2, "error": 1})
        found = asked(admin, "log_counts(now() - interval '2 days')")
        assert found["levels"] == {"info": 2, "error": 2}
        found = asked(admin, "log_counts(now())")
        assert (found["total"], found["levels"]) == (0, {})
