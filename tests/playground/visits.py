"""People on the playground's page, with Halley behind it as she is deployed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from playwright.sync_api import Browser, FilePayload, Locator, Page, ViewportSize, expect

from dev.simulator.running import RunningSimulator
from tests.fakes.clock import GatedClock
from tests.living_bot import living_bot
from tests.playground.conftest import PHONE

LONGEST_WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05


@dataclass
class Visit:
    """The open page, and what stands behind it. Whoever looks at it may change (`become`)."""

    page: Page
    discord: RunningSimulator
    complaints: list[str] = field(default_factory=list)

    @property
    def messages(self) -> Locator:
        return self.page.locator(".message:not(.pending)")

    @property
    def last(self) -> Locator:
        return self.page.locator(".message").last

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def message(self, text: str) -> Locator:
        return self.messages.filter(has_text=text)

    # --- commands ---

    def type_command(self, name: str) -> None:
        self.page.locator("#composer").click()
        self.page.keyboard.type(name)
        expect(self.page.locator(".listing-item.active")).to_contain_text(name)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".command")).to_be_visible()

    def run(self, name: str, typed: str = "") -> None:
        """Call a command; `typed` goes into its first option, and names and values of others."""
        self.type_command(name)
        if typed:
            self.page.keyboard.type(typed)
        self.page.keyboard.press("Enter")

    def pick(self, *values: str) -> None:
        """Take these entries, one for each option, and send the command."""
        for number, value in enumerate(values):
            if number:
                self.page.keyboard.press("Tab")
            self.page.locator(".listing-item", has_text=value).first.click()
            expect(self.page.locator(".option-box").nth(number)).to_contain_text(value)
        self.page.keyboard.press("Enter")

    def choose(self, button: str, file: FilePayload) -> None:
        """Choose a file by the button of that name."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name=button).click()
        chooser.value.set_files(file)

    # --- messages ---

    def open_menu(self, message: Locator, entry: str) -> None:
        message.hover()
        message.locator(".toolbar button").click()
        self.page.get_by_role("menuitem", name=entry).click()

    def fill_form(self, text: str) -> None:
        """Write into the first field of the form, and send it."""
        self.dialog.get_by_role("textbox").first.fill(text)
        self.dialog.locator("[type=submit]").click()
        expect(self.dialog).to_have_count(0)

    # --- who and where ---

    def become(self, name: str) -> None:
        """Look through another person's eyes."""
        self._open_sidebar()
        self.page.locator(".user-switch").click()
        self.page.get_by_role("menuitemradio", name=name).click()
        expect(self.page.locator(".user-switch")).to_contain_text(name)
        self.page.keyboard.press("Escape")

    def go_to(self, channel: str) -> None:
        self._open_sidebar()
        self.page.locator(".channel", has_text=channel).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(channel)

    def _open_sidebar(self) -> None:
        opener = self.page.locator(".tool-menu")
        if opener.is_visible():
            opener.click()


OpenPage = Callable[[str, ViewportSize], Visit]


@contextmanager
def visiting(
    browser: Browser, clock: GatedClock | None = None, /, **environ: str
) -> Iterator[OpenPage]:
    """Opens pages in a language (`en-US`, `ja`) and a size, with the bot behind them.

    A phone's page is dark, a wide one light. What the browser complains of fails the test. Without
    a clock nobody waits for the offline model, which writes as fast as it can.
    """
    gated = clock or GatedClock()
    if clock is None:
        gated.open()
    visits: list[Visit] = []
    with living_bot(gated, **environ) as (discord, _), _opening_pages(browser) as new_page:

        def open_page(locale: str, size: ViewportSize) -> Visit:
            page = new_page(locale, size)
            visit = Visit(page, discord)
            visits.append(visit)
            page.on("pageerror", lambda error: visit.complaints.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    visit.complaints.append(message.text) if message.type == "error" else None
                ),
            )
            page.goto(discord.url)
            expect(page.locator("#composer")).to_be_visible()
            return visit

        try:
            yield open_page
        finally:
            gated.open()
    assert [visit.complaints for visit in visits] == [[] for _ in visits]


@contextmanager
def _opening_pages(browser: Browser) -> Iterator[Callable[[str, ViewportSize], Page]]:
    contexts = []

    def new_page(locale: str, size: ViewportSize) -> Page:
        context = browser.new_context(
            viewport=size,
            locale=locale,
            color_scheme="dark" if size is PHONE else "light",
            has_touch=size is PHONE,
            is_mobile=size is PHONE,
        )
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")
        context.close()


def settled(database: psycopg.Connection[Any]) -> None:
    """Wait until the bot has done all that it does after an answer is seen: nothing tells when.

    Then nobody has to wait before the next question, either.
    """
    giving_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while _is_busy(database) and time.monotonic() < giving_up:
        time.sleep(POLL_SECONDS)
    assert not _is_busy(database)
    database.execute("delete from cooldowns")


def _is_busy(database: psycopg.Connection[Any]) -> bool:
    busy = "select 1 from command_queue where status in ('pending', 'processing')"
    return database.execute(busy).fetchone() is not None
