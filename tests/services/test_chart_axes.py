"""Round numbers and round hours along a chart, written as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.services.chart_axes import (
    MOST_TIME_TICKS,
    MOST_VALUE_TICKS,
    day,
    time_ticks,
    value_ticks,
    written,
    zone,
)

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("highest", "whole", "ticks"),
    [
        (0, True, [0, 1]),
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (9, True, [0, 5, 10]),
        (10, False, [0, 2.5, 5, 7.5, 10]),
        (100, True, [0, 25, 50, 75, 100]),
        (1116, True, [0, 500, 1000, 1500]),
        (0.3, False, [0, 0.1, 0.2, 0.3]),
        (0.0007, False, [0, 0.0002, 0.0004, 0.0006, 0.0008]),
    ],
)
def test_a_value_axis_has_few_round_numbers(
    highest: float, *, whole: bool, ticks: list[float]
) -> None:
    assert value_ticks(highest, whole=whole) == ticks


@given(highest=st.floats(0, 1e15, allow_nan=False), whole=st.booleans())
def test_a_value_axis_reaches_as_far_as_its_values(highest: float, *, whole: bool) -> None:
    ticks = value_ticks(highest, whole=whole)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-6)
    assert 2 <= len(ticks) <= MOST_VALUE_TICKS
    assert not whole or all(float(tick).is_integer() for tick in ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (7, "7"), (7.0, "7"), (0.25, "0.25"), (3.14, "3.14"), (2.5, "2.5"),
        (12.34, "12.3"), (412.4, "412"), (1250, "1,250"), (9999, "9,999"), (12500, "12.5k"),
        (40000, "40k"), (3_000_000, "3M"), (2_500_000_000, "2.5G"), (0.0004, "0.0004"),
        (0.0125, "0.0125"), (0.0075, "0.0075"), (0.01, "0.01"), (0.00123456, "0.00123"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_short_as_it_is_still_told(value: float, text: str) -> None:
    assert written(value) == text


def labels(begin: datetime, span: timedelta) -> list[str]:
    return [label for _, label in time_ticks(begin, begin + span)]


def test_a_day_has_its_hours_and_midnight_its_date() -> None:
    begin = datetime(2026, 11, 20, 9, 3, tzinfo=TOKYO)
    assert labels(begin, timedelta(days=1)) == [
        "12:00", "15:00", "18:00", "21:00", "21 Nov", "03:00", "06:00", "09:00",
    ]  # fmt: skip
    assert labels(begin, timedelta(minutes=7)) == [
        "09:03", "09:04", "09:05", "09:06", "09:07", "09:08", "09:09", "09:10",
    ]  # fmt: skip


def test_weeks_have_days() -> None:
    begin = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert labels(begin, timedelta(days=7)) == [
        "26 Dec", "27 Dec", "28 Dec", "29 Dec", "30 Dec", "31 Dec", "1 Jan",
    ]  # fmt: skip


def test_midnight_stays_midnight_when_the_clocks_change() -> None:
    begin = datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert labels(begin, timedelta(days=3)) == [
        "12:00",
        "25 Oct",
        "12:00",
        "26 Oct",
        "12:00",
        "27 Oct",
        "12:00",
    ]


@given(
    begin=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - given its zone below
    span=st.timedeltas(timedelta(seconds=1), timedelta(days=2000)),
)
def test_a_time_axis_has_few_ticks_all_within_it(begin: datetime, span: timedelta) -> None:
    begin = begin.replace(tzinfo=TOKYO)
    ticks = [moment for moment, _ in time_ticks(begin, begin + span)]
    assert len(ticks) <= MOST_TIME_TICKS + 1
    assert all(begin <= tick <= begin + span for tick in ticks)


def test_days_and_zones_are_named_in_latin_letters() -> None:
    moment = datetime(2026, 5, 1, tzinfo=TOKYO)
    assert (day(moment), zone(moment)) == ("1 May", "JST")
    assert zone(moment.astimezone(UTC)) == "UTC"
    assert zone(moment.astimezone(ZoneInfo("America/Sao_Paulo"))) == "UTC-03"
    assert zone(moment.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "UTC+05:30"
