"""Charts as pictures: their size, and what can be seen on them."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from lib.ports.chart import Chart, Charts, Panel, Point, Series, SeriesStyle
from lib.services.pillow_canvas import TEXT
from lib.services.pillow_chart import BACKGROUND, LEFT, PLOT, RIGHT, SERIES, THRESHOLD, PillowChart

LARGEST = 200_000
BEGIN = datetime(2026, 11, 20, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
DAY = timedelta(days=1)
FIVE_MINUTES = timedelta(minutes=5)
Color = tuple[int, int, int]


def points(*values: float | None, step: timedelta | None = None) -> tuple[Point, ...]:
    """Values over the whole day, or at steps of their own."""
    width = step or DAY / (len(values) - 1)
    return tuple((BEGIN + number * width, value) for number, value in enumerate(values))


def line(*values: float | None, name: str = "p95") -> Series:
    return Series(name=name, points=points(*values))


def bars(*values: float | None, name: str = "commands") -> Series:
    return Series(name=name, points=points(*values, step=DAY / len(values)), style=SeriesStyle.BARS)


def chart(*panels: Panel) -> Chart:
    return Chart(title="The last day", begin=BEGIN, end=BEGIN + DAY, panels=panels)


class Picture:
    """A drawn chart, decoded."""

    def __init__(self, drawn: Chart) -> None:
        charts: Charts = PillowChart()
        self.content = charts.draw(drawn)
        with Image.open(io.BytesIO(self.content)) as image:
            self.format = image.format
            self._image = image.convert("RGB")
        self.size = self._image.size

    def columns_with(self, color: Color, *, of: Sequence[int] = ()) -> set[int]:
        """How far from the left a colour is seen, between the ends of the plot."""
        width, height = self.size
        return {
            across
            for across in (of or range(LEFT, min(RIGHT, width)))
            for down in range(118, height)  # below title and legend
            if self._image.getpixel((across, down)) == color
        }

    def rows_with(self, color: Color, *, of: Sequence[int] = ()) -> set[int]:
        """How far from the top a colour is seen within the plot, or within some of its columns."""
        return {
            down
            for down in range(118, self.size[1])
            for across in (of or range(LEFT, RIGHT))
            if self._image.getpixel((across, down)) == color
        }


def panel(*series: Series, threshold: float | None = None) -> Panel:
    return Panel(title="Time to answer", unit="ms", series=series, threshold=threshold)


def test_a_chart_is_a_small_png_wider_than_high() -> None:
    for panels in ((panel(line(1, 2)),), (panel(line(1, 2)), panel(bars(3, 4)))):
        picture = Picture(chart(*panels))
        assert picture.format == "PNG"
        assert picture.size[0] == 1000
        assert 400 <= picture.size[1] <= 620
        assert len(picture.content) < LARGEST


def test_a_line_runs_through_the_whole_day() -> None:
    seen = Picture(chart(panel(line(100, 300, 200)))).columns_with(SERIES[0])
    assert len(seen) > (RIGHT - LEFT) * 0.95


def test_a_gap_is_seen_as_a_gap() -> None:
    values: list[float | None] = [100.0 + number % 7 for number in range(289)]
    values[96:193] = [None] * 97  # the middle third
    seen = Picture(chart(panel(line(*values)))).columns_with(SERIES[0])
    third = (RIGHT - LEFT) / 3
    assert not [at for at in seen if LEFT + third + 3 < at < LEFT + 2 * third - 3]
    assert len(seen) > third * 1.9


def test_what_is_no_number_is_a_gap_as_well() -> None:
    with_none = PillowChart().draw(chart(panel(line(1, None, 3, None, 5, 6))))
    with_nan = PillowChart().draw(chart(panel(line(1, float("nan"), 3, float("inf"), 5, 6))))
    assert with_nan == with_none


def test_a_single_point_between_gaps_is_a_dot() -> None:
    seen = Picture(chart(panel(line(None, None, 50, None, None)))).columns_with(SERIES[0])
    middle = (LEFT + RIGHT) // 2
    assert middle in seen
    assert len(seen) < 12


def test_bars_stand_beside_each_other_and_the_shorter_before_the_taller() -> None:
    picture = Picture(chart(panel(bars(*[8.0] * 12), bars(*[2.0] * 12, name="errors"))))
    taller, shorter = picture.columns_with(SERIES[0]), picture.columns_with(SERIES[1])
    assert taller == shorter
    assert 0.7 < len(taller) / (RIGHT - LEFT) < 0.85
    assert min(picture.rows_with(SERIES[0])) < min(picture.rows_with(SERIES[1]))


def test_of_twice_the_value_a_bar_is_twice_as_high() -> None:
    picture = Picture(chart(panel(bars(40.0, 0, 0, 80.0))))
    quarter = (RIGHT - LEFT) // 4
    lower = picture.rows_with(SERIES[0], of=range(LEFT, LEFT + quarter))
    higher = picture.rows_with(SERIES[0], of=range(RIGHT - quarter, RIGHT))
    assert len(higher) == pytest.approx(2 * len(lower), abs=3)
    assert len(higher) > 200


def test_a_threshold_is_a_dashed_line_unless_all_lies_far_below_it() -> None:
    near = Picture(chart(panel(line(400, 500), threshold=1000)))
    assert 1 <= len(near.rows_with(THRESHOLD)) <= 3
    dashes = near.columns_with(THRESHOLD)
    assert 0.4 < len(dashes) / (RIGHT - LEFT) < 0.8
    far = Picture(chart(panel(line(4, 5), threshold=1000)))
    assert far.rows_with(THRESHOLD) == set()


def test_without_any_value_the_picture_says_so() -> None:
    for empty in (panel(), panel(line(None, None)), panel(Series(name="p50", points=()))):
        picture = Picture(chart(empty))
        assert picture.columns_with(SERIES[0]) == set()
        assert len(picture.columns_with(TEXT, of=range(400, 600))) > 20


def test_an_empty_panel_leaves_the_other_one_as_it_is() -> None:
    seen = Picture(chart(panel(), panel(line(5, 6)))).columns_with(SERIES[0])
    assert len(seen) > (RIGHT - LEFT) * 0.95


def test_the_picture_stands_on_a_ground_of_its_own() -> None:
    picture = Picture(chart(panel(line(1, 2))))
    assert picture.columns_with(BACKGROUND)
    assert picture.columns_with(PLOT)


def test_points_outside_of_the_chart_are_left_out() -> None:
    inside = panel(line(1, 2, 3))
    outside: Point = (BEGIN - timedelta(hours=1), 1e9)
    later: Point = (BEGIN + DAY + timedelta(hours=1), 1e9)
    more = panel(Series(name="p95", points=(outside, *points(1, 2, 3), later)))
    assert PillowChart().draw(chart(more)) == PillowChart().draw(chart(inside))


def test_times_may_come_in_another_zone() -> None:
    moved = tuple((moment.astimezone(UTC), value) for moment, value in points(1, 2, 3))
    same = panel(Series(name="p95", points=moved))
    assert PillowChart().draw(chart(same)) == PillowChart().draw(chart(panel(line(1, 2, 3))))


@pytest.mark.parametrize(
    "values", [[0.0, 0.0], [-5.0, 5.0], [1e-9, 2e-9], [1e15, 3e14], [0.1] * 3, [7.0, 7.0]]
)
def test_no_value_is_too_small_or_too_large(values: list[float]) -> None:
    assert Picture(chart(panel(line(*values)), panel(bars(*values)))).size == (1000, 610)


def test_the_wildest_numbers_under_the_longest_names_stay_small() -> None:
    dice = random.Random(1)
    wild = tuple(
        Panel(
            title="T" * 200,
            unit="u" * 50,
            series=tuple(
                line(*(dice.random() * 1e6 for _ in range(2000)), name="long name " * 9)
                for _ in range(8)
            ),
            threshold=5e5,
        )
        for _ in range(2)
    )
    drawn = Chart(title="t" * 500, begin=BEGIN, end=BEGIN + DAY, panels=wild)
    assert len(Picture(drawn).content) < LARGEST


def test_a_chart_that_cannot_be_drawn_is_the_developers_mistake() -> None:
    with pytest.raises(ValueError, match="1 to 2 panels"):
        PillowChart().draw(chart())
    with pytest.raises(ValueError, match="1 to 2 panels"):
        PillowChart().draw(chart(panel(), panel(), panel()))
    with pytest.raises(ValueError, match="time runs forward"):
        PillowChart().draw(Chart(title="t", begin=BEGIN, end=BEGIN, panels=(panel(),)))


def test_a_day_with_an_hour_more_is_drawn_whole() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = (datetime(2026, 10, day, tzinfo=berlin) for day in (25, 26))
    hours = tuple((begin.astimezone(UTC) + timedelta(hours=hour), 5.0) for hour in range(26))
    drawn = Chart(
        title="t", begin=begin, end=end, panels=(panel(Series(name="p95", points=hours)),)
    )
    seen = Picture(drawn).columns_with(SERIES[0])
    assert (min(seen), max(seen)) == (LEFT, RIGHT - 1)
