"""The figures: true percentiles of single answers, held against Python's own statistics."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean, quantiles
from typing import Any, NamedTuple

import pytest

from tests.sql.queue_rows import Connection, Row

HOUR = timedelta(hours=1)


class Done(NamedTuple):
    """A row of interaction_log."""

    finished_ms: float | None
    acknowledged_ms: float | None
    outcome: str = "answered"
    kind: str = "command"
    cold_start: bool = False
    created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    command: str = "ask"


def insert(service: Connection, done: Sequence[Done]) -> None:
    columns = ", ".join(Done._fields)
    with service.cursor() as cursor:
        cursor.executemany(
            f"insert into interaction_log ({columns}) values (%s, %s, %s, %s, %s, %s, %s)".encode(),
            done,
        )


def some(number: int, *, begin: datetime | None = None) -> list[Done]:
    """Uneven ones, a minute apart."""
    chance = random.Random(1910)
    begin = begin or datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Done(
            finished_ms=round(chance.lognormvariate(7, 1), 3),
            acknowledged_ms=round(chance.lognormvariate(3, 0.5), 3),
            outcome=chance.choice(["answered", "answered", "refused", "failed"]),
            cold_start=chance.random() < 0.2,
            created_at=begin + minute * timedelta(minutes=1),
        )
        for minute in range(number)
    ]


def window(service: Connection, last: int | None = 100, since: datetime | None = None) -> Row:
    row = service.execute("select * from interaction_window(%s, %s)", (last, since)).fetchone()
    assert row is not None
    return row


def computed(done: Sequence[Done]) -> dict[str, Any]:
    """The same, by Python."""
    finished = [each.finished_ms for each in done if each.finished_ms is not None]
    acknowledged = [each.acknowledged_ms for each in done if each.acknowledged_ms is not None]
    of_finished = quantiles(finished, n=100, method="inclusive")
    of_acknowledged = quantiles(acknowledged, n=100, method="inclusive")
    errors = sum(each.outcome == "failed" for each in done)
    values = {
        "mean_ms": fmean(finished),
        "p50_ms": of_finished[49],
        "p95_ms": of_finished[94],
        "p99_ms": of_finished[98],
        "acknowledged_p50_ms": of_acknowledged[49],
        "acknowledged_p95_ms": of_acknowledged[94],
        "acknowledged_p99_ms": of_acknowledged[98],
    }
    return {
        "executed": len(done),
        "errors": errors,
        "error_rate": pytest.approx(errors / len(done), abs=0.0001),
        **{name: pytest.approx(value, abs=0.051) for name, value in values.items()},
        "cold_starts": sum(each.cold_start for each in done),
        "is_slow": of_acknowledged[94] > 1000,
    }


def as_floats(row: Row) -> dict[str, Any]:
    kept = {"executed", "errors", "cold_starts", "is_slow", "starts_at"}
    return {name: value if name in kept else float(value) for name, value in row.items()}


@pytest.mark.parametrize("number", [2, 3, 20, 100])
def test_the_figures_are_those_of_the_single_answers(service: Connection, number: int) -> None:
    done = some(number)
    insert(service, done)
    assert as_floats(window(service)) == computed(done)


def test_of_more_than_a_hundred_the_last_hundred_count(service: Connection) -> None:
    done = some(250)
    insert(service, done)
    assert as_floats(window(service)) == computed(done[-100:])
    assert as_floats(window(service, 30)) == computed(done[-30:])


def test_those_since_a_moment_count(service: Connection) -> None:
    done = some(250)
    insert(service, done)
    assert as_floats(window(service, None, done[200].created_at)) == computed(done[200:])
    assert as_floats(window(service, 20, done[200].created_at)) == computed(done[-20:])


def test_proposals_count_nowhere(service: Connection) -> None:
    done = some(20)
    insert(service, [*done, Done(9e9, 9e9, "failed", kind="autocomplete", cold_start=True)])
    assert as_floats(window(service)) == computed(done)
    since = done[0].created_at
    stretches = service.execute(
        "select * from interaction_windows(%s, interval '1 day')", (since,)
    ).fetchall()
    assert [row["executed"] for row in stretches] == [20]


def test_the_figures_of_nothing_are_none(service: Connection) -> None:
    row = window(service)
    assert (row["executed"], row["errors"], row["error_rate"]) == (0, 0, 0)
    assert (row["mean_ms"], row["p50_ms"], row["p99_ms"]) == (None, None, None)
    assert row["is_slow"] is False


def test_times_that_nobody_measured_are_left_out(service: Connection) -> None:
    insert(service, [Done(None, None), Done(10, 5), Done(20, 5)])
    row = window(service)
    assert (row["executed"], float(row["mean_ms"]), float(row["p50_ms"])) == (3, 15, 15)


def test_commands_are_slow_when_one_in_twenty_is_acknowledged_late(service: Connection) -> None:
    insert(service, [Done(10, 10)] * 96 + [Done(10, 1500)] * 4)
    assert window(service)["is_slow"] is False
    insert(service, [Done(10, 1500, created_at=datetime(2026, 1, 2, tzinfo=UTC))] * 10)
    assert window(service)["is_slow"] is True


def test_a_long_answer_is_not_slow_if_discord_heard_of_it_in_time(service: Connection) -> None:
    insert(service, [Done(40_000, 10)] * 20)
    assert window(service)["is_slow"] is False


def test_percentiles_of_a_stretch_are_its_own_and_no_mean_of_others(service: Connection) -> None:
    begin = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
    done = some(300, begin=begin)
    insert(service, done)
    rows = service.execute(
        "select * from interaction_windows(%s, %s)", (begin - HOUR, HOUR)
    ).fetchall()
    assert [row["starts_at"] for row in rows] == [begin + hour * HOUR for hour in range(5)]
    for hour, row in enumerate(rows):
        figures = as_floats(row)
        del figures["starts_at"]
        assert figures == computed(done[hour * 60 : hour * 60 + 60])
    (whole,) = service.execute(
        "select * from interaction_windows(%s, interval '1 day')", (begin - HOUR,)
    ).fetchall()
    assert float(whole["p99_ms"]) == computed(done)["p99_ms"]


def test_a_stretch_without_commands_has_no_row(service: Connection) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    insert(service, [Done(1, 1, created_at=begin), Done(1, 1, created_at=begin + 5 * HOUR)])
    rows = service.execute("select * from interaction_windows(%s, %s)", (begin, HOUR)).fetchall()
    assert [row["starts_at"] for row in rows] == [begin, begin + 5 * HOUR]


def test_the_slowest_are_those_that_took_longest(service: Connection) -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    times = [5, None, 900, 30, 7000]
    insert(service, [Done(ms, 1, created_at=moment) for ms in times])
    insert(
        service, [Done(99_999, 1, created_at=moment - HOUR), Done(99_998, 1, kind="autocomplete")]
    )
    rows = service.execute("select * from slowest_interactions(4, %s)", (moment,)).fetchall()
    assert [row["finished_ms"] for row in rows] == [7000, 900, 30, 5]


def test_the_failed_are_told_the_newest_first(service: Connection) -> None:
    begin = datetime(2026, 1, 2, tzinfo=UTC)
    insert(
        service,
        [Done(n, 1, ["failed", "refused"][n % 2], created_at=begin + n * HOUR) for n in range(8)],
    )
    rows = service.execute("select * from failed_interactions(3)").fetchall()
    assert [row["finished_ms"] for row in rows] == [6, 4, 2]


def test_the_means_of_readings_are_told_by_whose_they_are(service: Connection) -> None:
    begin = datetime(2026, 1, 2, tzinfo=UTC)
    for minutes, source, cpu in [
        (0, "function", 1),
        (4, "function", 2),
        (1, None, 9),
        (6, "worker", 5),
    ]:
        service.execute(
            "insert into system_stats (cpu_usage, source, created_at) values (%s, %s, %s)",
            (cpu, source, begin + timedelta(minutes=minutes)),
        )
    rows = service.execute(
        "select * from system_stats_windows(%s, interval '5 minutes')", (begin,)
    ).fetchall()
    assert [(row["source"], row["samples"], float(row["cpu_usage"])) for row in rows] == [
        ("", 1, 9.0),
        ("function", 2, 1.5),
        ("worker", 1, 5.0),
    ]
    assert {row["ping_lavalink"] for row in rows} == {None}
