"""The assistant's view: what was used and cost, how soon answers came, and what came to nothing."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.dashboard.assistant_use import (
    DAY,
    GUILD,
    MARKUP,
    OTHER_GUILD,
    OTHER_USER,
    TODAY,
    USER,
    figure,
    plate,
    row,
    use_something,
)
from tests.dashboard.ledger_rows import Call, Command, called, used
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_before_anybody_asked_it_says_what_will_be_here(visit: Visit) -> None:
    visit.go("assistant")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Assistant")
    expect(plate(visit, "The last 30 days")).to_contain_text("Nobody has asked the assistant yet")
    expect(plate(visit, "Limits near their end")).to_contain_text("Nobody is near a limit.")
    expect(plate(visit, "Tokens by day")).to_contain_text("No calls in these 30 days")
    expect(plate(visit, "Until the answer is complete")).to_contain_text("No answers")
    expect(plate(visit, "Questions without an answer")).to_contain_text("got an answer")
    assert findings(visit.page) == []


def test_what_was_used_stands_beside_the_days_before(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.go("assistant")
    totals = plate(visit, "The last 30 days")
    expect(figure(totals, "Answers")).to_contain_text("3")
    expect(figure(totals, "Answers")).to_contain_text("3 times the 30 days before")
    expect(figure(totals, "Tokens")).to_contain_text("4.5K")
    expect(figure(totals, "Tokens")).to_contain_text("+25% on the 30 days before")
    expect(figure(totals, "Calls to models")).to_contain_text("3")


def test_a_bot_that_is_newer_than_the_days_before_is_not_held_against_them(
    visit: Visit, database: psycopg.Connection
) -> None:
    called(
        database,
        Call(prompt_tokens=900, cost_usd=0.5),
        Call(age=35 * DAY, prompt_tokens=25, cost_usd=0.1),
    )
    visit.go("assistant")
    totals = plate(visit, "The last 30 days")
    expect(figure(totals, "Tokens")).to_have_text("Tokens900")
    expect(figure(totals, "Cost")).to_have_text("Cost$0.50")


def test_a_cost_with_unknown_prices_is_told_as_a_least(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.go("assistant")
    cost = figure(plate(visit, "The last 30 days"), "Cost")
    expect(cost).to_contain_text("at least $1.75")
    expect(cost).to_contain_text("The price of one call is not known")
    expect(plate(visit, "Cost by day")).to_contain_text("the cost is at least this high")
    expect(row(plate(visit, "By model"), "small")).to_contain_text("at least $0.50")
    expect(row(plate(visit, "By model"), "large").get_by_role("cell").last).to_have_text("$1.25")
    expect(row(plate(visit, "By server"), "Direct messages")).to_contain_text("unknown")


def test_known_prices_add_up_to_a_cost(visit: Visit, database: psycopg.Connection) -> None:
    called(
        database,
        Call(prompt_tokens=5, cost_usd=0.5),
        Call(prompt_tokens=5, cost_usd=0.25),
        Call(age=40 * DAY, prompt_tokens=5, cost_usd=1),
        Call(age=70 * DAY, prompt_tokens=5, cost_usd=9),
    )
    visit.go("assistant")
    cost = figure(plate(visit, "The last 30 days"), "Cost")
    expect(cost).to_have_text("Cost$0.75−25% on the 30 days before")
    expect(plate(visit, "Cost by day")).not_to_contain_text("at least")


def test_who_used_how_much_is_in_tables(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("assistant")
    model = row(plate(visit, "By model"), "large").get_by_role("cell")
    expect(model).to_have_text(["2,500", "500", "1", "3,000", "$1.25"])
    guilds = plate(visit, "By server").get_by_role("rowheader")
    expect(guilds).to_have_text([OTHER_GUILD, GUILD, "Direct messages"])
    people = plate(visit, "By person").get_by_role("rowheader")
    expect(people).to_have_text([OTHER_USER, USER])
    expect(row(plate(visit, "By person"), USER)).to_contain_text("1,500")


def test_the_numbers_behind_the_days_can_be_read(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.go("assistant")
    tokens = plate(visit, "Tokens by day")
    expect(tokens.locator("canvas")).to_be_visible()
    expect(tokens.locator(".legend li")).to_have_text(["large", "small"])
    tokens.get_by_text("Show numbers").click()
    rows = tokens.get_by_role("row")
    expect(rows).to_have_count(31)
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["3K", "1K"])
    expect(rows.nth(11).get_by_role("cell")).to_have_text(["0", "500"])


def test_long_tables_show_their_first_rows_until_asked(
    visit: Visit, database: psycopg.Connection
) -> None:
    people = [str(302000000000000100 + number) for number in range(12)]
    called(database, *(Call(user_id=user, prompt_tokens=int(user[-2:])) for user in people))
    visit.go("assistant")
    users = plate(visit, "By person")
    expect(users.get_by_role("rowheader")).to_have_text(people[:5:-1])
    users.get_by_role("button", name="Show 6 more").click()
    expect(users.get_by_role("rowheader")).to_have_text(people[::-1])
    users.get_by_role("button", name="Show fewer").click()
    expect(users.get_by_role("rowheader")).to_have_count(6)


def test_the_days_looked_back_on_stand_in_the_address(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    visit.go("assistant")
    page = visit.page
    expect(page.get_by_role("radio", name="30 days")).to_be_checked()
    page.get_by_text("7 days", exact=True).click()
    expect(figure(plate(visit, "The last 7 days"), "Answers")).to_contain_text("2")
    assert page.url.endswith("#/assistant?days=7")
    page.go_back()
    expect(figure(plate(visit, "The last 30 days"), "Answers")).to_contain_text("3")
    expect(page.get_by_role("radio", name="30 days")).to_be_checked()
    visit.open("assistant", days="90")
    expect(figure(plate(visit, "The last 90 days"), "Answers")).to_contain_text("4")
    visit.open("assistant", days="nonsense")
    expect(page.get_by_role("radio", name="30 days")).to_be_checked()


def test_how_soon_it_answered_is_told_in_percentiles(
    visit: Visit, database: psycopg.Connection
) -> None:
    used(
        database,
        *(
            Command(acknowledged_ms=10 * share, finished_ms=100 * share + 1000)
            for share in range(101)
        ),
        Command(command="ping", finished_ms=99_000),
        Command(outcome="failed", error="StoreError", finished_ms=99_000),
    )
    visit.go("assistant")
    whole, first = (
        plate(visit, "Until the answer is complete"),
        plate(visit, "Until the first reply"),
    )
    expect(whole.locator(".figure-value")).to_have_text(["6 s", "10.5 s", "10.9 s"])
    expect(first.locator(".figure-value")).to_have_text(["500 ms", "950 ms", "990 ms"])
    whole.get_by_text("Show numbers").click()
    expect(whole.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(
        ["6 s", "10.5 s", "10.9 s"]
    )
    expect(whole.get_by_role("row").nth(2).get_by_role("cell")).to_have_text(["–", "–", "–"])


def test_limits_near_their_end_say_when_they_open_again(
    visit: Visit, database: psycopg.Connection
) -> None:
    database.execute(
        "insert into quotas (scope, answers_a_day, tokens_a_day, budget_usd_a_month)"
        f" values ('{GUILD}', 50, 0, 4)"
    )
    called(database, Call(prompt_tokens=1, cost_usd=0))
    database.execute(
        "insert into used_days (user_id, day, answers, tokens)"
        f" values ('{USER}', {TODAY}, 45, 10), ('{OTHER_USER}', {TODAY}, 79, 10)"
    )
    database.execute(
        "insert into used_months (scope, month, cost_usd)"
        f" values ('{GUILD}', date_trunc('month', {TODAY})::date, 4.5)"
    )
    visit.go("assistant")
    limits = plate(visit, "Limits near their end").get_by_role("listitem")
    expect(limits).to_have_count(2)
    expect(limits.first).to_contain_text("Budget a month")
    expect(limits.first).to_contain_text("Used up")
    expect(limits.first).to_contain_text("$4.50 of $4.00")
    expect(limits.last).to_contain_text("Answers a day")
    expect(limits.last).to_contain_text(USER)
    expect(limits.last).to_contain_text("45 of 50")
    expect(limits.last).to_contain_text("90%")
    found = database.execute(
        f"select ({TODAY} + 1)::timestamp at time zone 'Asia/Tokyo' at time zone 'UTC'"
    ).fetchone()
    assert found is not None
    opens = found[0]
    expect(limits.last).to_contain_text(f"Opens again {opens:%b} {opens.day}, 3:00 PM")


def test_questions_without_an_answer_tell_why(visit: Visit, database: psycopg.Connection) -> None:
    used(
        database,
        Command(outcome="failed", error="StoreError", age=timedelta(minutes=3)),
        Command(
            outcome="refused",
            error="The model declined to answer this.",
            age=timedelta(minutes=2),
            guild_id=None,
        ),
        Command(
            outcome="refused",
            error="You've had all your answers for today.",
            age=timedelta(minutes=1),
        ),
        Command(command="ping", outcome="failed", error="KeyError"),
    )
    called(database, Call(model="large", outcome="broken_off", prompt_tokens=12))
    visit.go("assistant")
    questions = plate(visit, "Questions without an answer")
    expect(questions.locator(".figure")).to_have_text(
        ["Declined1", "Limit reached1", "Turned away0", "Failed1"]
    )
    entries = questions.get_by_role("listitem")
    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text("You've had all your answers for today.")
    expect(entries.nth(1)).to_contain_text("Direct messages")
    expect(entries.nth(2)).to_contain_text("StoreError")
    calls = plate(visit, "Calls to models that went wrong").get_by_role("listitem")
    expect(calls).to_have_count(1)
    expect(calls).to_contain_text("Broken off")
    expect(calls).to_contain_text("12 tokens")


def test_names_and_errors_with_markup_stay_text(visit: Visit, database: psycopg.Connection) -> None:
    called(database, Call(model=MARKUP, prompt_tokens=5, cost_usd=0.1, outcome="failed"))
    used(database, Command(outcome="failed", error=MARKUP))
    visit.go("assistant")
    expect(plate(visit, "By model").get_by_role("rowheader")).to_have_text(MARKUP)
    expect(plate(visit, "Tokens by day").locator(".legend")).to_have_text(MARKUP)
    expect(plate(visit, "Questions without an answer")).to_contain_text(MARKUP)
    expect(plate(visit, "Calls to models that went wrong")).to_contain_text(MARKUP)
    assert visit.page.locator("main img, main b").count() == 0


def test_new_answers_appear_by_themselves(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    visit.go("assistant")
    answers = figure(plate(visit, "The last 30 days"), "Answers")
    expect(answers).to_contain_text("3")
    expect(visit.page.locator(".top-live")).to_have_attribute("data-state", "live")
    called(database, Call(model="new", prompt_tokens=7))
    expect(answers).to_contain_text("4")
    expect(row(plate(visit, "By model"), "new")).to_be_visible()


def test_what_could_not_be_loaded_says_so_in_its_place(
    visit: Visit, database: psycopg.Connection
) -> None:
    use_something(database)
    used(database, Command())

    def fail(route: Route) -> None:
        route.fulfill(status=500, json={"code": "XX000", "message": "out of memory"})

    visit.page.route("**/rpc/assistant_latency", fail)
    visit.go("assistant")
    whole = plate(visit, "Until the answer is complete")
    expect(whole.get_by_role("alert")).to_contain_text("out of memory")
    expect(figure(plate(visit, "The last 30 days"), "Answers")).to_contain_text("3")
    visit.page.unroute("**/rpc/assistant_latency")
    whole.get_by_role("button", name="Try again").click()
    expect(whole.locator(".figure-value").first).to_have_text("1 s")
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
    used(database, Command(), Command(outcome="failed", error="StoreError"))
    is_dark = theme == "dark"
    with visiting(
        browser, dashboard, locale="ja", size=PHONE, theme="dark" if is_dark else "light"
    ) as visit:
        visit.enter("assistant")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("アシスタント")
        totals = plate(visit, "直近30日間")
        expect(figure(totals, "費用")).to_contain_text("$1.75以上")
        expect(figure(totals, "トークン")).to_contain_text("前の30日間より+25%")
        expect(plate(visit, "回答できなかった質問")).to_contain_text("失敗")
        expect(plate(visit, "日ごとのトークン").locator("canvas")).to_be_visible()
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
    called(database, Call(model="m" * 90, prompt_tokens=5, outcome="failed"))
    used(database, Command(outcome="failed", error="e" * 400))
    with visiting(browser, dashboard, size=PHONE) as visit:
        visit.enter("assistant")
        expect(plate(visit, "By model").get_by_role("rowheader")).to_have_text("m" * 90)
        expect(plate(visit, "Questions without an answer")).to_contain_text("e" * 400)
        assert visit.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


def test_a_wide_screen_is_accessible(visit: Visit, database: psycopg.Connection) -> None:
    use_something(database)
    used(database, Command(), Command(outcome="failed", error="StoreError"))
    visit.go("assistant")
    expect(plate(visit, "Tokens by day").locator("canvas")).to_be_visible()
    expect(plate(visit, "By person").get_by_role("rowheader")).to_have_count(2)
    plate(visit, "Tokens by day").get_by_text("Show numbers").click()
    assert findings(visit.page) == []
