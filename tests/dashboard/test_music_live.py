"""Music from end to end, in two real pages: it is asked for in the playground, seen and steered in
the dashboard, and what the worker sends is heard in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dev.checkout import Checkout
from dev.console import Console
from dev.local_supabase import LocalSupabase
from dev.simulator.world import GUILD_ID
from dev.worker_environment import worker_python
from tests.dashboard.visits import Visit
from tests.playground.accessibility import findings
from tests.voice.concert import Concert, concert

pytestmark = [pytest.mark.browser, pytest.mark.stack]

LOUD, SILENT = "> 0.02", "< 0.002"
PATIENCE_MS = 30_000


@pytest.fixture
def playing(
    local_supabase: LocalSupabase, database: psycopg.Connection[Any], tmp_path: Path
) -> Iterator[Concert]:
    """The whole bot with a worker."""
    with concert(
        database=database,
        database_url=local_supabase.postgres.url,
        supabase_url=local_supabase.url,
        secret_key=local_supabase.keys.secret_key,
        python=worker_python(Checkout.here(), console=Console()),
        folder=tmp_path,
    ) as playing:
        playing.worker()
        yield playing


@pytest.fixture
def channel(browser: Browser, playing: Concert) -> Iterator[Page]:
    """The playground's page, whose user is in the lounge and listens."""
    context = browser.new_context(locale="en-US", color_scheme="dark")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(playing.voice.discord.url)
    page.locator(".voice-channels").get_by_role("button", name="Lounge").click()
    page.get_by_role("button", name="Listen").click()
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
    yield page
    page.goto("about:blank")
    context.close()
    assert complaints == []


def ask_for(channel: Page, sound: str) -> None:
    """Type /play and the name of a bundled sound."""
    channel.locator("#composer").click()
    channel.keyboard.type("/play")
    expect(channel.locator(".listing-item.active")).to_contain_text("/play")
    channel.keyboard.press("Enter")
    channel.keyboard.type(sound)
    channel.locator(".listing-item", has_text=f"♪ {sound}").click()
    channel.keyboard.press("Enter")


def hears(channel: Page, how: str) -> None:
    """Wait until what the page plays is so loud."""
    level = "document.querySelector('.voice-meter').style.getPropertyValue('--level')"
    channel.wait_for_function(f"() => {level} !== '' && {level} {how}", timeout=PATIENCE_MS)


def card(channel: Page, title: str) -> Locator:
    return channel.locator(".message", has_text="Now playing").filter(has_text=title).last


def player(visit: Visit) -> Locator:
    return visit.page.locator(f".player[data-guild='{GUILD_ID}']")


def test_what_is_asked_for_is_heard_shown_and_steered(
    visit: Visit, channel: Page, playing: Concert
) -> None:
    visit.go("music")
    expect(visit.page.get_by_text("Nothing is playing")).to_be_visible()

    ask_for(channel, "Orbit")
    expect(card(channel, "Orbit")).to_be_visible(timeout=PATIENCE_MS)
    inside = channel.get_by_role("list", name="In Lounge").locator(".voice-person")
    expect(inside).to_have_count(2)
    expect(inside.last).to_have_class("voice-person speaking")
    hears(channel, LOUD)
    assert findings(channel) == []

    expect(player(visit)).to_contain_text("Orbit")
    position = player(visit).locator(".progress-at")
    shown = position.inner_text()
    expect(position).not_to_have_text(shown)  # it moves

    player(visit).get_by_role("button", name="Pause").click()
    playing.voice.heard().wait_for_silence()
    hears(channel, SILENT)
    expect(player(visit)).to_contain_text("Paused")
    expect(inside.last).to_have_class("voice-person")
    player(visit).get_by_role("button", name="Resume").click()
    hears(channel, LOUD)

    ask_for(channel, "Tide")
    expect(channel.locator(".message", has_text="Tide").last).to_be_visible(timeout=PATIENCE_MS)
    card(channel, "Orbit").get_by_role("button", name="Skip").click()
    expect(player(visit)).to_contain_text("Tide", timeout=PATIENCE_MS)
    mark = playing.voice.heard().mark()
    assert playing.voice.heard().wait_for_sound(since=mark) is not None
    hears(channel, LOUD)

    player(visit).get_by_role("button", name="Stop").click()
    expect(player(visit)).to_have_count(0, timeout=PATIENCE_MS)
    expect(inside).to_have_count(1, timeout=PATIENCE_MS)
    hears(channel, SILENT)
    assert playing.voice.heard().faults() == []
