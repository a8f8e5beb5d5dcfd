"""The view of the log: the newest lines as they come, and any older one by its address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, place_of, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Database = psycopg.Connection[Any]
MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
MANY = 100_000
MOST_SHOWN = 500
POLLED_MS = 40_000


@pytest.fixture
def realtime_gone(dashboard: Dashboard) -> Iterator[None]:
    """Realtime refuses everybody."""
    dashboard.supabase.realtime.go_away()
    yield
    dashboard.supabase.realtime.come_back()


def write(database: Database, message: str, level: str = "info") -> None:
    database.execute(
        "insert into bot_logs (level, message, created_at) values (%s, %s, clock_timestamp())",
        (level, message),
    )


def write_many(database: Database, count: int = MANY) -> None:
    """A line a minute up to an hour ago, numbered from the oldest; each thousandth is an error."""
    database.execute(
        "insert into bot_logs (level, message, created_at)"
        " select case when n %% 1000 = 0 then 'error' else 'info' end, 'line ' || n,"
        "        now() - interval '1 hour' - (%s - n) * interval '1 minute'"
        "   from generate_series(1, %s) as n",
        (count, count),
    )
    database.execute("analyze bot_logs")


@pytest.fixture
def latecomer(visitor: Visit, dashboard: Dashboard, database: Database) -> Visit:
    """Somebody who comes, signed in, when a hundred thousand lines are there."""
    make_admin(dashboard)
    write_many(database)
    visitor.enter()
    return visitor


def lines(visit: Visit) -> Locator:
    return visit.page.locator(".line")


def events(visit: Visit) -> Locator:
    return visit.page.locator(".line-event")


def level(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("group", name="Levels").get_by_role("button", name=name)


def address_of(visit: Visit, locator: Locator) -> str:
    href = locator.locator(".line-time").get_attribute("href")
    assert href is not None
    return f"{visit.dashboard.url}/{href}"


def scroll_to_the_end(visit: Visit) -> None:
    visit.page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")


def test_an_empty_log_says_what_will_be_here(visit: Visit, database: Database) -> None:
    visit.go("logs")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Logs")
    expect(visit.page.get_by_text("The log is empty")).to_be_visible()
    assert findings(visit.page) == []
    write(database, "started")
    expect(events(visit)).to_have_text(["started"])
    expect(visit.page.get_by_text("The log is empty")).to_have_count(0)


def test_a_line_arrives_at_the_top_the_moment_it_is_written(
    visit: Visit, database: Database
) -> None:
    write(database, "first")
    visit.go("logs")
    expect(events(visit)).to_have_text(["first"])
    write(database, "second  answer=42", "warning")
    expect(events(visit)).to_have_text(["second", "first"])
    expect(lines(visit).first).to_contain_text("Warning")
    expect(lines(visit).first).to_contain_text("answer=42")
    expect(level(visit, "Warning")).to_contain_text("1")
    assert findings(visit.page) == []


def test_markup_is_text_and_a_traceback_is_folded(visit: Visit, database: Database) -> None:
    write(database, f"failed  title={MARKUP}\nTraceback\n  {MARKUP}", "ERROR")
    visit.go("logs")
    expect(lines(visit)).to_contain_text(f"title={MARKUP}")
    expect(lines(visit)).to_contain_text("Error")
    traceback = lines(visit).locator("pre")
    expect(traceback).to_be_hidden()
    visit.page.get_by_text("2 more lines").click()
    expect(traceback).to_have_text(f"Traceback\n  {MARKUP}")
    expect(visit.page.locator("main img, main b")).to_have_count(0)


def test_levels_and_words_narrow_it_and_stand_in_the_address(
    visit: Visit, database: Database
) -> None:
    for message, kind in (
        ("a 100% comet", "info"),
        ("a 100 comet", "warning"),
        ("Perihelion", "error"),
        ("perihelion", "WARN"),
    ):
        write(database, message, kind)
    visit.go("logs")
    expect(lines(visit)).to_have_count(4)
    level(visit, "Warning").click()
    expect(events(visit)).to_have_text(["perihelion", "a 100 comet"])
    level(visit, "Error").click()
    expect(events(visit)).to_have_text(["perihelion", "Perihelion", "a 100 comet"])
    field = visit.page.get_by_role("searchbox", name="Search the log")
    field.fill("PERI")
    expect(events(visit)).to_have_text(["perihelion", "Perihelion"])
    address = f"{visit.dashboard.url}/#/logs?level=warning%2Cerror&q=PERI"
    expect(visit.page).to_have_url(address)
    write(database, "not what is searched", "error")
    write(database, "peridot", "info")
    write(database, "periscope", "error")
    expect(events(visit)).to_have_text(["periscope", "perihelion", "Perihelion"])
    visit.page.reload()
    expect(events(visit)).to_have_text(["periscope", "perihelion", "Perihelion"])
    expect(field).to_have_value("PERI")
    field.fill("nothing like it")
    expect(visit.page.get_by_text("No line matches")).to_be_visible()
    visit.page.get_by_role("button", name="Clear the filters").click()
    expect(lines(visit)).to_have_count(7)
    field.fill("100%")
    expect(events(visit)).to_have_text(["a 100% comet"])


def test_paused_it_counts_what_comes_and_shows_it_when_asked(
    visit: Visit, database: Database
) -> None:
    write(database, "first")
    visit.go("logs")
    expect(events(visit)).to_have_text(["first"])
    visit.page.get_by_role("button", name="Pause").click()
    for number in range(12):
        write(database, f"new {number}")
    expect(visit.page.get_by_role("button", name="12 new lines")).to_be_visible()
    expect(events(visit)).to_have_text(["first"])
    visit.page.get_by_role("button", name="Resume").click()
    expect(lines(visit)).to_have_count(13)
    expect(events(visit).first).to_have_text("new 11")
    write(database, "after")
    expect(events(visit).first).to_have_text("after")


def test_nothing_moves_while_somebody_reads_further_down(visit: Visit, database: Database) -> None:
    write_many(database, 300)
    visit.go("logs")
    expect(lines(visit)).to_have_count(100)
    visit.page.mouse.move(700, 500)
    visit.page.mouse.wheel(0, 900)
    expect(visit.page.get_by_text("Held while you read.")).to_be_visible()
    line = visit.page.get_by_text("line 275", exact=True)
    before = place_of(line)
    write(database, "new")
    button = visit.page.get_by_role("button", name="1 new line")
    expect(button).to_be_in_viewport()
    assert place_of(line) == before
    button.click()
    expect(events(visit).first).to_have_text("new")
    expect(events(visit).first).to_be_in_viewport()


def test_a_burst_leaves_no_gap_and_the_page_small(visit: Visit, database: Database) -> None:
    visit.go("logs")
    expect(visit.page.locator(".top-live")).to_have_text("Live")
    database.execute(
        "insert into bot_logs (message, created_at)"
        " select 'line ' || n, clock_timestamp() from generate_series(1, 1000) as n"
    )
    expect(events(visit).first).to_have_text("line 1000")
    shown = events(visit).all_inner_texts()
    assert len(shown) <= MOST_SHOWN
    assert shown == [f"line {1000 - n}" for n in range(len(shown))]
    scroll_to_the_end(visit)
    expect(visit.page.get_by_text(f"line {1000 - len(shown)}", exact=True)).to_be_attached()
    assert lines(visit).count() <= MOST_SHOWN


def test_a_hundred_thousand_lines_are_read_in_a_small_window(
    latecomer: Visit, database: Database
) -> None:
    visit = latecomer
    visit.go("logs")
    expect(events(visit).first).to_have_text(f"line {MANY}")
    expect(lines(visit)).to_have_count(100)
    oldest = MANY - 99
    while oldest > MANY - 800:
        oldest -= 100
        scroll_to_the_end(visit)
        line = visit.page.get_by_text(f"line {oldest}", exact=True)
        expect(line).to_be_attached()
        assert lines(visit).count() <= MOST_SHOWN
    shown = events(visit).all_inner_texts()
    newest = int(shown[0].removeprefix("line "))
    assert shown == [f"line {newest - n}" for n in range(MOST_SHOWN)]
    visit.page.get_by_role("button", name="Load newer lines").click()
    expect(visit.page.get_by_text(f"line {newest + 100}", exact=True)).to_be_attached()
    expect(visit.page.get_by_text(f"line {newest}", exact=True)).to_be_in_viewport()
    assert lines(visit).count() <= MOST_SHOWN
    write(database, "new")
    visit.page.get_by_role("button", name="1 new line").click()
    expect(events(visit).first).to_have_text("new")
    expect(lines(visit)).to_have_count(100)


def test_errors_among_a_hundred_thousand_lines_are_found(latecomer: Visit) -> None:
    latecomer.go("logs", level="error", q="line 5000")
    expect(events(latecomer)).to_have_text(["line 50000", "line 5000"])
    expect(latecomer.page.get_by_text("This is the first line there is.")).to_be_visible()


def test_a_link_leads_to_its_line_among_those_around_it(visit: Visit, database: Database) -> None:
    write_many(database, 1000)
    visit.go("logs", q="line 400")
    address = address_of(visit, lines(visit))
    assert "at=" in address
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.bring_to_front()
    lines(visit).locator(".line-time").click()
    expect(visit.page.locator(".line-copied")).to_have_text("Link copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == address
    other = address.replace("q=line+400&", "")
    visit.page.goto("about:blank")
    visit.page.goto(other)
    linked = visit.page.locator(".line[aria-current]")
    expect(linked).to_contain_text("line 400")
    expect(linked).to_be_in_viewport()
    expect(visit.page.get_by_text("line 401", exact=True)).to_be_visible()
    expect(visit.page.get_by_text("line 399", exact=True)).to_be_visible()
    expect(visit.page.get_by_text("These are older lines.")).to_be_visible()
    assert findings(visit.page) == []
    visit.page.get_by_role("button", name="Go to the newest").click()
    expect(events(visit).first).to_have_text("line 1000")
    expect(visit.page).to_have_url(f"{visit.dashboard.url}/#/logs")


def test_lines_of_one_moment_are_told_apart_by_a_link(visit: Visit, database: Database) -> None:
    database.execute(
        "insert into bot_logs (message, created_at)"
        " select 'line ' || n, timestamptz '2026-03-04 05:06:07.123456Z'"
        "   from generate_series(1, 60) as n"
    )
    visit.go("logs")
    address = address_of(visit, lines(visit).filter(has_text="line 7").last)
    visit.page.goto("about:blank")
    visit.page.goto(address)
    expect(visit.page.locator(".line[aria-current] .line-event")).to_have_text("line 7")


def test_a_link_to_a_line_that_is_gone_or_hidden_says_so(visit: Visit, database: Database) -> None:
    write_many(database, 20)
    at = "2026-03-04T05:06:07.123456+00:00"
    visit.go("logs", at=at, id="999999")
    expect(visit.page.get_by_text("The linked line is no longer there")).to_be_visible()
    visit.page.goto("about:blank")
    query = urlencode({"at": at, "id": "999999", "level": "info"})
    visit.page.goto(f"{visit.dashboard.url}/#/logs?{query}")
    expect(visit.page.get_by_text("The filters hide the linked line")).to_be_visible()
    expect(lines(visit)).to_have_count(20)


@pytest.mark.usefixtures("realtime_gone")
def test_without_realtime_lines_are_asked_for_and_none_is_missed(
    visit: Visit, database: Database
) -> None:
    write(database, "first")
    visit.go("logs")
    expect(visit.page.locator(".top-live")).to_have_text("Every 15 s")
    database.execute(
        "insert into bot_logs (message, created_at)"
        " select 'line ' || n, clock_timestamp() from generate_series(1, 250) as n"
    )
    expect(events(visit).first).to_have_text("line 250", timeout=POLLED_MS)
    scroll_to_the_end(visit)
    expect(visit.page.get_by_text("line 51", exact=True)).to_be_attached()
    scroll_to_the_end(visit)
    expect(events(visit).last).to_have_text("first")
    expect(lines(visit)).to_have_count(251)
    visit.complaints.clear()  # the browser names each socket that was refused


def test_what_was_written_while_one_was_cut_off_is_there_afterwards(
    visit: Visit, dashboard: Dashboard, database: Database
) -> None:
    write(database, "first")
    visit.go("logs")
    expect(events(visit)).to_have_text(["first"])
    dashboard.supabase.realtime.go_away()
    try:
        expect(visit.page.locator(".top-live")).to_have_text("Every 15 s")
        write(database, "meanwhile")
    finally:
        dashboard.supabase.realtime.come_back()
    expect(events(visit)).to_have_text(["meanwhile", "first"], timeout=POLLED_MS)
    visit.complaints.clear()


def test_on_a_phone_in_japanese_it_reads_and_works_as_well(
    browser: Browser, dashboard: Dashboard, base_url: str, database: Database
) -> None:
    make_admin(dashboard)
    write(database, "failed  detail=" + "とても長い説明" * 60, "error")
    with visiting(
        browser, dashboard, locale="ja", size=PHONE, theme="light", zone="Asia/Tokyo"
    ) as visit:
        visit.enter("logs")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("ログ")
        expect(lines(visit)).to_contain_text("エラー")
        write(database, "started")
        expect(events(visit).first).to_have_text("started")
        visit.page.get_by_role("button", name="一時停止").click()
        before = place_of(lines(visit).first)
        write(database, "later")
        expect(visit.page.get_by_role("button", name="新着1行")).to_be_visible()
        assert place_of(lines(visit).first) == before
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert findings(visit.page) == []


def test_how_many_lines_of_each_level_there_are_is_said_in_full_and_over_which_time(
    visit: Visit, database: Database
) -> None:
    database.execute(
        "insert into bot_logs (level, message) select 'info', 'x' from generate_series(1, 1234)"
    )
    visit.go("logs")
    expect(level(visit, "Info").locator(".chip-count")).to_have_text("1,234")
    expect(visit.page.get_by_text("Lines of the last 24 h")).to_be_visible()
