"""Charts: numbers over time as a picture that stands in a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

Point = tuple[datetime, float | None]
"""A moment (aware, UTC) and the value there; None where there is none, which shows as a gap."""


class SeriesStyle(Enum):
    """How a series is drawn."""

    LINE = auto()
    BARS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of numbers, oldest first, under the `name` that the legend gives it.

    A bar begins at its moment and is as wide as the smallest step between two points; bars of one
    moment stand one before the other, the shorter in front. Points that lie far apart are still
    joined: whoever knows that something is missing puts a None between.
    """

    name: str
    points: tuple[Point, ...]
    style: SeriesStyle = SeriesStyle.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Series that share a unit ("ms") and a value axis, which begins at zero.

    `threshold`: a dashed line at the value that is too much, which the legend tells; where all
    values lie far below it, the legend alone.
    """

    unit: str
    series: tuple[Series, ...]
    title: str = ""
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One or two panels, one above the other, over the same time from `begin` to `end`.

    `begin` and `end` are aware; points outside of them are left out. The labels of the time axis
    are in `begin`'s time zone, whose name stands beside them. Every text is in Latin script: no
    font that a function could carry has more.
    """

    title: str
    begin: datetime
    end: datetime
    panels: tuple[Panel, ...]


class Charts(Protocol):
    """Draws charts."""

    def draw(self, chart: Chart) -> bytes:
        """The chart as a PNG of about 1000 by 500 pixels and less than 200 kB.

        Without any value in it the picture says that there is no data yet. Raises ValueError for a
        chart with no panel or more than two, or whose time does not run forward.
        """
