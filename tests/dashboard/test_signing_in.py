"""The way in: who sees the dashboard, and what the others are told."""

from __future__ import annotations

import json

import psycopg
import pytest
from playwright.sync_api import Route, expect

from dev.simulator.world import OWNER_ID
from tests.dashboard.served import Dashboard
from tests.dashboard.sessions import new_session, storage_key
from tests.dashboard.visits import Visit, make_admin

pytestmark = [pytest.mark.browser, pytest.mark.stack]


EXPIRED = {"code": "PGRST303", "message": "JWT expired"}


def answer_config(visit: Visit, **changes: str | None) -> None:
    """Have /config.json say something else."""

    def answer(route: Route) -> None:
        config = route.fetch().json()
        route.fulfill(json={**config, **changes})

    visit.page.route("**/config.json", answer)


def test_one_button_signs_in_as_the_local_admin(visitor: Visit, dashboard: Dashboard) -> None:
    make_admin(dashboard)
    visitor.open()
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("See how your bot is doing.")
    page.get_by_role("button", name="Sign in as the local admin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    assert "code=" not in page.url


def test_what_other_tests_enter_with_is_what_a_sign_in_leaves(
    visitor: Visit, dashboard: Dashboard
) -> None:
    make_admin(dashboard)
    visitor.open()
    visitor.sign_in()
    key = storage_key(dashboard)
    kept = json.loads(visitor.page.evaluate("key => localStorage.getItem(key)", key))
    handed = json.loads(new_session(dashboard))
    assert handed.keys() == kept.keys()
    assert handed["user"].keys() == kept["user"].keys()
    assert handed["user"]["id"] == kept["user"]["id"]
    for renewing in ("access_token", "refresh_token"):
        assert handed[renewing] != kept[renewing]


def test_whoever_followed_a_link_is_there_after_signing_in(
    visitor: Visit, dashboard: Dashboard
) -> None:
    make_admin(dashboard)
    visitor.open("system", range="7d")
    visitor.sign_in()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("System")
    expect(visitor.page.get_by_role("radio", name="7 d")).to_be_checked()


def test_a_stranger_is_told_what_the_owner_can_do(visitor: Visit, dashboard: Dashboard) -> None:
    make_admin(dashboard)
    visitor.open()
    page = visitor.page
    page.get_by_text("Sign in as somebody else").click()
    page.get_by_role("button", name="Sign in as").last.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("but not an admin of this bot.")
    expect(page.locator("code")).to_have_text("python3 dev admin add 1180000000000000103")
    expect(page.locator(".shell")).to_have_count(0)


@pytest.mark.parametrize("view", ["overview", "logs"])
def test_who_is_no_admin_any_more_is_told_so(
    visit: Visit, database: psycopg.Connection, view: str
) -> None:
    page = visit.page
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")
    visit.go("system")
    expect(page.get_by_role("heading", level=1)).to_have_text("System")
    database.execute("delete from dashboard_admins")
    visit.go(view)
    expect(page.get_by_role("heading", level=1)).to_contain_text("but not an admin of this bot.")
    expect(page.locator(".shell")).to_have_count(0)


def test_who_was_let_in_meanwhile_need_not_sign_in_again(
    visitor: Visit, database: psycopg.Connection
) -> None:
    visitor.open()
    page = visitor.page
    page.get_by_role("button", name="Sign in as the local admin").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("but not an admin")
    database.execute("insert into dashboard_admins (discord_id) values (%s)", [OWNER_ID])
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_another_account_can_be_taken(visitor: Visit) -> None:
    visitor.open()
    page = visitor.page
    page.get_by_role("button", name="Sign in as the local admin").click()
    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()


def test_signing_out_leads_to_the_way_in_and_is_kept(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_text(f"Discord ID {OWNER_ID}")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("See how your bot is doing.")
    page.reload()
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()


def test_a_session_that_ended_leads_back_to_where_one_was(
    visit: Visit, database: psycopg.Connection
) -> None:
    visit.go("system", range="6h")
    expect(visit.page.get_by_role("radio", name="6 h")).to_be_checked()
    database.execute("delete from auth.sessions")
    visit.page.route(
        "**/rest/v1/**",
        lambda route: route.fulfill(status=401, json=EXPIRED),
    )
    visit.page.get_by_role("radio", name="24 h").check(force=True)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Your sign-in has ended")
    visit.page.unroute("**/rest/v1/**")
    visit.page.get_by_role("button", name="Sign in as the local admin").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("System")
    visit.complaints.clear()  # the browser names each answer that is a refusal


def test_a_token_that_ended_is_renewed_without_a_word(visit: Visit) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=401, json=EXPIRED)

    visit.page.route("**/rpc/system_series", refuse_once)
    visit.go("system")
    expect(visit.page.get_by_text("No readings in this range")).to_be_visible()
    assert len(refused) == 1
    visit.complaints.clear()


@pytest.mark.parametrize("file", ["supabase.js", "uPlot.iife.min.js"])
def test_a_page_of_which_a_part_is_missing_says_so(visitor: Visit, file: str) -> None:
    visitor.page.route(f"**/vendor/{file}", lambda route: route.abort())
    visitor.open()
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not start")
    page.unroute(f"**/vendor/{file}")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()
    visitor.complaints.clear()


def test_a_page_opened_while_the_database_is_away_opens_when_it_is_back(visit: Visit) -> None:
    page = visit.page
    page.route("**/rest/v1/**", lambda route: route.abort())
    page.reload()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("The database cannot be reached")
    expect(page.get_by_text("Failed to fetch")).to_have_count(0)
    page.unroute("**/rest/v1/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(heading).to_have_text("Overview")
    visit.complaints.clear()


def test_the_ways_in_come_when_the_sign_in_is_back(visitor: Visit) -> None:
    page = visitor.page
    page.route("**/auth/v1/settings", lambda route: route.abort())
    visitor.open()
    expect(page.get_by_role("alert")).to_have_text("The database cannot be reached")
    page.unroute("**/auth/v1/settings")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()
    expect(page.get_by_text("The database cannot be reached")).to_have_count(0)
    visitor.complaints.clear()


def test_without_a_database_it_says_what_to_set(visitor: Visit) -> None:
    answer_config(visitor, supabase_url=None, publishable_key=None)
    visitor.open()
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("No database is connected yet")
    expect(page.get_by_text("SUPABASE_PUBLISHABLE_KEY")).to_be_visible()


def test_a_hosted_project_signs_in_with_discord(visitor: Visit) -> None:
    settings = {"external": {"discord": True}}
    visitor.page.route("**/auth/v1/settings", lambda route: route.fulfill(json=settings))
    visitor.open()
    with visitor.page.expect_request("**/auth/v1/authorize?**") as asked:
        visitor.page.get_by_role("button", name="Sign in with Discord").click()
    assert "provider=discord" in asked.value.url
    assert "code_challenge_method=s256" in asked.value.url
    assert "local_account" not in asked.value.url


def test_where_discord_is_not_switched_on_it_says_where_to(visitor: Visit) -> None:
    settings = {"external": {"discord": False}}
    visitor.page.route("**/auth/v1/settings", lambda route: route.fulfill(json=settings))
    visitor.open()
    expect(visitor.page.get_by_text("Sign-in with Discord is not switched on")).to_be_visible()


def test_who_said_no_to_discord_can_try_again(visitor: Visit) -> None:
    visitor.page.goto(
        f"{visitor.dashboard.url}/?error=access_denied&error_description=The+user+said+no"
    )
    page = visitor.page
    expect(page.get_by_role("alert")).to_have_text("The sign-in did not work. The user said no")
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()
    assert "error" not in page.url


def test_a_sign_in_that_fails_on_the_server_is_told_of_on_the_page(visitor: Visit) -> None:
    page = visitor.page

    def lead_back(route: Route) -> None:
        told = "error=server_error&error_code=unexpected_failure&error_description=No+answer."
        route.fulfill(status=302, headers={"Location": f"{visitor.dashboard.url}/?{told}"})

    page.route("**/auth/v1/authorize?**", lead_back)
    visitor.open()
    page.get_by_role("button", name="Sign in as the local admin").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The sign-in has a problem at the moment. Please try again in a minute. No answer."
    )
    expect(page.get_by_role("button", name="Sign in as the local admin")).to_be_visible()


def test_a_name_with_markup_in_it_stays_a_name(visit: Visit) -> None:
    page = visit.page
    token = page.evaluate("Object.keys(localStorage).find(key => key.endsWith('auth-token'))")
    kept = json.loads(page.evaluate("key => localStorage.getItem(key)", token))
    name = "<img src=x onerror=alert(1)>"
    kept["user"]["identities"][0]["identity_data"]["custom_claims"] = {"global_name": name}
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [token, json.dumps(kept)])
    page.reload()
    page.get_by_role("button", name="Account").click()
    expect(page.locator(".account-name")).to_have_text(name)
