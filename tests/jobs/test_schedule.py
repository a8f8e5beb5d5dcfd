"""Scheduled work: what is due follows from the time alone, and each slot has one key."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.bootstrap import SNAPSHOT
from lib.jobs import alert, answer
from lib.jobs.schedule import (
    LOOK_BACK,
    SCHEDULED,
    Daily,
    Every,
    Missed,
    ScheduledWork,
    due_slots,
    queue_tick,
)
from lib.ports import Slot

TOKYO, BERLIN, UTC_ZONE = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
ZONES = ["UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Asia/Gaza"]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RETENTION = timedelta(days=14)
"""How long the migrations have finished rows kept, whose keys tell that a slot was done."""

moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def hourly(missed: Missed, **more: timedelta) -> ScheduledWork:
    return ScheduledWork("work", Every(timedelta(hours=1)), missed, **more)


def daily(at: time, missed: Missed = Missed.LAST) -> ScheduledWork:
    return ScheduledWork("work", Daily(at), missed)


def due(work: ScheduledWork, now: datetime, zone: ZoneInfo = UTC_ZONE) -> list[Slot]:
    return due_slots(now, zone, [work])


def keys(slots: list[Slot]) -> list[str]:
    return [slot.key for slot in slots]


# --- which slots are due --------------------------------------------------------------------------


def test_a_slot_is_due_from_its_very_moment_on() -> None:
    work = hourly(Missed.LAST)
    (slot,) = due(work, NOON)
    assert (slot.name, slot.run_at, slot.key) == ("work", NOON, "work:2026-11-20T12:00Z")
    (before,) = due(work, NOON - timedelta(microseconds=1))
    assert before.run_at == NOON - timedelta(hours=1)


def test_slots_may_stand_beside_the_full_hour() -> None:
    work = ScheduledWork("work", Every(timedelta(hours=1), timedelta(minutes=5)), Missed.LAST)
    (slot,) = due(work, NOON)
    assert slot.run_at == datetime(2026, 11, 20, 11, 5, tzinfo=UTC)


def test_after_a_long_silence_only_the_last_slot_is_caught_up_where_that_is_declared() -> None:
    (slot,) = due(hourly(Missed.LAST), NOON)
    assert slot.run_at == NOON
    assert slot.expires_at is None


def test_all_slots_are_caught_up_where_that_is_declared_the_oldest_first() -> None:
    slots = due(hourly(Missed.ALL), NOON)
    assert len(slots) == LOOK_BACK // timedelta(hours=1)
    assert slots[-1].run_at == NOON
    assert slots == sorted(slots, key=lambda slot: slot.run_at)
    assert len({slot.key for slot in slots}) == len(slots)


def test_a_slot_is_skipped_where_that_is_declared_once_its_grace_is_over() -> None:
    work = hourly(Missed.SKIPPED, grace=timedelta(minutes=10))
    (slot,) = due(work, NOON + timedelta(minutes=9, seconds=59))
    assert slot.run_at == NOON
    assert due(work, NOON + timedelta(minutes=10)) == []
    assert due(work, NOON + timedelta(minutes=59)) == []


def test_what_is_skipped_when_it_is_late_is_not_carried_out_late_either() -> None:
    (slot,) = due(hourly(Missed.SKIPPED, grace=timedelta(minutes=10)), NOON)
    assert slot.expires_at == NOON + timedelta(minutes=10)


def test_several_works_are_due_side_by_side() -> None:
    other = ScheduledWork("other", Every(timedelta(minutes=30)), Missed.LAST)
    assert keys(due_slots(NOON, UTC_ZONE, [hourly(Missed.LAST), other])) == [
        "work:2026-11-20T12:00Z",
        "other:2026-11-20T12:00Z",
    ]


@pytest.mark.parametrize("missed", Missed)
def test_nothing_reaches_further_back_than_the_keys_of_what_was_done(missed: Missed) -> None:
    assert LOOK_BACK < RETENTION
    work = ScheduledWork("work", Every(timedelta(hours=1)), missed, timedelta(days=1))
    assert all(NOON - slot.run_at < LOOK_BACK for slot in due(work, NOON))
    rare = ScheduledWork("rare", Every(timedelta(days=30)), missed)
    assert all(NOON - slot.run_at < LOOK_BACK for slot in due(rare, NOON))


# --- zones and clocks that are put forward and back -----------------------------------------------


def test_a_time_of_day_is_that_of_the_owners_zone() -> None:
    (slot,) = due(daily(time(4, 30)), NOON, TOKYO)
    assert slot.run_at == datetime(2026, 11, 19, 19, 30, tzinfo=UTC)
    (slot,) = due(daily(time(4, 30)), NOON, BERLIN)
    assert slot.run_at == datetime(2026, 11, 20, 3, 30, tzinfo=UTC)


def test_the_days_of_a_zone_begin_at_its_own_midnight() -> None:
    before_midnight = datetime(2026, 11, 20, 14, 59, tzinfo=UTC)
    (slot,) = due(daily(time(0, 0)), before_midnight, TOKYO)
    assert slot.run_at == datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
    (slot,) = due(daily(time(0, 0)), before_midnight + timedelta(minutes=1), TOKYO)
    assert slot.run_at == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 28), "2026-03-28T01:30"),
        (date(2026, 3, 29), "2026-03-29T01:30"),  # 2:30 does not exist that day: half past three
        (date(2026, 3, 30), "2026-03-30T00:30"),
        (date(2026, 10, 24), "2026-10-24T00:30"),
        (date(2026, 10, 25), "2026-10-25T00:30"),  # 2:30 comes twice that day: the first of them
        (date(2026, 10, 26), "2026-10-26T01:30"),
    ],
)
def test_a_day_on_which_clocks_change_has_its_one_slot(day: date, utc: str) -> None:
    end_of_day = datetime.combine(day, time(23, 59), BERLIN)
    slots = due(daily(time(2, 30), Missed.ALL), end_of_day, BERLIN)
    of_that_day = [slot for slot in slots if slot.run_at.astimezone(BERLIN).date() == day]
    assert [f"{slot.run_at:%Y-%m-%dT%H:%M}" for slot in of_that_day] == [utc]


@given(now=moments, zone=st.sampled_from(ZONES), at=st.times())
def test_a_daily_slot_is_never_in_the_future_and_never_much_older_than_a_day(
    now: datetime, zone: str, at: time
) -> None:
    (slot,) = due(daily(at.replace(microsecond=0)), now, ZoneInfo(zone))
    assert timedelta() <= now - slot.run_at <= timedelta(hours=26)


@given(now=moments, zone=st.sampled_from(ZONES), at=st.times())
def test_each_day_has_one_slot(now: datetime, zone: str, at: time) -> None:
    slots = list(islice(Daily(at).slots_until(now, ZoneInfo(zone)), 10))
    assert slots == sorted(set(slots), reverse=True)
    days = [slot.astimezone(ZoneInfo(zone)).date() for slot in slots]
    assert len(set(days)) == 10


# --- ticks that come late, doubled, or not at all -------------------------------------------------


def test_a_doubled_and_a_late_tick_name_the_same_slot() -> None:
    work = hourly(Missed.LAST)
    first = keys(due(work, NOON + timedelta(seconds=1)))
    assert keys(due(work, NOON + timedelta(seconds=1))) == first
    assert keys(due(work, NOON + timedelta(minutes=59, seconds=59))) == first


@given(
    now=moments,
    first=st.timedeltas(timedelta(), timedelta(hours=1) - timedelta(microseconds=1)),
    second=st.timedeltas(timedelta(), timedelta(hours=1) - timedelta(microseconds=1)),
    minutes_past=st.integers(0, 59),
)
def test_any_two_moments_of_one_slot_give_it_the_same_key(
    now: datetime, first: timedelta, second: timedelta, minutes_past: int
) -> None:
    past = timedelta(minutes=minutes_past)
    slot = now.replace(minute=0, second=0, microsecond=0) + past
    work = ScheduledWork("work", Every(timedelta(hours=1), past), Missed.LAST)
    assert due(work, slot + first) == due(work, slot + second)
    assert due(work, slot + first)[0].run_at == slot


@given(now=moments, later=st.timedeltas(timedelta(), timedelta(days=2)))
def test_no_slot_is_missed_however_late_the_next_tick_is(now: datetime, later: timedelta) -> None:
    work = hourly(Missed.ALL)
    known = set(keys(due(work, now)))
    caught_up = [slot for slot in due(work, now + later) if slot.key not in known]
    assert all(now < slot.run_at <= now + later for slot in caught_up)
    first_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = (now + later - first_hour) // timedelta(hours=1)
    assert len(caught_up) == hours


def test_the_zone_of_whoever_asks_changes_no_key_of_work_that_counts_in_hours() -> None:
    assert due(hourly(Missed.LAST), NOON, TOKYO) == due(hourly(Missed.LAST), NOON, BERLIN)
    elsewhere = NOON.astimezone(TOKYO)
    assert keys(due(hourly(Missed.LAST), elsewhere)) == ["work:2026-11-20T12:00Z"]


# --- the table that there is ----------------------------------------------------------------------


def test_the_tick_brings_the_slots_and_says_how_often_what_is_declared_runs() -> None:
    tick = queue_tick(NOON, TOKYO)
    assert tick.name == "cron_queue"
    assert {slot.name for slot in tick.slots} == {work.name for work in SCHEDULED}
    assert tick.declared == {
        "roll_up_stats": timedelta(hours=1),
        "delete_old_rows": timedelta(days=1),
    }


def test_scheduled_work_has_names_of_its_own() -> None:
    names = [work.name for work in SCHEDULED]
    assert len(set(names)) == len(names)
    assert not set(names) & {SNAPSHOT, answer.KIND, alert.KIND, "cron_queue", "cron_stats", "watch"}
