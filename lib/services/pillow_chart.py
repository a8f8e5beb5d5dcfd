"""Charts drawn with Pillow: dark, so that they stand on either of Discord's themes.

Discord shows the picture at about half its width, and the letters are large enough for that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from lib.ports.chart import Chart, Panel, Point, Series, SeriesStyle
from lib.services.chart_axes import day, time_ticks, value_ticks, written, zone
from lib.services.pillow_canvas import TEXT, Canvas, Color, Spot, Writing

WIDTH: Final = 1000
HEIGHTS: Final = (450, 610)
"""Of a chart with one panel, and with two."""
GUTTER: Final = 28
LEFT: Final = 88
RIGHT: Final = WIDTH - 92
HEADER: Final = 76
FOOTER: Final = 64
"""In its left corner Discord puts a sign over pictures with an alternative text."""
PANEL_HEAD: Final = 42
PANEL_GAP: Final = 22
SWATCH: Final = 22
NARROWEST_BAR: Final = 1.5
BAR_SHARE: Final = 0.78
LABEL_HEIGHT: Final = 26
PEAK_LABEL: Final = 32
FARTHEST_THRESHOLD: Final = 4.0
"""A threshold further above all values than this is told, but not drawn: it would flatten them."""

BACKGROUND: Final = (0x1E, 0x1F, 0x22)
PLOT: Final = (0x25, 0x27, 0x2B)
GRID: Final = (0x36, 0x39, 0x3F)
BASELINE: Final = (0x5C, 0x60, 0x68)
BRIGHT: Final = (0xF2, 0xF3, 0xF5)
THRESHOLD: Final = (0xFF, 0x7B, 0x72)
SERIES: Final = (
    (0x7F, 0x9C, 0xFF),
    (0xFF, 0xB8, 0x4D),
    (0x3D, 0xD6, 0xB5),
    (0xF4, 0x8F, 0xD0),
    (0xB6, 0x9B, 0xFF),
    (0xC9, 0xD4, 0x5C),
)


class PillowChart:
    """Charts (see lib.ports)."""

    def draw(self, chart: Chart) -> bytes:
        if not 1 <= len(chart.panels) <= len(HEIGHTS):
            raise ValueError(f"a chart has 1 to {len(HEIGHTS)} panels")
        if chart.end <= chart.begin:
            raise ValueError("a chart's time runs forward")
        height = HEIGHTS[len(chart.panels) - 1]
        canvas = Canvas(WIDTH, height, BACKGROUND)
        _draw_header(canvas, chart)
        share = (height - HEADER - FOOTER + PANEL_GAP) / len(chart.panels)
        for number, panel in enumerate(chart.panels):
            top = HEADER + number * share
            _PanelDrawing(
                canvas, chart, panel, top=top + PANEL_HEAD, bottom=top + share - PANEL_GAP
            ).draw()
        _draw_times(canvas, chart, height - FOOTER + 25)
        return canvas.png()


def _draw_header(canvas: Canvas, chart: Chart) -> None:
    begin, end = chart.begin, chart.end.astimezone(chart.begin.tzinfo)
    # A hyphen, since the font has no dash.
    period = f"{day(begin)} {begin:%H:%M} - {day(end)} {end:%H:%M} {zone(end)}".rstrip()
    title = Writing(color=BRIGHT, size=32)
    room = RIGHT - LEFT - canvas.width_of(period) - GUTTER
    canvas.write((LEFT, 42), canvas.shortened(chart.title, room, title.size), title)
    canvas.write((RIGHT, 44), period, Writing(anchor="rm"))


def _draw_times(canvas: Canvas, chart: Chart, down: float) -> None:
    ticks = time_ticks(chart.begin, chart.end)
    has_hours = any(":" in label for _, label in ticks)
    for moment, label in ticks:
        across = _across(chart, moment)
        if across > LEFT + GUTTER:  # the header tells when it begins
            is_day_among_hours = has_hours and ":" not in label
            writing = Writing(color=BRIGHT if is_day_among_hours else TEXT, anchor="mm")
            canvas.write((across, down), label, writing)


def _across(chart: Chart, moment: datetime) -> float:
    """Where a moment lies from left to right."""
    seconds = moment.timestamp() - chart.begin.timestamp()
    return LEFT + seconds / _span_seconds(chart) * (RIGHT - LEFT)


def _span_seconds(chart: Chart) -> float:
    # By timestamps: times of one zone are subtracted by the clock on the wall, which jumps.
    return chart.end.timestamp() - chart.begin.timestamp()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A series as it is drawn: its colour, and its points that lie within the chart's time."""

    series: Series
    color: Color
    points: tuple[Point, ...]

    @property
    def known(self) -> list[tuple[datetime, float]]:
        """The points that have a value."""
        return [(moment, value) for moment, value in self.points if value is not None]


