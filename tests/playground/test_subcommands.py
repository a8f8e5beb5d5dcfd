"""Commands of several subcommands, as the page offers and shows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.playground.conftest import Playground

pytestmark = pytest.mark.browser


def listed(playground: Playground, typed: str) -> list[str]:
    """The names in the list above the box, once something was typed."""
    playground.box.click()
    playground.page.keyboard.type(typed)
    expect(playground.page.locator(".listing-heading")).to_be_visible()
    return playground.page.locator(".listing-item .entry-name strong").all_text_contents()


def test_each_subcommand_is_an_entry_of_its_own_and_is_called_by_itself(
    playground: Playground,
) -> None:
    assert listed(playground, "/debug") == ["/debug state", "/debug slow"]
    playground.page.keyboard.press("Enter")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("Looked inside.")
    expect(playground.last.locator(".context-command")).to_have_text("/debug state")
    data = playground.bot.received[-1]["data"]
    assert data["options"] == [{"name": "state", "type": 1, "options": []}]


def test_a_subcommand_has_its_options_and_their_suggestions(playground: Playground) -> None:
    playground.settle("日本語")
    assert listed(playground, "/デバッグ 遅") == ["/デバッグ 遅延"]
    playground.page.keyboard.press("Tab")
    expect(playground.page.locator(".option-name")).to_have_text("星")
    playground.page.keyboard.type("ve")
    expect(playground.page.locator(".listing-item")).to_have_text(["Vega"])
    asked = playground.bot.received[-1]
    assert asked["type"] == 4
    (slow,) = asked["data"]["options"]
    assert (slow["name"], slow["options"][0]["focused"]) == ("slow", True)
    playground.page.keyboard.press("Enter")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("Looked inside.")
    expect(playground.last.locator(".context-command")).to_have_text("/デバッグ 遅延")
    (slow,) = playground.bot.received[-1]["data"]["options"]
    assert slow["options"] == [{"name": "star", "type": 3, "value": "Vega"}]


def test_a_command_for_nobody_by_default_is_shown_to_the_owner_alone(
    playground: Playground,
) -> None:
    page = playground.page
    page.get_by_role("button", name="Switch user").click()
    page.get_by_role("menuitemradio", name="Sam Rivera").click()
    assert listed(playground, "/debug") == []
    expect(page.locator(".listing")).to_contain_text("No command matches")
