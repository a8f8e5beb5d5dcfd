"""The view of the queue: what waits, what ended and how, and what an admin can do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.dashboard.served import Dashboard
from tests.dashboard.visits import PHONE, Visit, make_admin, visiting
from tests.playground.accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.stack]

Database = psycopg.Connection[Any]
MARKUP = "<img src=x onerror=alert(1)>"
POLLED_MS = 40_000


@pytest.fixture
def realtime_gone(dashboard: Dashboard) -> Iterator[None]:
    """Realtime refuses everybody."""
    dashboard.supabase.realtime.go_away()
    yield
    dashboard.supabase.realtime.come_back()


def put(
    database: Database,
    command: str,
    status: str = "pending",
    *,
    payload: object = None,
    error: str | None = None,
    reason: str | None = None,
) -> str:
    """A row; its id. What has not ended is due in an hour, so that nobody takes it."""
    row = database.execute(
        "insert into command_queue (command, status, payload, last_error, failure_reason, run_at)"
        " values (%s, %s, %s, %s, %s, now() + interval '1 hour') returning id::text",
        (command, status, json.dumps(payload or {}), error, reason),
    ).fetchone()
    assert row is not None
    return str(row[0])


def status_of(database: Database, row_id: str) -> tuple[str, str | None]:
    found = database.execute(
        "select status, failure_reason from command_queue where id = %s", (row_id,)
    ).fetchone()
    assert found is not None
    status, reason = found
    return str(status), reason


def job(visit: Visit, row_id: str) -> Locator:
    return visit.page.locator(f".job[data-id='{row_id}']")


def chip(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("group", name="State").get_by_role("button", name=name)


def test_an_empty_queue_says_what_will_be_here(visit: Visit) -> None:
    visit.go("queue")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Queue")
    expect(visit.page.get_by_text("The queue is empty")).to_be_visible()
    expect(visit.page.get_by_text("Nothing is waiting to be taken.")).to_be_visible()
    assert findings(visit.page) == []


def test_rows_are_counted_and_narrowed_by_state_reason_and_command(
    visit: Visit, database: Database
) -> None:
    scheduled = put(database, "snapshot")
    finished = put(database, "answer", "completed")
    expired = put(database, "skip", "failed", reason="expired", error="Nobody took it.")
    broken = put(database, "answer", "failed", reason="error", error="StoreError")
    visit.go("queue")
    expect(chip(visit, "All")).to_contain_text("4")
    expect(job(visit, scheduled)).to_contain_text("Scheduled")
    expect(job(visit, finished)).to_contain_text("Completed")
    chip(visit, "Failed").click()
    expect(visit.page.locator(".job")).to_have_count(2)
    expect(job(visit, expired)).to_contain_text("expired")
    expect(job(visit, expired)).to_contain_text("Nobody took it.")
    assert findings(visit.page) == []
    visit.page.get_by_role("combobox", name="Why it failed").select_option("error")
    expect(visit.page.locator(".job")).to_have_count(1)
    expect(job(visit, broken)).to_be_visible()
    assert visit.page.url.endswith("#/queue?status=failed&reason=error")
    visit.page.reload()
    expect(visit.page.locator(".job")).to_have_count(1)
    expect(chip(visit, "Failed")).to_have_attribute("aria-pressed", "true")
    chip(visit, "Pending").click()
    visit.page.get_by_role("combobox", name="Command").select_option("answer")
    expect(visit.page.get_by_text("No row is like that")).to_be_visible()
    visit.page.get_by_role("button", name="Clear the filters").click()
    expect(visit.page.locator(".job")).to_have_count(4)


def test_rows_change_before_ones_eyes(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot")
    visit.go("queue")
    expect(job(visit, row_id)).to_contain_text("Scheduled")
    job(visit, row_id).get_by_role("link").focus()
    database.execute("update command_queue set status = 'processing'")
    expect(job(visit, row_id)).to_contain_text("Processing")
    expect(job(visit, row_id)).to_contain_text("1 of 5 attempts")
    expect(chip(visit, "Processing")).to_contain_text("1")
    expect(job(visit, row_id).get_by_role("link")).to_be_focused()
    other = put(database, "answer")
    expect(job(visit, other)).to_be_visible()


@pytest.mark.usefixtures("realtime_gone")
def test_without_realtime_the_rows_are_asked_for(visit: Visit, database: Database) -> None:
    visit.go("queue")
    expect(visit.page.locator(".top-live")).to_have_text("Every 15 s")
    row_id = put(database, "snapshot")
    expect(job(visit, row_id)).to_be_visible(timeout=POLLED_MS)
    visit.complaints.clear()  # the browser names each socket that was refused


def test_a_failed_row_is_retried_after_a_question(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot", "failed", reason="attempts", error="Given up")
    visit.go("queue")
    job(visit, row_id).get_by_role("button", name="Retry").click()
    dialog = visit.page.get_by_role("dialog", name="Retry “snapshot”?")
    assert findings(visit.page) == []
    dialog.get_by_role("button", name="Keep it as it is").click()
    assert status_of(database, row_id) == ("failed", "attempts")
    job(visit, row_id).get_by_role("button", name="Retry").click()
    dialog.get_by_role("button", name="Retry it").click()
    expect(job(visit, row_id)).to_contain_text("It is back in the queue.")
    expect(job(visit, row_id)).to_contain_text("Pending")
    assert status_of(database, row_id)[0] == "pending"


def test_what_came_of_an_order_is_said_even_if_the_filter_hides_its_row(
    visit: Visit, database: Database
) -> None:
    row_id = put(database, "snapshot", "failed", reason="attempts", error="Given up")
    visit.go("queue", status="failed")
    job(visit, row_id).get_by_role("button", name="Retry").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Retry it").click()
    expect(job(visit, row_id)).to_have_count(0)
    expect(visit.page.locator(".queue-word")).to_have_text("snapshotIt is back in the queue.")
    visit.page.locator(".queue-word").get_by_role("link").click()
    expect(visit.page.locator(".job-detail")).to_contain_text(row_id)


def test_an_open_row_is_cancelled_after_a_question(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot")
    visit.go("queue")
    job(visit, row_id).get_by_role("button", name="Cancel").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(job(visit, row_id)).to_contain_text("It is cancelled.")
    expect(job(visit, row_id)).to_contain_text("Failed")
    assert status_of(database, row_id) == ("failed", "cancelled")


def test_an_order_that_comes_too_late_says_so(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot")
    visit.go("queue")
    job(visit, row_id).get_by_role("button", name="Cancel").click()
    database.execute("update command_queue set status = 'completed'")
    visit.page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(job(visit, row_id)).to_contain_text("It had ended already.")


def test_an_order_without_an_answer_says_so(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot")
    visit.go("queue")
    visit.page.route("**/rpc/admin_cancel_command", lambda route: route.abort())
    job(visit, row_id).get_by_role("button", name="Cancel").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(job(visit, row_id)).to_contain_text("The database did not answer.")
    visit.complaints.clear()


def test_a_row_by_itself_has_an_address_and_shows_all_that_is_known(
    visit: Visit, database: Database
) -> None:
    row_id = put(
        database,
        "answer",
        "failed",
        payload={"question": MARKUP, "guild_id": "7"},
        error=f"Traceback\n  {MARKUP}",
        reason="error",
    )
    visit.go("queue", status="failed")
    job(visit, row_id).get_by_text("Payload").click()
    expect(job(visit, row_id).locator(".json")).to_contain_text(f'"question": "{MARKUP}"')
    job(visit, row_id).get_by_role("link").click()
    expect(visit.page).to_have_url(f"{visit.dashboard.url}/#/queue?status=failed&id={row_id}")
    detail = visit.page.locator(".job-detail")
    expect(detail).to_contain_text(row_id)
    expect(detail.locator(".job-error-full")).to_have_text(f"Traceback\n  {MARKUP}")
    expect(detail.locator(".json")).to_contain_text(MARKUP)
    expect(visit.page.locator("main img")).to_have_count(0)
    assert findings(visit.page) == []
    visit.page.reload()
    expect(detail).to_contain_text(row_id)
    database.execute("delete from command_queue")
    expect(visit.page.get_by_text("This row is no longer there")).to_be_visible()
    visit.page.get_by_role("link", name="All rows").click()
    expect(visit.page.get_by_text("No row is like that")).to_be_visible()


def test_an_address_of_no_row_says_so(visit: Visit) -> None:
    visit.go("queue", id="71")
    expect(visit.page.get_by_text("This row is no longer there")).to_be_visible()


def test_many_rows_are_read_page_by_page(visit: Visit, database: Database) -> None:
    database.execute(
        "insert into command_queue (command, status)"
        " select 'answer', 'completed' from generate_series(1, 120)"
    )
    visit.go("queue")
    expect(visit.page.locator(".job")).to_have_count(50)
    seen: set[str] = set()
    for count in (50, 50, 20):
        expect(visit.page.locator(".job")).to_have_count(count)
        page = visit.page.eval_on_selector_all(".job", "all => all.map(one => one.dataset.id)")
        assert not seen & set(page)
        seen |= set(page)
        if count == 50:
            visit.page.get_by_role("button", name="Older").click()
            expect(job(visit, page[0])).to_have_count(0)
    visit.page.get_by_role("button", name="Newer").click()
    expect(visit.page.locator(".job")).to_have_count(50)


def test_on_a_phone_in_japanese_it_reads_and_works_as_well(
    browser: Browser, dashboard: Dashboard, base_url: str, database: Database
) -> None:
    make_admin(dashboard)
    row_id = put(database, "snapshot", "failed", payload={"guild_id": "7"}, error="長い" * 200)
    with visiting(browser, dashboard, locale="ja", size=PHONE, theme="light") as visit:
        visit.enter("queue")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("キュー")
        job(visit, row_id).get_by_role("button", name="再試行").click()
        visit.page.get_by_role("dialog").get_by_role("button", name="再試行する").click()
        expect(job(visit, row_id).locator(".job-note")).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert findings(visit.page) == []


def test_what_is_to_be_asked_of_a_row_names_whose_it_is(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot", "failed", payload={"guild_id": "77"}, reason="error")
    database.execute("update command_queue set created_at = now() - interval '3 hours'")
    visit.go("queue")
    job(visit, row_id).get_by_role("button", name="Retry").click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("For server 77, put there 3 hr. ago.")


def test_what_trying_again_cannot_mend_is_not_tried_again(visit: Visit, database: Database) -> None:
    can = put(database, "snapshot", "failed", reason="error")
    cannot = [
        put(database, "answer", "failed", reason="error"),
        put(database, "juggle", "failed", reason="unknown_command"),
    ]
    visit.go("queue")
    expect(job(visit, can).get_by_role("button", name="Retry")).to_be_visible()
    for row_id in cannot:
        expect(job(visit, row_id)).to_be_visible()
        expect(job(visit, row_id).get_by_role("button", name="Retry")).to_have_count(0)


def test_a_row_that_begins_anew_has_no_error_of_before(visit: Visit, database: Database) -> None:
    row_id = put(database, "snapshot", "failed", reason="error", error="It broke.")
    database.execute("update command_queue set attempts = 5")
    visit.go("queue")
    expect(job(visit, row_id)).to_contain_text("It broke.")
    database.execute(
        "update command_queue set status = 'pending', attempts = 0, failure_reason = null"
    )
    expect(job(visit, row_id)).not_to_contain_text("It broke.")
    database.execute("update command_queue set attempts = 1")
    expect(job(visit, row_id)).to_contain_text("It broke.")


def test_what_waits_waits_longer_and_longer_and_what_is_scheduled_is_told_apart(
    visit: Visit, database: Database
) -> None:
    put(database, "snapshot")
    row_id = put(database, "snapshot")
    database.execute(
        "update command_queue set run_at = now() - interval '20 seconds' where id = %s", (row_id,)
    )
    visit.go("queue")
    depth = visit.page.locator(".queue-depth")
    expect(depth).to_contain_text("1 row is ready to be taken.")
    expect(depth).to_contain_text("1 more is scheduled for later.")
    first = depth.inner_text()
    expect(depth).not_to_have_text(first)
