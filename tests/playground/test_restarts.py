"""The page while the stack behind it goes and comes back."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from dev.simulator.running import run_simulator
from tests.playground.conftest import CONFIG
from tests.simulator.standin_bot import Rest, register

pytestmark = pytest.mark.browser


class Stranger(BaseHTTPRequestHandler):
    """Somebody else's server, which knows nothing of the page."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("somebody_else_answers", [False, True])
def test_an_open_page_goes_on_with_a_stack_that_was_started_anew(
    browser: Browser, *, somebody_else_answers: bool
) -> None:
    page = browser.new_page(locale="en-US")
    with run_simulator(CONFIG) as discord:
        port = urlsplit(discord.url).port or 0
        page.goto(discord.url)
        page.locator("#composer").fill("before")
        page.keyboard.press("Enter")
        expect(page.locator(".message")).to_contain_text("before")
    expect(page.locator(".notice")).to_contain_text("connection to the playground was lost")
    if somebody_else_answers:
        with (
            HTTPServer(("127.0.0.1", port), Stranger) as server,
            page.expect_response("**/events?*"),
        ):
            Thread(target=server.handle_request).start()
    with run_simulator(CONFIG, port=port) as discord:
        register(Rest(discord.api_url, CONFIG.bot_token), CONFIG.application_id)
        expect(page.get_by_text("See how quickly Halley answers")).to_be_visible()
        expect(page.locator(".message")).to_have_count(0)
        expect(page.locator(".notice")).to_be_empty()
        page.locator("#composer").fill("after")
        page.keyboard.press("Enter")
        expect(page.locator(".message")).to_contain_text("after")
        page.goto("about:blank")
    page.close()
