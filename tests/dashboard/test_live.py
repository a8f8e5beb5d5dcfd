"""What changes shows by itself, whatever becomes of the connection, and the page says how."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.dashboard.served import Dashboard
from tests.dashboard.visits import Visit, holding, make_admin, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# Longer than changes are gathered, and shorter than the page asks of its own accord.
SETTLED_MS = 4_000
SOON_MS = 10_000
PLAY = (
    "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)"
    " values ('7', 'Comet', 5000, 200000, true)"
)

# A headless browser shows each of its tabs, whichever is in front.
TURN_AWAY = """
hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def connection(visit: Visit) -> Locator:
    return visit.page.locator(".top-live")


@pytest.fixture
def realtime_gone(dashboard: Dashboard) -> Iterator[None]:
    """Realtime refuses everybody."""
    dashboard.supabase.realtime.go_away()
    yield
    dashboard.supabase.realtime.come_back()


def test_a_session_begins_and_ends_before_ones_eyes(
    visit: Visit, database: psycopg.Connection
) -> None:
    expect(connection(visit)).to_have_text("Live")
    database.execute(PLAY)
    expect(visit.page.locator(".session-title")).to_have_text("Comet")
    database.execute("delete from active_sessions")
    expect(visit.page.get_by_text("Nothing is playing")).to_be_visible()


def test_what_changes_while_an_answer_is_on_its_way_is_asked_for_again(
    visit: Visit, database: psycopg.Connection
) -> None:
    page = visit.page
    expect(connection(visit)).to_have_text("Live")
    expect(page.get_by_text("Nothing is playing")).to_be_visible()
    page.evaluate(
        """() => {
          const send = window.fetch;
          window.held = [];
          window.fetch = async (...asked) => {
            const answer = await send(...asked);
            const address = String(asked[0]?.url ?? asked[0]);
            if (window.held && address.includes("/dashboard_overview")) {
              document.body.dataset.held = "";
              await new Promise(resolve => window.held.push(resolve));
            }
            return answer;
          };
        }"""
    )
    database.execute("insert into command_queue (command, payload) values ('alert', '{}')")
    expect(page.locator("body[data-held]")).to_be_attached()
    database.execute(PLAY)
    # What is held knows nothing of the session; the page hears of it, and asks.
    page.wait_for_timeout(SETTLED_MS)
    page.evaluate("const held = window.held; window.held = null; held.forEach(go => go())")
    expect(page.locator(".session-title")).to_have_text("Comet", timeout=SOON_MS)


@pytest.mark.usefixtures("realtime_gone")
def test_without_realtime_it_asks_every_few_seconds_and_says_so(
    visit: Visit, database: psycopg.Connection
) -> None:
    expect(connection(visit)).to_have_text("Every 15 s")
    database.execute(PLAY)
    expect(visit.page.locator(".session-title")).to_have_text("Comet", timeout=40_000)
    visit.complaints.clear()  # the browser names each socket that was refused


def test_when_realtime_comes_back_nothing_was_missed(
    visit: Visit, dashboard: Dashboard, database: psycopg.Connection
) -> None:
    expect(connection(visit)).to_have_text("Live")
    dashboard.supabase.realtime.go_away()
    expect(connection(visit)).to_have_text("Every 15 s")
    database.execute(PLAY)
    dashboard.supabase.realtime.come_back()
    expect(connection(visit)).to_have_text("Live", timeout=60_000)
    expect(visit.page.locator(".session-title")).to_have_text("Comet")
    visit.complaints.clear()


def test_the_network_goes_and_comes_back(visit: Visit, database: psycopg.Connection) -> None:
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")
    page.context.set_offline(True)
    expect(connection(visit)).to_contain_text("Offline – last seen")
    database.execute(PLAY)
    page.context.set_offline(False)
    expect(page.locator(".session-title")).to_have_text("Comet")
    expect(connection(visit)).to_have_text("Live", timeout=60_000)
    visit.complaints.clear()


def test_who_comes_back_to_the_tab_sees_what_changed_meanwhile(
    visit: Visit, database: psycopg.Connection
) -> None:
    page = visit.page
    expect(connection(visit)).to_have_text("Live")
    expect(page.get_by_text("Nothing is playing")).to_be_visible()
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(TURN_AWAY, True)
    database.execute(PLAY)
    page.wait_for_timeout(SETTLED_MS)
    assert not any("/rpc/dashboard_overview" in url for url in asked)  # nobody is looking
    with page.expect_response("**/rpc/dashboard_overview"):
        page.evaluate(TURN_AWAY, False)
    expect(page.locator(".session-title")).to_have_text("Comet")


