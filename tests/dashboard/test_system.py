"""The machine's measures over time: gaps, zoom, one cursor, and the numbers behind."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.visits import Visit, holding, place_of

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# How many columns of a chart hold more of a soft blue than the edge of a line does.
BAND = """
element => {
  const canvas = element.querySelector("canvas");
  const {width, height} = canvas;
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let columns = 0;
  for (let x = 0; x < width; x += 1) {
    let soft = 0;
    for (let y = 0; y < height; y += 1) {
      const at = (y * width + x) * 4;
      const [red, , blue, alpha] = pixels.slice(at, at + 4);
      if (alpha > 20 && alpha < 70 && blue - red > 60) soft += 1;
    }
    if (soft > 10) columns += 1;
  }
  return columns;
}
"""


@pytest.fixture
def readings(database: psycopg.Connection) -> None:
    """Six hours of readings, one in five minutes, with two hours of silence in the middle."""
    database.execute(
        "insert into system_stats (cpu_usage, ram_rss, ram_heap, ping_gateway, ping_lavalink,"
        " source, created_at)"
        " select 10 + n % 7, 100, 400, 40, null, 'function', now() - n * interval '5 minutes'"
        " from generate_series(1, 72) as n where n not between 24 and 48"
    )


def point_at(chart: Locator, share: float) -> None:
    """Rest the mouse over a chart, at a share of its width."""
    chart.hover(position={"x": place_of(chart).width * share, "y": 40})


def chart(page: Page, name: str) -> str:
    """The chart's drawing from left to right: # where there is a line, . where there is none."""
    inked: str = page.get_by_role("group", name=name, exact=True).evaluate(
        """element => {
          const canvas = element.querySelector("canvas");
          const {width, height} = canvas;
          const plot = element.querySelector(".u-over").getBoundingClientRect();
          const left = (plot.left - element.getBoundingClientRect().left) * devicePixelRatio;
          const right = left + plot.width * devicePixelRatio;
          const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          let columns = "";
          for (let x = Math.ceil(left) + 2; x < right - 2; x += 4) {
            let isInked = false;
            for (let y = 12; y < plot.height * devicePixelRatio - 2; y += 1) {
              const at = (y * width + x) * 4;
              // The line is blue; the grid has no colour to speak of.
              if (pixels[at + 3] > 90 && pixels[at + 2] - pixels[at] > 90) isInked = true;
            }
            columns += isInked ? "#" : ".";
          }
          return columns;
        }"""
    )
    return inked


