"""Numbers and lengths of time, as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.locales import Locale
from lib.locales.numbers import (
    count,
    duration,
    megabytes,
    milliseconds,
    percent,
    seconds_long,
)

EN, JA = Locale.ENGLISH, Locale.JAPANESE


@pytest.mark.parametrize(
    ("ms", "english", "japanese"),
    [
        (0, "0 ms", "0ミリ秒"),
        (0.3, "<1 ms", "1ミリ秒未満"),
        (1, "1 ms", "1ミリ秒"),
        (87, "87 ms", "87ミリ秒"),
        (87.4, "87 ms", "87ミリ秒"),
        (999.4, "999 ms", "999ミリ秒"),
        (999.6, "1.0 s", "1.0秒"),
        (1234.5, "1.2 s", "1.2秒"),
        (59_940, "59.9 s", "59.9秒"),
        (59_960, "1 min", "1分"),
        (65_000, "1 min 5 s", "1分5秒"),
        (7_200_000, "2 h", "2時間"),
    ],
)
def test_how_long_something_took_is_told_in_the_unit_that_fits(
    ms: float, english: str, japanese: str
) -> None:
    assert milliseconds(ms, EN) == english
    assert milliseconds(ms, JA) == japanese


@pytest.mark.parametrize(
    ("length", "english", "japanese"),
    [
        (timedelta(), "0 s", "0秒"),
        (timedelta(seconds=-5), "0 s", "0秒"),
        (timedelta(seconds=59.6), "1 min", "1分"),
        (timedelta(minutes=3, seconds=20), "3 min 20 s", "3分20秒"),
        (timedelta(hours=1), "1 h", "1時間"),
        (timedelta(days=1, seconds=5), "1 day", "1日"),
        (timedelta(days=1, hours=2, minutes=59), "1 day 2 h", "1日2時間"),
        (timedelta(days=3, hours=4), "3 days 4 h", "3日4時間"),
        (timedelta(days=1234), "1,234 days", "1,234日"),
    ],
)
def test_a_length_of_time_is_told_by_its_two_largest_units(
    length: timedelta, english: str, japanese: str
) -> None:
    assert duration(length, EN) == english
    assert duration(length, JA) == japanese


@pytest.mark.parametrize(
    ("share", "english", "japanese"),
    [
        (0, "0%", "0%"),
        (0.0004, "<0.1%", "0.1%未満"),
        (0.0423, "4.2%", "4.2%"),
        (0.02, "2%", "2%"),
        (0.9996, ">99.9%", "99.9%超"),
        (1, "100%", "100%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(
    share: float, english: str, japanese: str
) -> None:
    assert percent(share, EN) == english
    assert percent(share, JA) == japanese


def test_thousands_are_set_apart() -> None:
    assert (count(0), count(999), count(1234567)) == ("0", "999", "1,234,567")
    assert (megabytes(48.25), megabytes(512.3), megabytes(2048)) == (
        "48.2 MB",
        "512 MB",
        "2,048 MB",
    )


@given(seconds=st.floats(min_value=-1e9, max_value=1e12), locale=st.sampled_from(Locale))
def test_every_length_has_words_and_none_is_below_zero(seconds: float, locale: Locale) -> None:
    said = seconds_long(seconds, locale)
    assert said[0].isdigit()
    assert len(said) <= 20
