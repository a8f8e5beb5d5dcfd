"""What the page is made of: no third party, little to carry, one way to go about in it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from dev.checkout import Checkout
from tests.dashboard.visits import PHONE, Visit, holding

PUBLIC = Checkout.here().root / "public"
VIEWS = ("overview", "system", "assistant", "commands", "music", "queue", "logs")
MOST_BYTES = 200_000
MOST_LINES = 300


def imported_by(file: Path) -> set[Path]:
    """The modules that a module loads at once, and those which they load."""
    text = file.read_text(encoding="utf-8")
    found = {(file.parent / name).resolve() for name in re.findall(r'from "(\.[^"]+)";', text)}
    return found.union(*map(imported_by, found)) if found else found


def test_all_of_the_first_view_is_fetched_at_once() -> None:
    page = (PUBLIC / "index.html").read_text(encoding="utf-8")
    hinted = {PUBLIC / name for name in re.findall(r'rel="modulepreload" href="([^"]+)"', page)}
    first = PUBLIC / "scripts" / "views" / "overview.js"
    core = imported_by(PUBLIC / "scripts" / "main.js")
    assert hinted == core | {first} | imported_by(first)


def test_nothing_comes_from_elsewhere() -> None:
    page = (PUBLIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert re.findall(r"<style|style=|<script>|onclick=", page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_with_any_view_is_light(view: str) -> None:
    entries = (PUBLIC / "scripts" / "main.js", PUBLIC / "scripts" / "views" / f"{view}.js")
    parts = {PUBLIC / "index.html", PUBLIC / "icon.svg", *entries}
    parts |= set().union(*map(imported_by, entries))
    parts |= {*(PUBLIC / "styles").rglob("*.css"), *(PUBLIC / "vendor").glob("uPlot*")}
    parts |= {PUBLIC / "vendor" / "supabase.js", PUBLIC / "scripts" / "theme.js"}
    assert sum(len(gzip.compress(file.read_bytes())) for file in parts) < MOST_BYTES


def test_each_module_is_of_a_size_to_be_read() -> None:
    modules = (PUBLIC / "scripts").rglob("*.js")
    assert [file for file in modules if file.read_text().count("\n") > MOST_LINES] == []


def test_colours_stand_in_one_place() -> None:
    sheets = [file for file in (PUBLIC / "styles").rglob("*.css") if file.name != "tokens.css"]
    found = [
        f"{file.name}: {line.strip()}"
        for file in sheets
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"#[0-9a-f]{3,8}\b(?!\w)", line)
    ]
    assert found == []


@pytest.mark.browser
@pytest.mark.stack
def test_the_mark_stands_in_the_chosen_theme_before_the_page_has_come(visitor: Visit) -> None:
    page = visitor.page
    visitor.open()
    page.get_by_role("button", name="Use the light theme").click()
    with holding(page, "**/scripts/main.js"):
        page.reload(wait_until="commit")
        expect(page.get_by_role("img", name="Halley")).to_be_visible()
        expect(page.locator("body")).to_have_css("color", "rgb(19, 26, 43)")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.browser
@pytest.mark.stack
def test_the_first_view_is_asked_for_while_it_is_still_asked_who_looks(visit: Visit) -> None:
    page = visit.page
    with (
        holding(page, "**/rpc/is_admin"),
        page.expect_response("**/rpc/dashboard_overview") as overview,
    ):
        page.reload(wait_until="commit")
    assert overview.value.ok
    expect(page.locator(".hero-sentence")).to_have_text("Halley is well.")


@pytest.mark.browser
@pytest.mark.stack
@pytest.mark.parametrize("view", VIEWS)
def test_each_view_opens_with_its_heading_in_focus(visit: Visit, view: str) -> None:
    page = visit.page
    visit.go("logs" if view == "overview" else "overview")
    page.locator(f".rail-links > [data-view={view}]").click()
    heading = page.get_by_role("heading", level=1)
    name = view.capitalize()
    expect(heading).to_have_text(name)
    expect(heading).to_be_focused()
    expect(page).to_have_title(f"{name} · Halley")
    expect(page.locator(f".rail-links > [data-view={view}]")).to_have_attribute(
        "aria-current", "page"
    )
    expect(page.locator(f".view-{view}")).not_to_be_empty()


@pytest.mark.browser
@pytest.mark.stack
def test_back_and_forward_go_through_the_views(visit: Visit) -> None:
    page = visit.page
    heading = page.get_by_role("heading", level=1)
    page.get_by_role("link", name="System").click()
    expect(heading).to_have_text("System")
    page.go_back()
    expect(heading).to_have_text("Overview")
    page.go_forward()
    expect(heading).to_have_text("System")


@pytest.mark.browser
@pytest.mark.stack
def test_the_other_views_come_before_the_network_goes(visit: Visit) -> None:
    page = visit.page
    with page.expect_request_finished(lambda request: request.url.endswith("/views/logs.js")):
        page.reload()
    page.context.set_offline(True)
    visit.go("music")
    expect(page.get_by_role("heading", name="Now playing")).to_be_visible()
    page.context.set_offline(False)
    visit.complaints.clear()


@pytest.mark.browser
@pytest.mark.stack
def test_a_search_that_was_begun_ends_with_its_view(visit: Visit) -> None:
    visit.go("logs")
    page = visit.page
    page.get_by_role("searchbox", name="Search the log").fill("comet")
    visit.go("overview")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.wait_for_timeout(500)
    assert page.url.endswith("#/overview")


@pytest.mark.browser
@pytest.mark.stack
def test_a_question_goes_with_its_view(visit: Visit, database: psycopg.Connection) -> None:
    database.execute("insert into command_queue (command, payload) values ('alert', '{}')")
    visit.go("queue")
    page = visit.page
    page.locator(".job-controls").get_by_role("button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="To the player").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Music")


@pytest.mark.browser
@pytest.mark.stack
def test_an_address_that_names_no_view_shows_the_first_one(visit: Visit) -> None:
    visit.open("nonsense")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Overview")


@pytest.mark.browser
@pytest.mark.stack
def test_a_phone_reaches_every_view(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Queue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
    expect(page.get_by_role("link", name="Commands")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.stack
def test_the_keyboard_skips_to_the_content(visit: Visit) -> None:
    page = visit.page
    page.reload()
    expect(page.locator(".shell")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
