"""Discord's moments in the terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dev.discord_times import readable
from lib.interactions.timestamp import ago, date_and_time, time_of_day
from lib.locales import Locale

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a machine whose clock is Japan's."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("distance", "english", "japanese"),
    [
        (timedelta(hours=7, minutes=59), "in 7 h", "7時間後"),
        (timedelta(seconds=40), "in 40 s", "40秒後"),
        (timedelta(minutes=-3), "3 min ago", "3分前"),
        (timedelta(days=12), "in 12 d", "12日後"),
        (timedelta(), "0 s ago", "0秒前"),
    ],
)
def test_how_far_away_it_is_is_said_in_words(
    distance: timedelta, english: str, japanese: str
) -> None:
    text = f"It opens {ago(NOW + distance)}."
    assert readable(text, now=NOW) == f"It opens {english}."
    assert readable(text, now=NOW, locale=Locale.JAPANESE) == f"It opens {japanese}."


def test_moments_are_those_of_this_machines_clock() -> None:
    text = f"{date_and_time(NOW)}, {time_of_day(NOW)}, <t:{int(NOW.timestamp())}>"
    assert readable(text, now=NOW) == "2026-11-22 00:00, 00:00, 2026-11-22 00:00"


@pytest.mark.parametrize("text", ["<t:999999999999:f>", "<t:>", "<t:1:X>", "t:1:R", "no moment"])
def test_what_is_no_moment_stays(text: str) -> None:
    assert readable(text, now=NOW) == text
