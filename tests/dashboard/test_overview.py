"""The first view: within a glance one knows whether the bot is well, and why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from playwright.sync_api import expect

from tests.dashboard.ledger_rows import Call, called
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import Visit, make_admin

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Rows = Callable[..., None]

# The page asks anew by itself as well, whenever it likes; only a press may help.
TOO_SLOW_UNTIL_A_BUTTON_IS_PRESSED = """
let isPressed = false;
const note = ({ target }) => { isPressed ||= target.closest("button") !== null; };
addEventListener("click", note, true);
const answered = globalThis.fetch;
globalThis.fetch = (...asked) => isPressed || !String(asked[0]).includes("/rpc/dashboard_overview")
  ? answered(...asked)
  : Promise.resolve(Response.json({ code: "57014", message: "too slow" }, { status: 500 }));
"""


@pytest.fixture
def commands(database: psycopg.Connection) -> Rows:
    """Puts commands into the ledger: how many, with which outcome."""

    def put(count: int, *, outcome: str = "answered", acknowledged_ms: int = 40) -> None:
        database.execute(
            "insert into interaction_log (interaction_id, kind, command, user_id, outcome,"
            " acknowledged_ms, finished_ms, cold_start)"
            " select gen_random_uuid()::text, 'command', 'ask', '1', %s, %s, 1900, false"
            " from generate_series(1, %s)",
            [outcome, acknowledged_ms, count],
        )

    return put


def test_all_is_well(visit: Visit, commands: Rows) -> None:
    commands(3)
    visit.open("overview")
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")
    expect(page.get_by_role("link", name="State of the bot: Healthy")).to_be_visible()
    expect(page.locator(".figure", has_text="Commands, last hour")).to_contain_text("3")
    expect(page.locator(".figure", has_text="First reply")).to_contain_text("40 ms")
    expect(page.locator(".figure", has_text="Done, p95")).to_contain_text("1.9 s")


def test_what_waits_the_last_tick_and_todays_answers_are_told(
    visit: Visit, database: psycopg.Connection
) -> None:
    database.execute(
        "insert into command_queue (command, payload, created_at)"
        " values ('alert', '{}', now() - interval '3 hours'), ('alert', '{}', now())"
    )
    database.execute(
        "update schedules set every_seconds = 60, last_run_at = now() - interval '2 hours',"
        " since = now() - interval '1 day' where name = 'cron_queue'"
    )
    called(
        database,
        Call(prompt_tokens=900, completion_tokens=100, cost_usd=0.5),
        Call(prompt_tokens=400, completion_tokens=100, cost_usd=0.25),
        Call(prompt_tokens=10, cost_usd=0.01, purpose="summary"),
        Call(age=timedelta(days=1), prompt_tokens=70, cost_usd=2),
    )
    visit.open("overview")
    page = visit.page
    waiting = page.locator(".figure", has_text="Waiting in the queue")
    expect(waiting.locator(".figure-value")).to_have_text("2")
    expect(waiting).to_contain_text("the oldest for 3 hr")
    tick = page.locator(".figure", has_text="Last tick")
    expect(tick).to_contain_text("2 hr. ago")
    expect(tick).to_contain_text("cron_queue, due every minute")
    today = page.get_by_role("region", name="The assistant today")
    expect(today.locator(".figure", has_text="Answers")).to_contain_text("2")
    expect(today.locator(".figure", has_text="Answers")).to_contain_text("1 yesterday")
    expect(today.locator(".figure", has_text="Tokens")).to_contain_text("1.5K")
    expect(today.locator(".figure", has_text="Tokens")).to_contain_text("70 yesterday")
    expect(today.locator(".figure", has_text="Cost")).to_contain_text("$0.76")
    expect(today.locator(".figure", has_text="Cost")).to_contain_text("$2.00 yesterday")


def test_a_bot_of_which_nothing_is_recorded_says_how_that_changes(visit: Visit) -> None:
    page = visit.page
    expect(page.get_by_text("Use a command in Discord, and it appears here")).to_be_visible()
    expect(page.get_by_text("Nothing is playing")).to_be_visible()


def test_without_a_word_from_anywhere_it_is_not_called_well(visitor: Visit) -> None:
    make_admin(visitor.dashboard)
    visitor.page.route("**/health", lambda route: route.abort())
    visitor.enter()
    page = visitor.page
    expect(page.locator(".hero-sentence")).to_have_text("Nothing is known of Halley yet.")
    expect(page.get_by_role("link", name="State of the bot: Unknown")).to_be_visible()
    page.goto("about:blank")
    visitor.complaints.clear()


def test_a_tick_that_is_late_is_named(visit: Visit, database: psycopg.Connection) -> None:
    database.execute(
        "update schedules set every_seconds = 60, last_run_at = now() - interval '5 minutes',"
        " since = now() - interval '1 day' where name = 'cron_queue'"
    )
    visit.open("overview")
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley needs attention.")
    expect(page.locator(".hero-reasons")).to_have_text(
        "cron_queue last ran 5 min. ago; it should run every minute."
    )
    expect(page.get_by_role("link", name="State of the bot: Degraded")).to_be_visible()


def test_without_any_tick_it_does_not_work(visit: Visit, database: psycopg.Connection) -> None:
    database.execute(
        "update schedules set every_seconds = 60, last_run_at = now() - interval '3 hours',"
        " since = now() - interval '1 day'"
    )
    visit.open("overview")
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is not working.")
    expect(page.locator(".hero-reasons")).to_contain_text("scheduled work is standing still")


def test_failing_commands_are_counted(visit: Visit, commands: Rows) -> None:
    commands(20)
    commands(10, outcome="failed")
    visit.open("overview")
    page = visit.page
    expect(page.locator(".hero-reasons")).to_contain_text("10 of 30 commands failed")
    expect(page.locator(".figure", has_text="Error rate")).to_contain_text("33.3%")


def test_a_finding_of_the_bots_own_check_counts_as_well(visit: Visit) -> None:
    visit.page.route("**/health", lambda route: route.fulfill(json={"status": "unhealthy"}))
    visit.open("overview")
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is not working.")
    expect(page.locator(".hero-reasons")).to_contain_text("The bot's own check (/health)")


def test_a_check_that_is_well_again_is_heard_of_within_half_a_minute(visit: Visit) -> None:
    page = visit.page
    found = ["unhealthy"]
    page.route("**/health", lambda route: route.fulfill(json={"status": found[-1]}))
    page.clock.install()
    visit.open("overview")
    expect(page.locator(".hero-sentence")).to_have_text("Halley is not working.")
    found.append("healthy")
    page.clock.fast_forward(31_000)
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")


def test_a_title_with_markup_stays_a_title(visit: Visit, database: psycopg.Connection) -> None:
    title = "<img src=x onerror=alert(1)> & <b>friends</b>"
    database.execute(
        "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing,"
        " requested_by) values ('7', %s, 1000, 200000, true, '<i>Kenta</i>')",
        [title],
    )
    visit.open("overview")
    expect(visit.page.locator(".session-title")).to_have_text(title)
    expect(visit.page.locator(".session-note")).to_contain_text("for <i>Kenta</i>")


def test_a_track_moves_by_itself_and_a_paused_one_stands(
    visit: Visit, database: psycopg.Connection
) -> None:
    database.execute(
        "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)"
        " values ('7', 'Comet', 5000, 200000, true), ('8', 'Stone', 5000, 200000, false)"
    )
    visit.open("overview")
    moving = visit.page.locator(".session", has_text="Comet").locator(".progress-at")
    expect(moving).not_to_have_text("0:05")
    paused = visit.page.locator(".session", has_text="Stone").locator(".progress-at")
    expect(paused).to_have_text("0:05")


def test_a_readers_clock_that_is_wrong_changes_nothing(
    visitor: Visit, dashboard: Dashboard, database: psycopg.Connection
) -> None:
    make_admin(dashboard)
    database.execute(
        "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)"
        " values ('7', 'Comet', 5000, 2000000, true)"
    )
    database.execute(
        "update schedules set last_run_at = now() - interval '1 minute' where name = 'cron_queue'"
    )
    page = visitor.page
    page.add_init_script("const now = Date.now; Date.now = () => now() - 20 * 60_000;")
    visitor.enter()
    expect(page.locator(".hero-tick")).to_contain_text("1 min. ago")
    for view in ("overview", "music"):
        visitor.go(view)
        expect(page.locator(".progress-at")).to_have_text(re.compile("^0:[0-5]"))
        expect(page.locator(".progress-at")).not_to_have_text("0:05")


def test_the_hours_can_be_read_as_a_table(visit: Visit, commands: Rows) -> None:
    commands(4)
    commands(1, outcome="failed")
    visit.open("overview")
    page = visit.page
    page.get_by_text("Show numbers").click()
    rows = page.get_by_role("table", name="Commands in the last 24 hours").locator("tbody tr")
    expect(rows).to_have_count(24)
    expect(rows.first.locator("td")).to_have_text(["4", "0", "1"])


def test_what_cannot_be_loaded_says_so_and_can_be_tried_again(visit: Visit) -> None:
    page = visit.page
    page.add_init_script(TOO_SLOW_UNTIL_A_BUTTON_IS_PRESSED)
    visit.open("overview")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This could not be loaded")
    expect(alert).to_contain_text("too slow")
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator(".hero-sentence")).to_contain_text("Halley")
    expect(alert).to_have_count(0)


def test_a_price_that_nobody_knows_is_told(visit: Visit, database: psycopg.Connection) -> None:
    database.execute(
        "insert into gemini_usage (guild_id, user_id, prompt_tokens, completion_tokens,"
        " total_tokens, model, cost_usd) values"
        " ('1', '2', 10, 5, 15, 'a', 0.5), ('1', '2', 10, 5, 15, 'b', null)"
    )
    visit.open("overview")
    page = visit.page
    expect(page.locator(".figure", has_text="Cost")).to_contain_text("$0.50")
    expect(page.get_by_text("at least: the price of 1 call is unknown")).to_be_visible()