@pytest.mark.usefixtures("readings")
def test_a_silence_is_shown_as_a_gap(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    expect(page.get_by_role("heading", name="CPU", exact=True)).to_be_visible()
    expect(page.locator(".u-over")).not_to_have_count(0)
    columns = chart(page, "CPU")
    third = len(columns) // 3
    assert "#" in columns[:third]
    assert "#" in columns[-third:]
    assert columns[third + third // 4 : 2 * third - third // 4].count("#") == 0


@pytest.mark.usefixtures("readings")
def test_what_was_never_measured_says_why(visit: Visit) -> None:
    visit.open("system")
    expect(visit.page.get_by_text("Lavalink's ping comes with a voice worker.")).to_be_visible()


@pytest.mark.usefixtures("readings")
def test_the_numbers_stand_behind_each_chart(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    section = page.locator("section.card", has=page.get_by_role("heading", name="Memory (RSS)"))
    section.get_by_text("Show numbers").click()
    table = section.get_by_role("table", name="Memory (RSS)")
    expect(table.locator("tbody tr")).to_have_count(46)
    expect(table.locator("tbody tr").first.locator("td")).to_have_text(
        ["1", "100 MB", "100 MB", "100 MB"]
    )


@pytest.mark.usefixtures("readings")
def test_of_many_readings_the_least_and_the_greatest_are_a_band_around_the_mean(
    visit: Visit,
) -> None:
    visit.open("system", range="7d")
    page = visit.page
    canvas = page.get_by_role("group", name="CPU", exact=True)
    expect(canvas.locator(".u-over")).to_be_visible()
    assert canvas.evaluate(BAND) > 0
    # What never changed has none.
    assert page.get_by_role("group", name="Memory (RSS)", exact=True).evaluate(BAND) == 0
    canvas.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".readout:visible").first).to_contain_text("(10 % – 16 %)")
    section = page.locator("section.card", has=page.get_by_role("heading", name="CPU"))
    section.get_by_text("Show numbers").click()
    cells = section.get_by_role("table", name="CPU").locator("tbody tr").nth(1).locator("td")
    expect(cells.nth(1)).to_have_text("10 %")
    expect(cells.nth(2)).to_have_text(re.compile(r"1[2-4](\.\d)? %"))
    expect(cells.nth(3)).to_have_text("16 %")


@pytest.mark.usefixtures("readings")
def test_arrow_keys_read_the_values_out(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    canvas = page.get_by_role("group", name="CPU", exact=True)
    expect(canvas.locator(".u-over")).to_be_visible()
    canvas.focus()
    page.keyboard.press("End")
    expect(page.locator(".chart [aria-live]", has_text="Functions 11 %")).to_have_count(1)
    expect(page.locator(".readout:visible")).to_contain_text("Functions 11 %")


@pytest.mark.usefixtures("readings")
def test_one_cursor_goes_through_all_charts(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    point_at(page.get_by_role("group", name="CPU", exact=True).locator(".u-over"), 0.95)
    expect(page.locator(".readout:visible")).to_have_count(4)


@pytest.mark.usefixtures("readings")
def test_who_reads_a_value_goes_on_reading_it_when_new_ones_come(
    visit: Visit, database: psycopg.Connection
) -> None:
    visit.open("system", range="6h")
    page = visit.page
    expect(page.locator("[data-state=live]")).to_be_visible()
    point_at(page.get_by_role("group", name="CPU", exact=True).locator(".u-over"), 0.999)
    readouts = page.locator(".readout:visible")
    expect(readouts.first).to_contain_text("Functions 11 %")
    database.execute(
        "insert into system_stats (cpu_usage, ram_rss, ram_heap, ping_gateway, source)"
        " values (30, 100, 400, 40, 'function')"
    )
    expect(readouts.first).to_contain_text("Functions 30 %")
    expect(readouts).to_have_count(4)


@pytest.mark.usefixtures("readings")
def test_nothing_moves_when_the_newest_readings_come(visit: Visit) -> None:
    page = visit.page
    over = page.get_by_role("group", name="CPU", exact=True).locator(".u-over")
    with holding(page, "**/rpc/dashboard_overview"):
        visit.open("system", range="6h")
        before = place_of(over)
    expect(page.locator(".figure", has_text="CPU")).to_contain_text("11 %")
    assert place_of(over) == before


@pytest.mark.usefixtures("readings")
def test_dragging_zooms_and_back_takes_it_back(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    over = page.get_by_role("group", name="CPU", exact=True).locator(".u-over")
    point_at(over, 0.7)
    place = place_of(over)
    with page.expect_response("**/rpc/system_series"):
        page.mouse.down()
        page.mouse.move(place.x + place.width * 0.9, place.y + 40, steps=5)
        page.mouse.up()
    assert "since=" in page.url
    reset = page.get_by_role("button", name="Reset")
    expect(reset).to_have_attribute("aria-disabled", "false")
    page.go_back()
    expect(reset).to_have_attribute("aria-disabled", "true")
    assert "since=" not in page.url


@pytest.mark.usefixtures("readings")
def test_keys_zoom_as_well(visit: Visit) -> None:
    visit.open("system", range="6h")
    page = visit.page
    canvas = page.get_by_role("group", name="CPU", exact=True)
    expect(canvas.locator(".u-over")).to_be_visible()
    canvas.focus()
    with page.expect_response("**/rpc/system_series") as narrowed:
        page.keyboard.press("+")
    assert narrowed.value.ok
    expect(page.get_by_role("button", name="Reset")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Reset")).to_have_attribute("aria-disabled", "true")
    expect(canvas).to_be_focused()


@pytest.mark.usefixtures("readings")
@pytest.mark.parametrize(
    "params",
    [
        {"range": "toString"},
        {"range": "6h", "since": "1e15", "until": "1e16"},
        {"since": "1", "until": "2"},
        {"since": "x", "until": "9e99"},
    ],
)
def test_an_address_that_makes_no_sense_shows_the_usual(
    visit: Visit, params: dict[str, str]
) -> None:
    visit.go("system", **params)
    page = visit.page
    expect(page.get_by_role("heading", name="CPU", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Reset")).to_have_attribute("aria-disabled", "true")


def test_no_reading_yet_says_how_one_comes(visit: Visit) -> None:
    visit.go("system")
    expect(visit.page.get_by_text("No readings in this range")).to_be_visible()
    expect(visit.page.get_by_text("cron_stats takes one every five minutes")).to_be_visible()


@pytest.mark.usefixtures("readings")
def test_the_newest_reading_stands_above(visit: Visit) -> None:
    visit.open("system")
    figure = visit.page.locator(".figure", has_text="CPU")
    expect(figure).to_contain_text("11 %")
    expect(figure).to_contain_text("5 min. ago")
