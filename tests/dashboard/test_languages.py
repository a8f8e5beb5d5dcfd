"""The page speaks the reader's language, and says the same in both."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dev.checkout import Checkout
from tests.dashboard.served import Dashboard
from tests.dashboard.visits import Visit, make_admin, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]

TEXTS = sorted((Checkout.here().root / "public" / "scripts" / "texts").glob("*.js"))


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_both_languages_say_the_same_things(visitor: Visit, file: Path) -> None:
    visitor.open()
    found = visitor.page.evaluate(
        """async name => {
          const {default: {en, ja}} = await import(`/scripts/texts/${name}`);
          const places = phrase => [...new Set([typeof phrase === "string" ? phrase : phrase.other]
            .flatMap(text => text.match(/\\{\\w+\\}/g) ?? []))].sort().join();
          const keys = [...new Set([...Object.keys(en), ...Object.keys(ja)])];
          return keys.filter(key => !(key in en) || !(key in ja)
            || places(en[key]) !== places(ja[key])
            || JSON.stringify(ja[key]).trim() === '""');
        }""",
        file.name,
    )
    assert found == []


def test_the_browsers_language_is_the_first_one(browser: Browser, dashboard: Dashboard) -> None:
    make_admin(dashboard)
    with visiting(browser, dashboard, locale="ja") as visit:
        visit.enter()
        expect(visit.page.locator("html")).to_have_attribute("lang", "ja")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text("概要")
        expect(visit.page).to_have_title("概要 · Halley")


def test_the_language_is_switched_in_place_and_kept(visit: Visit) -> None:
    visit.go("system", range="7d")
    page = visit.page
    page.get_by_role("button", name="日本語で表示").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("システム")
    expect(page.get_by_role("radio", name="7日")).to_be_checked()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("システム")


def test_the_switch_keeps_the_focus(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="日本語で表示").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Show in English")).to_be_focused()


def test_a_log_that_is_paused_stays_so(visit: Visit) -> None:
    visit.go("logs")
    page = visit.page
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="日本語で表示").click()
    expect(page.locator(".log-bar")).to_have_attribute("data-state", "paused")


def test_the_theme_is_switched_and_kept(visit: Visit) -> None:
    page = visit.page
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(6, 10, 23)"
    page.get_by_role("button", name="Use the light theme").click()
    assert page.evaluate(background) == "rgb(247, 246, 242)"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    assert page.evaluate(background) == "rgb(247, 246, 242)"
    expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()


def test_times_are_the_readers_own(browser: Browser, dashboard: Dashboard, base_url: str) -> None:
    make_admin(dashboard)
    with visiting(browser, dashboard, zone="America/New_York") as visit:
        visit.enter()
        zone = "Intl.DateTimeFormat().resolvedOptions().timeZone"
        assert visit.page.evaluate(zone) == "America/New_York"
        expect(visit.page.get_by_text("Days of Asia/Tokyo")).to_be_visible()
