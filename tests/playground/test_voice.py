"""Voice channels on the playground's page: who is in them, and what the bot plays there, heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from dev.checkout import Checkout
from dev.console import Console
from dev.simulator.world import BOOTH_ID, GUILD_ID, LOUNGE_ID
from dev.voice.running import RunningDiscordVoice, run_discord_voice
from dev.worker_environment import worker_python
from tests.playground.accessibility import findings
from tests.playground.conftest import CONFIG, PHONE, WIDE
from tests.voice.stage import Stage

pytestmark = pytest.mark.browser

SAM = "1180000000000000102"
HERTZ, HEIGHT = 440, 12000


@dataclass
class Room:
    """The page and the Discord with voice behind it."""

    page: Page
    voice: RunningDiscordVoice
    complaints: list[str] = field(default_factory=list)

    def channel(self, name: str) -> Locator:
        return self.page.locator(".voice-channels .channel", has_text=name)

    def people(self, name: str) -> Locator:
        """The names that are shown in a voice channel."""
        return self.page.get_by_role("list", name=name).locator(".voice-name")

    @property
    def panel(self) -> Locator:
        return self.page.locator(".voice-panel")

    @property
    def level(self) -> float:
        """How loud what the page plays is now."""
        meter = self.page.locator(".voice-meter")
        return float(meter.evaluate("one => one.style.getPropertyValue('--level') || 0"))


@pytest.fixture
def voice(tmp_path: Path) -> Iterator[RunningDiscordVoice]:
    with run_discord_voice(CONFIG, folder=tmp_path / "voice") as voice:
        yield voice


@pytest.fixture
def stage(voice: RunningDiscordVoice, tmp_path: Path) -> Iterator[Stage]:
    """Where bots of plain discord.py play."""
    stage = Stage(voice, worker_python(Checkout.here(), console=Console()), tmp_path)
    yield stage
    stage.close()


def opened(
    browser: Browser, voice: RunningDiscordVoice, *, locale: str, size: ViewportSize
) -> Iterator[Room]:
    context = browser.new_context(viewport=size, locale=locale, has_touch=size is PHONE)
    room = Room(context.new_page(), voice)
    room.page.on("pageerror", lambda error: room.complaints.append(str(error)))
    room.page.on(
        "console",
        lambda message: room.complaints.append(message.text) if message.type == "error" else None,
    )
    room.page.goto(voice.discord.url)
    expect(room.page.locator("#composer")).to_be_visible()
    yield room
    room.page.goto("about:blank")
    context.close()
    assert room.complaints == []


@pytest.fixture
def room(browser: Browser, voice: RunningDiscordVoice) -> Iterator[Room]:
    yield from opened(browser, voice, locale="en-US", size=WIDE)


@pytest.fixture
def phone(browser: Browser, voice: RunningDiscordVoice) -> Iterator[Room]:
    yield from opened(browser, voice, locale="ja", size=PHONE)


def test_a_press_joins_a_voice_channel_and_another_one_leaves_it(room: Room) -> None:
    lounge = room.channel("Lounge")
    expect(lounge).to_have_attribute("aria-pressed", "false")
    lounge.focus()
    room.page.keyboard.press("Enter")
    expect(room.people("In Lounge")).to_have_text(["田中 葵"])
    expect(lounge).to_have_attribute("aria-pressed", "true")
    expect(lounge).to_be_focused()
    expect(room.panel).to_contain_text("Voice connected")
    expect(room.panel).to_contain_text("Lounge")
    expect(room.page.get_by_role("heading", level=1)).to_have_text("general")
    room.channel("星見台").click()  # one is in one channel at a time
    expect(room.people("In 星見台")).to_have_text(["田中 葵"])
    expect(room.people("In Lounge")).to_have_count(0)
    room.panel.get_by_role("button", name="Leave 星見台").click()
    expect(room.people("In 星見台")).to_have_count(0)
    expect(room.panel).to_be_hidden()


def test_others_come_and_go_before_ones_eyes(room: Room) -> None:
    room.voice.join(SAM, LOUNGE_ID)
    expect(room.people("In Lounge")).to_have_text(["Sam Rivera"])
    expect(room.panel).to_be_hidden()  # it was somebody else
    room.page.reload()
    expect(room.people("In Lounge")).to_have_text(["Sam Rivera"])
    room.voice.leave(SAM)
    expect(room.people("In Lounge")).to_have_count(0)


def test_a_channel_that_is_full_says_so(room: Room) -> None:
    room.voice.join(SAM, BOOTH_ID)
    booth = room.channel("Booth for one")
    expect(booth).to_contain_text("1/1")
    booth.click()
    expect(room.page.get_by_role("status")).to_contain_text(["Booth for one is full"])
    expect(room.people("In Booth for one")).to_have_text(["Sam Rivera"])


def test_what_a_page_asks_for_is_checked_by_discord_too(room: Room) -> None:
    refused = room.page.evaluate(
        """async (bodies) => Promise.all(bodies.map(async (body) => {
          const { api } = await import("/scripts/api.js");
          return api.move(body).then(() => "", (error) => error.message);
        }))""",
        [
            {"user_id": SAM, "channel_id": "1180000000000000301"},
            {"user_id": SAM, "channel_id": "1"},
            {"user_id": "1", "channel_id": LOUNGE_ID},
        ],
    )
    room.complaints.clear()  # the browser names each request that was refused
    assert refused == [
        "general is no voice channel",
        f"{SAM} knows no channel 1",
        f"1 knows no channel {LOUNGE_ID}",
    ]


def test_what_the_bot_plays_is_marked_and_heard_by_who_is_with_it(room: Room, stage: Stage) -> None:
    room.channel("Lounge").click()
    client = stage.client()
    client.wait_for("ready")
    client.ask("join", LOUNGE_ID, answer="joined")
    expect(room.people("In Lounge")).to_have_text(["田中 葵", "Halley"])
    stage.until_encrypted(client)
    room.panel.get_by_role("button", name="Listen").click()
    stop = room.panel.get_by_role("button", name="Stop listening")
    expect(stop).to_be_visible()
    assert room.level == 0

    client.order("play", GUILD_ID, HERTZ, HEIGHT, 60.0)
    playing = room.page.locator(".voice-person.speaking")
    expect(playing).to_contain_text("Halley")
    expect(playing).to_contain_text("is playing")
    stop.focus()
    loud = "() => document.querySelector('.voice-meter').style.getPropertyValue('--level') > 0.3"
    silent = "() => document.querySelector('.voice-meter').style.getPropertyValue('--level') < 0.01"
    room.page.wait_for_function(loud)
    expect(stop).to_be_focused()  # though the list has changed since
    assert findings(room.page) == []

    room.channel("星見台").click()  # where the bot is not
    room.page.wait_for_function(silent)
    room.channel("Lounge").click()
    room.page.wait_for_function(loud)
    stop.click()
    expect(room.panel.get_by_role("button", name="Listen")).to_be_visible()
    client.ask("leave", GUILD_ID, answer="left")
    expect(room.people("In Lounge")).to_have_text(["田中 葵"])


def test_on_a_phone_in_japanese_it_reads_and_works_as_well(phone: Room) -> None:
    phone.page.locator(".tool-menu").click()
    phone.channel("Lounge").click()
    expect(phone.people("Lounge に参加中のメンバー")).to_have_text(["田中 葵"])
    expect(phone.panel).to_contain_text("ボイス接続済み")
    listen = phone.panel.get_by_role("button", name="音声を聞く")
    listen.click()
    expect(phone.panel.get_by_role("button", name="聞くのをやめる")).to_be_visible()
    assert findings(phone.page) == []
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
