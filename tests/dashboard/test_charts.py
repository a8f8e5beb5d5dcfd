"""What a chart says beside its lines and bars, and that nothing wide is cut off."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.served import Dashboard
from tests.dashboard.visits import Visit, make_admin, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]

MIDNIGHT = 1_795_219_200  # 21 November 2026, 00:00 UTC
HOUR = 3_600
LABELS = """
async ([moments, wide]) => {
  const { momentLabels } = await import("/scripts/charts/lines.js");
  const { createFormats } = await import("/scripts/formats.js");
  return momentLabels(moments, wide, createFormats("en-US", { zone: "UTC" }));
}
"""


@pytest.mark.parametrize(
    ("hours", "step", "says"),
    [
        (168, 12, ["Nov 21", "12 PM", "Nov 22", "12 PM", "Nov 23"]),
        (720, 48, ["Nov 21", "Nov 23", "Nov 25"]),
        (24, 6, ["Nov 21", "6 AM", "12 PM", "6 PM", "Nov 22"]),
        (6, 1, ["12:00 AM", "1:00 AM"]),
    ],
)
def test_no_date_stands_twice_on_an_axis(
    visitor: Visit, hours: int, step: int, says: list[str]
) -> None:
    visitor.open()
    moments = [MIDNIGHT + place * step * HOUR for place in range(len(says))]
    told = visitor.page.evaluate(LABELS, [moments, hours * HOUR])
    assert [label.replace("\u202f", " ") for label in told] == says


def test_the_page_reaches_from_edge_to_edge(visitor: Visit, dashboard: Dashboard) -> None:
    """Where the browser draws no bar beside the page, no strip is left for one either."""
    make_admin(dashboard)
    page = visitor.page
    visitor.open()
    expect(page.locator(".gate-card")).to_be_visible()
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.body.getBoundingClientRect().right") == width
    visitor.sign_in()
    assert page.evaluate("document.querySelector('.top').getBoundingClientRect().right") == width


def test_hours_without_a_command_are_told_in_words(
    visit: Visit, database: psycopg.Connection
) -> None:
    page = visit.page
    hours = page.get_by_role("group", name="Commands in the last 24 hours")
    expect(page.get_by_text("No commands in these 24 hours")).to_be_visible()
    expect(hours).to_be_hidden()
    database.execute(
        "insert into interaction_log (interaction_id, kind, command, user_id, outcome,"
        " acknowledged_ms, finished_ms, cold_start)"
        " values ('1', 'command', 'ask', '1', 'answered', 40, 1900, false)"
    )
    expect(hours.locator("canvas")).to_be_visible()
    expect(page.get_by_text("No commands in these 24 hours")).to_be_hidden()


def test_the_tick_that_comes_most_often_is_named(
    visit: Visit, database: psycopg.Connection
) -> None:
    database.execute(
        "update schedules set since = now() - interval '1 day',"
        " every_seconds = case name when 'cron_queue' then 60 else 300 end,"
        " last_run_at = now() - case name when 'cron_queue' then interval '100 s'"
        " else interval '5 s' end where is_tick"
    )
    visit.open("overview")
    tick = visit.page.locator(".figure", has_text="Last tick")
    expect(tick).to_contain_text("1 min. ago")
    expect(tick).to_contain_text("cron_queue, due every minute")


def test_between_japanese_sentences_there_is_no_space(
    browser: Browser, dashboard: Dashboard, database: psycopg.Connection
) -> None:
    database.execute("insert into system_stats (cpu_usage, source) values (10, 'function')")
    make_admin(dashboard)
    with visiting(browser, dashboard, locale="ja") as visit:
        visit.enter("system")
        note = visit.page.get_by_text("グラフをドラッグすると").locator("..")
        expect(note).to_have_text(re.compile(r"。グラフをドラッグすると拡大できます。$"))
