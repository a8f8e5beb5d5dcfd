"""The commands' view: how much each is used, how soon it answers, and what goes wrong."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.dashboard.ledger_rows import Command, used
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, place_of, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]

MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
DAY = timedelta(days=1)
COUNTS = """
() => [...document.querySelectorAll(".bin-count")].flatMap(count => {
  if (!count.checkVisibility()) return [];
  const words = document.createRange();
  words.selectNodeContents(count);
  const {left, right} = words.getBoundingClientRect();
  return [[left, right]];
})
"""


def plate(visit: Visit, title: str) -> Locator:
    return visit.page.get_by_role("region", name=title, exact=True)


def figure(where: Locator, label: str) -> Locator:
    """The figure of that label, with its note."""
    return where.locator(".figure", has=where.page.get_by_text(label, exact=True))


def row(where: Locator, head: str) -> Locator:
    return where.get_by_role("row").filter(
        has=where.page.get_by_role("rowheader", name=head, exact=True)
    )


def use_something(database: psycopg.Connection) -> None:
    """Four times ask, of which one failed; three times ping; and two buttons."""
    used(
        database,
        Command(finished_ms=1000, acknowledged_ms=30),
        Command(finished_ms=2000, acknowledged_ms=30),
        Command(finished_ms=3000, acknowledged_ms=700, margin_ms=2240, cold_start=True),
        Command(outcome="failed", error="StoreError", finished_ms=3000, acknowledged_ms=30),
        *[Command(command="ping", finished_ms=50, age=3 * DAY)] * 2,
        Command(command="ping", outcome="refused", error="Not so fast.", margin_ms=-40),
        *[Command(command="ask:again", kind="component", finished_ms=None, age=10 * DAY)] * 2,
    )


def test_before_any_command_it_says_what_will_be_here(visit: Visit) -> None:
    visit.go("commands")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Commands")
    expect(plate(visit, "The last 30 days")).to_contain_text("No commands in these 30 days")
    expect(plate(visit, "Use by week")).to_contain_text("No command has been used yet")
    expect(plate(visit, "Errors by command")).to_contain_text("No errors in these 30 days.")
    expect(plate(visit, "Discord's three seconds")).to_contain_text("has been measured")
    expect(plate(visit, "Cold starts by day")).to_contain_text("No commands in these 30 days")
    assert findings(visit.page) == []


def test_the_figures_of_the_chosen_days(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("commands")
    totals = plate(visit, "The last 30 days")
    expect(totals.locator(".figure")).to_have_text(
        [
            "Commands used9",
            "Errors111.1% of all",
            "Turned away1Limits and other things their users can mend",
            "Too late for Discord1of 9 measured",
            "Cold starts111.1% of all",
        ]
    )
    visit.page.get_by_text("7 days", exact=True).click()
    expect(figure(plate(visit, "The last 7 days"), "Commands used")).to_contain_text("7")
    assert visit.page.url.endswith("#/commands?days=7")


def test_each_command_has_its_row(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("commands")
    table = plate(visit, "By command")
    expect(table.get_by_role("rowheader")).to_have_text(["ask", "ping", "ask:again button"])
    cells = row(table, "ask").get_by_role("cell")
    expect(cells).to_contain_text(["4", "25%", "2 s", "3 s", "700 ms", "1", "StoreError"])
    expect(row(table, "ping").get_by_role("cell")).to_have_text(
        ["3", "0%", "50 ms", "1 s", "40 ms", "0", "–"]
    )
    expect(row(table, "ask:again button").get_by_role("cell").nth(2)).to_have_text("–")


def test_the_table_is_sorted_by_what_one_presses(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.go("commands")
    table = plate(visit, "By command")
    heads = table.get_by_role("rowheader")
    used_head = table.get_by_role("columnheader", name="Used")
    expect(used_head).to_have_attribute("aria-sort", "descending")
    used_head.get_by_role("button").click()
    expect(heads).to_have_text(["ask:again button", "ping", "ask"])
    expect(used_head).to_have_attribute("aria-sort", "ascending")
    assert visit.page.url.endswith("#/commands?sort=executed&order=asc")
    name = table.get_by_role("columnheader", name="Command")
    name.get_by_role("button").focus()
    visit.page.keyboard.press("Enter")
    expect(heads).to_have_text(["ask", "ask:again button", "ping"])
    expect(name.get_by_role("button")).to_be_focused()
    # What nobody measured stands last, whichever way.
    for _ in range(2):
        table.get_by_role("columnheader", name="Done, p50").get_by_role("button").click()
        expect(heads.last).to_have_text("ask:again button")


def test_a_link_shows_the_table_sorted_as_it_was(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.open("commands", sort="command", order="desc", days="7")
    heads = plate(visit, "By command").get_by_role("rowheader")
    expect(heads).to_have_text(["ping", "ask"])
    visit.go("commands", days="7")
    expect(heads).to_have_text(["ask", "ping"])


def test_weeks_show_the_six_most_used_and_the_others_together(
    visit: Visit, database: psycopg.Connection
) -> None:
    for number in range(8):
        used(database, *[Command(command=f"word{number}")] * (9 - number))
    used(database, *[Command(command="word0", age=7 * DAY)] * 4)
    visit.go("commands")
    weeks = plate(visit, "Use by week")
    names = [*(f"word{number}" for number in range(6)), "Others"]
    expect(weeks.locator(".legend li")).to_have_text(names)
    weeks.get_by_text("Show numbers").click()
    rows = weeks.get_by_role("row")
    expect(rows).to_have_count(13)
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["9", "8", "7", "6", "5", "4", "5"])
    expect(rows.nth(2).get_by_role("cell")).to_have_text(["4", *["0"] * 6])


def test_errors_are_ranked_by_command(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    used(database, *[Command(command="stats", outcome="failed", error="KeyError")] * 2)
    visit.go("commands")
    expect(plate(visit, "Errors by command").get_by_role("listitem")).to_have_text(
        ["stats2 errors100% of its uses", "ask1 error25% of its uses"]
    )


def test_the_three_seconds_show_how_many_came_too_late(
    visit: Visit, database: psycopg.Connection
) -> None:
    used(
        database,
        *[Command(margin_ms=2900)] * 17,
        Command(margin_ms=2300, cold_start=True),
        Command(margin_ms=400),
        Command(margin_ms=-250, cold_start=True),
    )
    visit.go("commands")
    margin = plate(visit, "Discord's three seconds")
    expect(margin.locator(".figure")).to_have_text(
        [
            "Left, usually2.9 s",
            "Left, slowest 5%none250 ms late",
            "Left, slowestnone250 ms late",
            "Under 0.5 s left1",
        ]
    )
    expect(margin.get_by_text("1 too late", exact=True)).to_be_visible()
    expect(margin.get_by_text("Deadline: 3 s")).to_be_visible()
    expect(margin.get_by_role("img")).to_have_attribute(
        "aria-label", "First replies by the time they took. Too late: 1"
    )
    margin.get_by_text("Show numbers").click()
    expect(row(margin, "0 to 0.25 s").get_by_role("cell")).to_have_text(["17", "0"])
    expect(row(margin, "0.5 to 0.75 s").get_by_role("cell")).to_have_text(["1", "1"])
    expect(row(margin, "2.5 to 2.75 s").get_by_role("cell")).to_have_text(["1", "0"])
    expect(row(margin, "over 3 s").get_by_role("cell")).to_have_text(["1", "1"])


def test_all_in_time_is_told_too(visit: Visit, database: psycopg.Connection) -> None:
    used(database, Command(margin_ms=2900))
    visit.go("commands")
    expect(plate(visit, "Discord's three seconds").get_by_text("All in time")).to_be_visible()


def test_cold_starts_by_day_and_what_they_cost(visit: Visit, database: psycopg.Connection) -> None:
    used(
        database,
        *[Command(acknowledged_ms=40)] * 3,
        Command(acknowledged_ms=800, cold_start=True),
        *[Command(acknowledged_ms=60, age=2 * DAY)] * 4,
    )
    visit.go("commands")
    cold = plate(visit, "Cold starts by day")
    expect(cold).to_contain_text("12.5% of the commands had to wait for a new instance.")
    cold.get_by_text("Show numbers").click()
    rows = cold.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("25% of the commands")
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["1"])
    expect(rows.nth(3).get_by_role("cell")).to_have_text(["0"])
    price = plate(visit, "What a cold start costs in time")
    price.get_by_text("Show numbers").click()
    rows = price.get_by_role("row")
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["800 ms", "40 ms"])
    expect(rows.nth(3).get_by_role("cell")).to_have_text(["–", "60 ms"])


def test_names_and_errors_with_markup_stay_text(visit: Visit, database: psycopg.Connection) -> None:
    used(database, Command(command=MARKUP, outcome="failed", error=MARKUP))
    visit.go("commands")
    table = plate(visit, "By command")
    expect(table.get_by_role("rowheader")).to_have_text(MARKUP)
    expect(table.get_by_role("cell").last).to_contain_text(MARKUP)
    expect(plate(visit, "Errors by command")).to_contain_text(MARKUP)
    expect(plate(visit, "Use by week").locator(".legend")).to_have_text(MARKUP)
    assert visit.page.locator("main img, main b").count() == 0


def test_new_commands_appear_by_themselves(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("commands")
    count = figure(plate(visit, "The last 30 days"), "Commands used")
    expect(count).to_contain_text("9")
    expect(visit.page.locator(".top-live")).to_have_attribute("data-state", "live")
    used(database, Command(command="brand-new"))
    expect(count).to_contain_text("10")
    expect(row(plate(visit, "By command"), "brand-new")).to_be_visible()


def test_what_could_not_be_loaded_says_so_in_its_place(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)

    def fail(route: Route) -> None:
        route.fulfill(status=500, json={"code": "57014", "message": "statement timeout"})

    visit.page.route("**/rpc/cold_starts", fail)
    visit.go("commands")
    cold = plate(visit, "Cold starts by day")
    expect(cold.get_by_role("alert")).to_contain_text("statement timeout")
    expect(figure(plate(visit, "The last 30 days"), "Commands used")).to_contain_text("9")
    visit.page.unroute("**/rpc/cold_starts")
    cold.get_by_role("button", name="Try again").click()
    expect(cold.locator("canvas")).to_be_visible()
    visit.complaints.clear()  # the browser names the answer that was a failure


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_in_japanese(
    browser: Browser,
    dashboard: Dashboard,
    base_url: str,  # empties the tables
    database: psycopg.Connection,
    theme: str,
) -> None:
    make_admin(dashboard)
    use_something(database)
    is_dark = theme == "dark"
    with visiting(
        browser, dashboard, locale="ja", size=PHONE, theme="dark" if is_dark else "light"
    ) as visit:
        visit.enter("commands")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("コマンド")
        expect(figure(plate(visit, "直近30日間"), "使われた回数")).to_contain_text("9")
        expect(plate(visit, "Discordの3秒")).to_contain_text("1件が間に合いませんでした")
        expect(plate(visit, "コマンド別").get_by_role("rowheader")).to_have_count(3)
        expect(plate(visit, "日ごとのコールドスタート").locator("canvas")).to_be_visible()
        assert visit.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        assert findings(visit.page) == []


def test_very_long_names_do_not_widen_a_phone(
    browser: Browser,
    dashboard: Dashboard,
    base_url: str,  # empties the tables
    database: psycopg.Connection,
) -> None:
    make_admin(dashboard)
    used(database, Command(command="c" * 90, outcome="failed", error="e" * 400))
    with visiting(browser, dashboard, size=PHONE) as visit:
        visit.enter("commands")
        expect(plate(visit, "By command").get_by_role("rowheader")).to_have_text("c" * 90)
        expect(plate(visit, "Errors by command")).to_contain_text("c" * 90)
        assert visit.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


def test_a_wide_screen_is_accessible(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("commands")
    expect(plate(visit, "Use by week").locator("canvas")).to_be_visible()
    expect(plate(visit, "By command").get_by_role("rowheader")).to_have_count(3)
    plate(visit, "Discord's three seconds").get_by_text("Show numbers").click()
    assert findings(visit.page) == []


def test_where_no_instance_was_cold_the_narrowest_screen_cuts_nothing_off(
    browser: Browser, dashboard: Dashboard, base_url: str, database: psycopg.Connection
) -> None:
    make_admin(dashboard)
    used(database, Command(margin_ms=2900))
    with visiting(browser, dashboard, locale="ja", size={"width": 320, "height": 640}) as visit:
        visit.enter("commands")
        word = visit.page.get_by_text("コールドスタートはありません")
        expect(word).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        place = place_of(word)
        assert place.x + place.width <= 320


def test_on_a_phone_no_count_runs_into_its_neighbour(
    browser: Browser, dashboard: Dashboard, base_url: str, database: psycopg.Connection
) -> None:
    make_admin(dashboard)
    database.execute(
        "insert into interaction_log (interaction_id, kind, command, user_id, outcome,"
        " acknowledged_ms, finished_ms, margin_ms)"
        " select n, 'command', 'ask', '1', 'answered', 40, 1900, (n % 12) * 250 - 100"
        " from generate_series(1, 14000) as n"
    )
    with visiting(browser, dashboard, locale="ja", size=PHONE) as visit:
        visit.enter("commands")
        expect(visit.page.locator(".bin-late .bin-count")).to_be_visible()
        places = visit.page.evaluate(COUNTS)
        assert all(right + 2 <= left for (_, right), (left, _) in pairwise(places)), places
