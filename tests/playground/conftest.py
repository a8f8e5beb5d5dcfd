"""The page in a real browser, with the simulator and the stand-in bot behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Semaphore

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from dev.simulator import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator
from tests.browser import running_browser
from tests.simulator.standin_bot import Rest, StandinBot, register, run_standin_bot
from tests.simulator.standin_commands import STREAMED

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 15_000

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Playground:
    """The open page and what stands behind it."""

    page: Page
    discord: RunningSimulator
    bot: StandinBot
    errors: list[str] = field(default_factory=list)

    @property
    def box(self) -> Locator:
        return self.page.locator("#composer")

    @property
    def messages(self) -> Locator:
        return self.page.locator(".message")

    @property
    def last(self) -> Locator:
        return self.messages.last

    def type_command(self, name: str) -> None:
        """Types a slash and a name and takes the first command that is offered."""
        self.box.click()
        self.page.keyboard.type(f"/{name}")
        expect(self.page.locator(".listing-item.active")).to_be_visible()
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".command")).to_be_visible()

    def run(self, name: str) -> None:
        """Calls a command that needs no options."""
        self.type_command(name)
        self.page.keyboard.press("Enter")
        expect(self.box).to_be_visible()

    def settle(self, option: str) -> None:
        """Chooses an entry of the settings menu."""
        self.page.get_by_role("button", name="Settings").click()
        self.page.get_by_role("menuitemradio", name=option).click()


@dataclass
class Gate:
    """Lets one streamed edit pass at a time once it is closed."""

    _passes: Semaphore = field(default_factory=lambda: Semaphore(0))
    closed: bool = False

    def __call__(self) -> None:
        if self.closed:
            self._passes.acquire(timeout=PATIENCE_MS / 1000)

    def let_pass(self) -> None:
        self._passes.release()

    def open(self) -> None:
        """Lets everything pass from now on."""
        self.closed = False
        self._passes.release(len(STREAMED) + 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file: while it is there, no other test of the process can run an event loop."""
    with running_browser() as found:
        yield found


CONFIG = SimulatorConfig(
    application_id="1180000000000000900",
    bot_token="local.bot.token",
    signing_key="17" * 32,
    interactions_url="http://127.0.0.1:9/",
    first_response_seconds=30.0,  # a machine that is busy is no bot that keeps silent
)


@pytest.fixture(scope="module")
def blank_page(browser: Browser) -> Iterator[Page]:
    """The page without a bot, for what its modules do by themselves."""
    with run_simulator(CONFIG) as discord:
        page = browser.new_page(locale="en-US", timezone_id="UTC")
        page.goto(discord.url)
        expect(page.locator("#composer")).to_be_visible()
        yield page
        page.close()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def config() -> SimulatorConfig:
    """What Discord is told; a test may have another."""
    return CONFIG


@pytest.fixture
def served(gate: Gate, config: SimulatorConfig) -> Iterator[tuple[RunningSimulator, StandinBot]]:
    with run_simulator(config) as discord:
        bot = StandinBot(Rest(discord.api_url, CONFIG.bot_token), discord.public_key, gate=gate)
        register(bot.rest, CONFIG.application_id)
        with run_standin_bot(bot) as url:
            discord.interactions_url = url
            yield discord, bot
            gate.open()


@pytest.fixture
def playground(
    browser: Browser, served: tuple[RunningSimulator, StandinBot]
) -> Iterator[Playground]:
    """The page on a wide screen, in English. Anything the browser complains of fails the test."""
    discord, bot = served
    context = browser.new_context(viewport=WIDE, locale="en-US", color_scheme="dark")
    page = context.new_page()
    opened = Playground(page, discord, bot)
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on(
        "console",
        lambda message: opened.errors.append(message.text) if message.type == "error" else None,
    )
    page.goto(discord.url)
    expect(opened.box).to_be_visible()
    yield opened
    page.goto("about:blank")
    context.close()
    assert opened.errors == []
