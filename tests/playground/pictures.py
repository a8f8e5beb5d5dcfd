"""Takes pictures of the playground: `python -m tests.playground.pictures FOLDER [ADDRESS]`.

ADDRESS is that of a running stack, such as `python3 dev up` prints; without it the stand-in bot
answers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, expect

from dev.simulator.running import run_simulator
from tests.browser import running_browser
from tests.playground.conftest import CONFIG, PHONE, WIDE
from tests.simulator.standin_bot import Rest, StandinBot, register, run_standin_bot

QUESTIONS = {
    "en-US": "When does Halley's Comet return?",
    "ja": "ハレー彗星は次にいつ見られますか？",
}


@contextmanager
def standin_address() -> Iterator[str]:
    with run_simulator(CONFIG) as discord:
        bot = StandinBot(Rest(discord.api_url, CONFIG.bot_token), discord.public_key)
        register(bot.rest, CONFIG.application_id)
        with run_standin_bot(bot) as url:
            discord.interactions_url = url
            yield discord.url


def ask(page: Page, locale: str) -> None:
    """Puts the question into the box and waits until the answer has come to rest."""
    before = page.locator(".message").count()
    page.locator("#composer").click()
    page.keyboard.type("/ask ")
    page.keyboard.type(QUESTIONS[locale])
    page.keyboard.press("Enter")
    expect(page.locator(".message")).not_to_have_count(before, timeout=15_000)
    expect(page.locator(".message .dots, .message.pending:not(.failed)")).to_have_count(
        0, timeout=60_000
    )
    page.wait_for_timeout(2500)  # the last edits of a streamed answer


def run(page: Page, name: str) -> None:
    page.locator("#composer").click()
    page.keyboard.type(f"/{name}")
    if page.locator(".listing-item.active").count() == 0:
        page.keyboard.press("Escape")
        page.locator("#composer").fill("")
        return  # the bot of this address has no such command
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".message.pending:not(.failed)")).to_have_count(0, timeout=10_000)


def take(browser: Browser, folder: Path, address: str) -> None:
    """Pictures in each language, theme and size."""
    looks: tuple[tuple[str, str, Literal["dark", "light"], ViewportSize], ...] = (
        ("wide-dark-en", "en-US", "dark", WIDE),
        ("wide-light-ja", "ja", "light", WIDE),
        ("phone-light-en", "en-US", "light", PHONE),
        ("phone-dark-ja", "ja", "dark", PHONE),
    )
    for name, locale, theme, size in looks:
        page = browser.new_page(
            viewport=size,
            locale=locale,
            color_scheme=theme,
            device_scale_factor=1,
        )

        def shoot(what: str, page: Page = page, name: str = name) -> None:
            page.mouse.move(0, 0)
            page.wait_for_timeout(300)
            page.screenshot(path=folder / f"{name}-{what}.png")

        page.goto(address)
        expect(page.locator("#composer")).to_be_visible()
        shoot("1-welcome")
        ask(page, locale)
        shoot("2-answer")
        page.locator("#composer").click()
        page.keyboard.type("/")
        expect(page.locator(".listing-item.active")).to_be_visible()
        shoot("3-commands")
        page.keyboard.type("ask ")
        page.keyboard.type(QUESTIONS[locale])
        shoot("4-options")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        for command in ("card", "poll", "layout", "broken"):
            run(page, command)
        shoot("5-replies")
        page.locator(".tool-code").click()
        page.locator(".trace", has_text="/ask").first.locator("summary").first.click()
        page.locator(".hardships summary").click()
        shoot("6-drawer")
        page.locator(".drawer-head .tool").click()
        run(page, "feedback")
        shoot("7-form")
        page.close()


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with running_browser() as browser:
        if len(sys.argv) > 2:
            take(browser, folder, sys.argv[2])
        else:
            with standin_address() as address:
                take(browser, folder, address)


if __name__ == "__main__":
    main()
