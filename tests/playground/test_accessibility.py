"""The page for everyone: axe-core finds nothing, in each language, theme and size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dev.simulator.running import RunningSimulator
from tests.playground.accessibility import findings
from tests.playground.conftest import PHONE, WIDE, Playground
from tests.simulator.standin_bot import StandinBot

pytestmark = pytest.mark.browser

LOOKS = [
    pytest.param(("en-US", "dark", WIDE), id="english-dark-wide"),
    pytest.param(("en-US", "light", PHONE), id="english-light-phone"),
    pytest.param(("ja", "light", WIDE), id="japanese-light-wide"),
    pytest.param(("ja", "dark", PHONE), id="japanese-dark-phone"),
]


@pytest.fixture
def look(
    browser: Browser,
    served: tuple[RunningSimulator, StandinBot],
    request: pytest.FixtureRequest,
) -> Iterator[Playground]:
    """The page in one language, theme and size."""
    locale, theme, size = request.param
    discord, bot = served
    context = browser.new_context(viewport=size, locale=locale, color_scheme=theme)
    page = context.new_page()
    page.goto(discord.url)
    opened = Playground(page, discord, bot)
    expect(opened.box).to_be_visible()
    yield opened
    page.goto("about:blank")
    context.close()


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_nothing_stands_in_anyones_way(look: Playground) -> None:
    page = look.page
    found = findings(page)
    look.type_command("ask")
    page.keyboard.type("?")
    found += findings(page)
    page.keyboard.press("Enter")
    expect(look.last).to_contain_text("one more thing")
    look.type_command("point")
    page.keyboard.type("a")
    found += findings(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    for name in ("card", "poll", "layout", "broken"):
        look.run(name)
    expect(look.last.locator(".failure")).to_be_visible()
    found += findings(page)
    look.box.click()
    page.keyboard.type("/")
    expect(page.locator(".listing-item.active")).to_be_visible()
    found += findings(page)
    page.keyboard.press("Escape")
    look.box.fill("")
    page.locator(".select-control").click()
    found += findings(page)
    page.keyboard.press("Escape")
    page.locator(".tool-code").click()
    page.locator(".trace summary").first.click()
    page.locator(".hardships summary").click()
    found += findings(page)
    page.locator(".drawer-head .tool").click()
    look.run("feedback")
    expect(page.get_by_role("dialog")).to_be_visible()
    found += findings(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_nothing_is_wider_than_the_screen(look: Playground) -> None:
    for name in ("card", "poll", "layout", "injection"):
        look.run(name)
        expect(look.page.locator(".pending")).to_have_count(0)
    too_wide = look.page.evaluate(
        "[...document.querySelectorAll('.chat *')].filter(e => e.checkVisibility()"
        " && e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('pre')).map(e => e.className || e.tagName)"
    )
    assert too_wide == []


def test_a_phone_opens_and_closes_the_channels(playground: Playground) -> None:
    page = playground.page
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("navigation", name="Channels")).not_to_be_visible()
    page.get_by_role("button", name="Show channels").click()
    expect(page.get_by_role("navigation", name="Channels")).to_be_visible()
    page.get_by_role("button", name="telescopes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("telescopes")
    expect(page.get_by_role("navigation", name="Channels")).not_to_be_visible()


def test_the_theme_is_chosen_and_kept(playground: Playground) -> None:
    background = "getComputedStyle(document.querySelector('.stage')).backgroundColor"
    assert playground.page.evaluate(background) == "rgb(49, 51, 56)"
    playground.settle("Light")
    assert playground.page.evaluate(background) == "rgb(255, 255, 255)"
    playground.page.reload()
    expect(playground.box).to_be_visible()
    assert playground.page.evaluate(background) == "rgb(255, 255, 255)"
