"""The developer's drawer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.playground.conftest import Playground

pytestmark = pytest.mark.browser


def open_drawer(playground: Playground) -> None:
    playground.page.get_by_role("button", name="Show what goes over the wire").click()
    expect(playground.page.get_by_role("complementary", name="Developer")).to_be_visible()


def test_every_interaction_is_laid_open(playground: Playground) -> None:
    open_drawer(playground)
    playground.type_command("ask")
    playground.page.keyboard.type("hello")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("one more thing")
    trace = playground.page.locator(".trace").first
    trace.locator("summary").first.click()
    expect(trace.locator(".facts")).to_contain_text("in the HTTP answer")
    expect(trace.locator("h3")).to_contain_text("REST calls")
    expect(trace.locator(".part .status.good")).to_have_text(["200"] * 4)
    trace.get_by_text("Payload").click()
    expect(trace).to_contain_text('"prompt"')
    trace.get_by_text("Signed request").click()
    expect(trace).to_contain_text("X-Signature-Ed25519")
    trace.get_by_text("PATCH").last.click()
    expect(trace).to_contain_text('"allowed_mentions"')
    page_text = playground.page.content()
    config = playground.discord.simulator.config
    assert config.bot_token not in page_text
    assert config.signing_key not in page_text


def test_a_wrong_signature_is_answered_with_401(playground: Playground) -> None:
    open_drawer(playground)
    playground.page.get_by_text("Make it hard").click()
    playground.page.get_by_role("switch", name="Sign wrongly").click()
    expect(playground.page.get_by_role("switch", name="Sign wrongly")).to_be_checked()
    playground.run("ping")
    expect(playground.last).to_contain_text("The application did not respond")
    expect(playground.page.locator(".trace .status").first).to_have_text("401")
    assert playground.bot.received == []


def test_refused_requests_show_their_429(playground: Playground) -> None:
    open_drawer(playground)
    playground.page.get_by_text("Make it hard").click()
    playground.page.get_by_role("switch", name="Refuse the next 3 requests").click()
    expect(playground.page.get_by_role("switch", name="Refuse the next 3")).to_be_checked()
    playground.type_command("ask")
    playground.page.keyboard.type("hello")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("one more thing")
    playground.page.locator(".trace summary").first.click()
    expect(playground.page.locator(".part .status.slow")).to_have_text(["429"] * 3)
    expect(playground.page.locator(".part .status").last).to_have_text("200")
    expect(playground.page.get_by_role("switch", name="Refuse the next 3")).not_to_be_checked()