def test_an_answer_that_was_on_its_way_when_the_network_went_is_no_network(visit: Visit) -> None:
    page = visit.page
    expect(connection(visit)).to_have_text("Live")
    overview, anything = "**/rpc/dashboard_overview", "**/rest/v1/**"
    with page.expect_response(overview) as answered, holding(page, overview):
        with page.expect_request(overview):
            page.evaluate("dispatchEvent(new Event('online'))")
        expect(connection(visit)).to_have_text("Live")
        page.route(anything, lambda route: route.abort())  # what is asked for from now on
        page.evaluate("dispatchEvent(new Event('offline'))")
        expect(connection(visit)).to_contain_text("Offline")
    assert answered.value.ok
    page.wait_for_timeout(500)  # it would say so at once
    expect(connection(visit)).to_contain_text("Offline")
    page.unroute(anything)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(connection(visit)).to_have_text("Live")
    visit.complaints.clear()  # the browser names each request that was cut off


@pytest.mark.parametrize(
    ("locale", "was", "unknown"),
    [
        ("en-US", re.compile(r"Halley was well at \d+:\d\d"), "Unknown"),
        ("ja", re.compile(r"\d+:\d\dの時点では、Halleyは正常に動いていました"), "不明"),
    ],
)
def test_after_a_minute_without_an_answer_it_says_how_the_bot_was(
    browser: Browser,
    dashboard: Dashboard,
    database: psycopg.Connection,
    locale: str,
    was: re.Pattern[str],
    unknown: str,
) -> None:
    database.execute("insert into system_stats (cpu_usage, source) values (1, 'function')")
    make_admin(dashboard)
    with visiting(browser, dashboard, locale=locale) as visit:
        page = visit.page
        page.add_init_script(
            "const now = Date.now; window.passed = 0; Date.now = () => now() + passed;"
        )
        visit.enter()
        expect(page.locator(".hero-good")).to_be_visible()
        expect(page.locator(".top-live[data-state=live]")).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.context.set_offline(True)
        page.evaluate("window.passed = 70_000; dispatchEvent(new Event('online'))")
        expect(page.locator(".hero-sentence")).to_have_text(was)
        expect(page.locator(".top-state")).to_have_text(unknown)
        page.context.set_offline(False)
        expect(page.locator(".hero-good")).to_be_visible()
        visit.complaints.clear()


def test_a_view_that_did_not_come_opens_when_the_network_is_back(visit: Visit) -> None:
    page = visit.page
    page.route("**/scripts/views/commands.js", lambda route: route.abort())
    page.reload()
    expect(page.locator(".hero-sentence")).to_be_visible()
    visit.go("commands")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Check your connection.")
    expect(alert).not_to_contain_text("module")
    page.unroute("**/scripts/views/commands.js")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("No commands in these 30 days").first).to_be_visible()
    visit.complaints.clear()


def test_offline_every_view_opens_and_shows_what_it_showed_last(
    visit: Visit, database: psycopg.Connection
) -> None:
    page = visit.page
    database.execute("insert into command_queue (command, payload) values ('alert', '{}')")
    visit.go("queue")
    expect(page.locator(".job-command")).to_have_text("alert")
    visit.go("logs")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logs")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    visit.go("queue")
    expect(page.locator(".job-command")).to_have_text("alert")
    expect(connection(visit)).to_contain_text("Offline – last seen")
    visit.go("system")
    expect(page.get_by_role("alert")).to_contain_text("The database cannot be reached")
    page.context.set_offline(False)
    visit.complaints.clear()


def test_a_database_that_hangs_is_noticed(visit: Visit) -> None:
    page = visit.page
    expect(connection(visit)).to_have_text("Live")
    page.route("**/rest/v1/**", lambda _: None)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(connection(visit)).to_contain_text("Offline – last seen", timeout=30_000)
    expect(page.get_by_text("This could not be brought up to date.")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    visit.complaints.clear()


def test_figures_stay_while_they_cannot_be_renewed(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")
    expect(connection(visit)).to_have_text("Live")
    page.route("**/rpc/dashboard_overview", lambda route: route.abort())
    # More than once: an answer that was on its way already is still shown.
    asking = page.evaluate("setInterval(() => dispatchEvent(new Event('online')), 300)")
    expect(page.get_by_text("This could not be brought up to date.")).to_be_visible()
    page.evaluate("asking => clearInterval(asking)", asking)
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")
    page.unroute("**/rpc/dashboard_overview")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("This could not be brought up to date.")).to_have_count(0)
    visit.complaints.clear()


def test_the_focus_stays_where_it_was_when_figures_change(
    visit: Visit, database: psycopg.Connection
) -> None:
    page = visit.page
    database.execute(
        "insert into interaction_log (interaction_id, kind, command, user_id, outcome)"
        " values ('1', 'command', 'ask', '1', 'answered')"
    )
    page.get_by_text("Show numbers").click()
    link = page.get_by_role("link", name="To the player")
    link.focus()
    database.execute(PLAY)
    expect(page.locator(".session-title")).to_have_text("Comet")
    expect(link).to_be_focused()
    expect(page.get_by_role("table", name="Commands in the last 24 hours")).to_be_visible()
