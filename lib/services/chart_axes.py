"""The numbers and times that stand along a chart: where the ticks lie, and how each is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

MOST_VALUE_TICKS: Final = 5
MOST_TIME_TICKS: Final = 9
NICE_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
SMALLEST_SCALE: Final = 1e-9
ROUNDING: Final = 1e-9
"""What a value may lie above a round number, relatively, and still count as that."""
DAY: Final = timedelta(days=1)
STEPS_WITHIN_A_DAY: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
)
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def value_ticks(highest: float, *, whole: bool) -> Sequence[float]:
    """Round numbers from zero to `highest` or just above; of what is counted only `whole` ones."""
    if highest < SMALLEST_SCALE:
        highest = 1.0
    least = max(highest / (MOST_VALUE_TICKS - 1), 1.0 if whole else 0.0)
    magnitude = 10.0 ** math.floor(math.log10(least))
    steps = (nice * magnitude for nice in NICE_STEPS)
    step = next(
        step
        for step in steps
        if step >= least * (1 - ROUNDING) and (step.is_integer() or not whole)
    )
    count = math.ceil(highest / step * (1 - 2 * ROUNDING))
    return [float(f"{number * step:.12g}") for number in range(count + 1)]


def written(value: float) -> str:
    """A number as short as it is still told: 0.0125, 0.25, 3.1, 412, 1,250, 12.5k, 3M."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1e3 if suffix == "k" else size)
            return f"{scaled:.1f}".removesuffix(".0") + suffix
    if value == 0 or abs(value) >= 100 or float(value).is_integer():  # noqa: PLR2004
        return f"{value:,.0f}"
    if abs(value) >= 0.1:  # noqa: PLR2004
        decimals = 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    else:  # three digits, wherever they begin: a step of 0.0025 has ticks at 0.0075 and 0.0125
        decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def time_ticks(begin: datetime, end: datetime) -> Sequence[tuple[datetime, str]]:
    """Round moments between the two, in `begin`'s time zone; midnight is told by its date."""
    span = end - begin
    step = next((step for step in STEPS_WITHIN_A_DAY if span / step <= MOST_TIME_TICKS), None)
    if step is None:
        step = math.ceil(span / DAY / MOST_TIME_TICKS) * DAY
    # By the clock on the wall, so that midnight stays midnight when the clocks change.
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    wall = midnight + (begin.replace(tzinfo=None) - midnight) // step * step
    ticks: list[tuple[datetime, str]] = []
    while (moment := wall.replace(tzinfo=begin.tzinfo)) <= end:
        if moment >= begin:
            is_midnight = (wall.hour, wall.minute) == (0, 0)
            ticks.append((moment, day(wall) if is_midnight else f"{wall:%H:%M}"))
        wall += step
    return ticks


def day(moment: datetime) -> str:
    """A date without its year, in English whatever the machine's locale is."""
    return f"{moment.day} {MONTHS[moment.month - 1]}"


def zone(moment: datetime) -> str:
    """What its time zone is called: JST, UTC, UTC+05:30."""
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in {"+", "-"} else name