class _PanelDrawing:
    """One panel, whose plot lies between `top` and `bottom`."""

    def __init__(
        self, canvas: Canvas, chart: Chart, panel: Panel, *, top: float, bottom: float
    ) -> None:
        self._canvas = canvas
        self._chart = chart
        self._panel = panel
        self._top = top
        self._bottom = bottom
        self._entries = [
            _Entry(series, SERIES[number % len(SERIES)], tuple(_usable(chart, series)))
            for number, series in enumerate(panel.series)
        ]
        self._known = [point for entry in self._entries for point in entry.known]
        values = [value for _, value in self._known]
        highest = max(values, default=0.0)
        threshold = panel.threshold or 0.0
        self._threshold = threshold if 0 < threshold <= FARTHEST_THRESHOLD * highest else None
        self._ticks = value_ticks(
            max(highest, self._threshold or 0.0), whole=all(map(float.is_integer, values))
        )
        headroom = 1 + PEAK_LABEL / (bottom - top - PEAK_LABEL)
        self._full = max(self._ticks[-1], highest * headroom)

    def draw(self) -> None:
        self._draw_head()
        self._canvas.box((LEFT, self._top), (RIGHT, self._bottom), PLOT)
        if self._known:
            self._draw_values()
        else:
            self._draw_grid()
            middle = ((LEFT + RIGHT) / 2, (self._top + self._bottom) / 2)
            self._canvas.write(middle, "no data yet", Writing(size=24, anchor="mm"))

    # --- around the values ---

    def _draw_head(self) -> None:
        """The title and the unit, and from the right end the legend."""
        canvas, height = self._canvas, self._top - 22
        left: float = LEFT
        for text, writing in (
            (self._panel.title, Writing(color=BRIGHT)),
            (self._panel.unit, Writing()),
        ):
            canvas.write((left, height), text, writing)
            left += canvas.width_of(text) + (9 if text else 0)
        signs = [(entry.series.name, entry.color) for entry in self._entries]
        if self._panel.threshold is not None:
            signs.append((f"limit {written(self._panel.threshold)}", THRESHOLD))
        self._draw_legend(signs, (left + GUTTER, height))

    def _draw_legend(self, signs: Sequence[tuple[str, Color]], begin: Spot) -> None:
        canvas, (left, height) = self._canvas, begin
        around = SWATCH + 8 + 20
        room = (RIGHT - left) / max(1, len(signs)) - around
        if sum(canvas.width_of(name) + around for name, _ in signs) > RIGHT - left:
            signs = [(canvas.shortened(name, room), color) for name, color in signs]
        right: float = RIGHT
        for name, color in reversed(signs):
            canvas.write((right, height), name, Writing(anchor="rm"))
            right -= canvas.width_of(name) + 8
            if color is THRESHOLD:
                canvas.dashes((right - SWATCH, height), right, color)
            else:
                canvas.box((right - SWATCH, height - 3), (right, height + 3), color, radius=3)
            right -= SWATCH + 20

    def _draw_grid(self) -> None:
        for moment, _ in time_ticks(self._chart.begin, self._chart.end):
            across = _across(self._chart, moment)
            self._canvas.hair((across, self._top), (across, self._bottom), GRID)

    def _draw_scale(self) -> None:
        for tick in self._ticks:
            height = self._up(tick)
            self._canvas.hair((LEFT, height), (RIGHT, height), GRID if tick else BASELINE)
            self._canvas.write((LEFT - 12, height), written(tick), Writing(anchor="rm"))

    # --- the values ---

    def _draw_values(self) -> None:
        self._draw_areas()
        self._draw_grid()
        self._draw_scale()
        self._draw_bars()
        for entry in self._of_style(SeriesStyle.LINE):
            for stretch in self._stretches(entry):
                self._canvas.line(stretch, entry.color)
        if self._threshold is not None:
            self._canvas.dashes((LEFT, self._up(self._threshold)), RIGHT, THRESHOLD)
        self._label_ends()
        self._label_peak()

    def _of_style(self, style: SeriesStyle) -> list[_Entry]:
        return [entry for entry in self._entries if entry.series.style is style]

    def _stretches(self, entry: _Entry) -> Iterator[list[Spot]]:
        """Where a series' points lie, without its gaps."""
        stretch: list[Spot] = []
        for moment, value in (*entry.points, (self._chart.end, None)):
            if value is not None:
                stretch.append((_across(self._chart, moment), self._up(value)))
            elif stretch:
                yield stretch
                stretch = []

    def _draw_areas(self) -> None:
        """A lone line stands on its shade; several would hide each other's."""
        if len(self._entries) != 1 or self._entries[0].series.style is not SeriesStyle.LINE:
            return
        color = _blended(self._entries[0].color, PLOT, 0.16)
        for stretch in self._stretches(self._entries[0]):
            ground = [(stretch[-1][0], self._bottom), (stretch[0][0], self._bottom)]
            self._canvas.area([*stretch, *ground], color)

    def _draw_bars(self) -> None:
        """Bars of one moment stand one before the other, the shorter in front."""
        entries = self._of_style(SeriesStyle.BARS)
        bars = [
            (value, moment, entry.color)
            for entry in entries
            for moment, value in entry.known
            if value > 0
        ]
        width = self._bar_width(entries)
        for value, moment, color in sorted(bars, key=lambda bar: -bar[0]):
            left = _across(self._chart, moment) + width * (1 - BAR_SHARE) / 2
            if left >= RIGHT:
                continue
            right = min(left + max(NARROWEST_BAR, width * BAR_SHARE), RIGHT)
            top = min(self._up(value), self._bottom - NARROWEST_BAR)
            self._canvas.box((left, top), (right, self._bottom), color)

    def _bar_width(self, entries: Sequence[_Entry]) -> float:
        """The room of one bar: the smallest step between two points."""
        moments = sorted({moment.timestamp() for entry in entries for moment, _ in entry.points})
        steps = (later - sooner for sooner, later in pairwise(moments))
        span = _span_seconds(self._chart)
        return (RIGHT - LEFT) * min(steps, default=span / 24) / span

    def _up(self, value: float) -> float:
        """Where a value lies from top to bottom."""
        return self._bottom - max(0.0, value) / self._full * (self._bottom - self._top)

    # --- the numbers at the values ---

    def _label_ends(self) -> None:
        """Says the last value of each line beside its end."""
        ends: list[tuple[float, str, Color]] = []
        for entry in self._of_style(SeriesStyle.LINE):
            if not entry.points or (value := entry.points[-1][1]) is None:
                continue
            across, height = _across(self._chart, entry.points[-1][0]), self._up(value)
            if across > RIGHT - (RIGHT - LEFT) / 20:  # of an older one it would seem to be now's
                self._canvas.dot((across, height), entry.color)
                ends.append((height, written(value), entry.color))
        ends.sort()
        heights = _apart([height for height, _, _ in ends], self._top, self._bottom)
        for height, (_, text, color) in zip(heights, ends, strict=True):
            self._canvas.write((RIGHT + 12, height), text, Writing(color=color))

    def _label_peak(self) -> None:
        """Says the highest value of the panel where it stands, unless a line's end says it."""
        peaks = [(value, moment, entry) for entry in self._entries for moment, value in entry.known]
        value, moment, entry = max(peaks, key=lambda peak: peak[0])
        across = _across(self._chart, moment)
        if entry.series.style is SeriesStyle.BARS:
            across += self._bar_width(self._of_style(SeriesStyle.BARS)) / 2
        text = f"max {written(value)}"
        half = self._canvas.width_of(text) / 2 + 6
        across = max(across, LEFT + half)
        if value > 0 and across + half <= RIGHT:
            spot = (across, self._up(value) - PEAK_LABEL / 2)
            self._canvas.write(spot, text, Writing(color=BRIGHT, anchor="mm", halo=PLOT))


def _usable(chart: Chart, series: Series) -> Iterator[Point]:
    """The points within the chart's time; what is no number is a gap."""
    for moment, value in series.points:
        if chart.begin <= moment <= chart.end:
            yield moment, float(value) if value is not None and math.isfinite(value) else None


def _apart(heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """The heights, from the top down, moved as far as labels there do not touch."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + LABEL_HEIGHT if placed else top))
    limit = bottom
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], limit)
        limit = placed[place] - LABEL_HEIGHT
    return placed


def _blended(color: Color, ground: Color, share: float) -> Color:
    red, green, blue = (
        round(one * share + other * (1 - share)) for one, other in zip(color, ground, strict=True)
    )
    return red, green, blue
