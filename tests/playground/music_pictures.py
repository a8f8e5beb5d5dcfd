"""Takes the pictures of docs/music.md: `python -m tests.playground.music_pictures docs/images`.

What is seen is what is played and heard: the bot as it is deployed, its worker, and a local Discord
with voice.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, ViewportSize, expect

from dev.checkout import Checkout
from dev.console import Console
from dev.local_supabase import LocalSupabase
from dev.simulator.world import LOUNGE_ID
from dev.worker_environment import worker_python
from tests.browser import running_browser
from tests.playground.conftest import PHONE
from tests.playground.shooting import SHARP, shoot
from tests.playground.visits import Visit
from tests.session_stack import empty_tables, session_stack
from tests.voice.concert import Concert, concert

WIDER: ViewportSize = {"width": 1120, "height": 860}
SAM, HARUTO, MINA = ("1180000000000000102", "1180000000000000103", "1180000000000000104")
PLAYED_MS = 4000


@dataclass(frozen=True, slots=True)
class Script:
    """What is done in one language, and by whom."""

    locale: str
    suffix: str
    viewer: str
    others: tuple[str, str]
    listen: str
    play: str
    now: str
    queue: str


ENGLISH = Script(
    locale="en-US",
    suffix="",
    viewer="Sam Rivera",
    others=(HARUTO, MINA),
    listen="Listen",
    play="/play",
    now="/nowplaying",
    queue="/queue",
)
JAPANESE = Script(
    locale="ja",
    suffix=".ja",
    viewer="陽斗",
    others=(SAM, MINA),
    listen="聞く",
    play="/再生",
    now="/再生中",
    queue="/キュー",
)


def take(script: Script, *, browser: Browser, folder: Path, playing: Concert) -> None:
    """The pictures of one language."""
    discord = playing.voice.discord
    for user in script.others:
        playing.voice.join(user, LOUNGE_ID)
    page = browser.new_page(
        viewport=WIDER, device_scale_factor=SHARP, locale=script.locale, color_scheme="dark"
    )
    page.goto(discord.url)
    visit = Visit(page, discord)
    page.locator(".tool-people").click()  # room for what is shown
    visit.become(script.viewer)
    page.locator(".voice-channels .channel", has_text="Lounge").click()
    expect(page.locator(".voice-panel")).to_be_visible()
    page.locator(".voice-panel").get_by_role("button", name=script.listen).click()
    _type(visit, script.play, "sound:orbit")
    expect(visit.last.get_by_role("button").first).to_be_visible()
    other, another = script.others
    playing.say("play", {"query": "sound:tide"}, user=other, locale=script.locale)
    playing.say("play", {"query": "sound:comet"}, user=another, locale=script.locale)
    playing.say("skip", user=other, locale=script.locale)
    page.wait_for_timeout(PLAYED_MS)
    shoot(page, folder / f"music-playing{script.suffix}.png")
    _on_a_phone(script, browser=browser, folder=folder, playing=playing)
    playing.say("seek", {"position": "1:12"}, locale=script.locale)
    visit.run(script.now)
    expect(visit.last.get_by_role("button").first).to_be_visible()
    visit.run(script.queue)
    expect(visit.last.locator(".embed")).to_be_visible()
    shoot(page, folder / f"music-queue{script.suffix}.png")
    page.close()


def _on_a_phone(script: Script, *, browser: Browser, folder: Path, playing: Concert) -> None:
    context = browser.new_context(
        viewport=PHONE,
        device_scale_factor=SHARP,
        locale=script.locale,
        color_scheme="light",
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto(playing.voice.discord.url)
    visit = Visit(page, playing.voice.discord)
    visit.become(script.viewer)
    expect(visit.last).to_be_visible()
    shoot(page, folder / f"music-phone{script.suffix}.png")
    context.close()


def _type(visit: Visit, command: str, query: str) -> None:
    """Call /play as people do: the proposal is taken, and the command sent."""
    visit.type_command(command)
    visit.page.keyboard.type(query)
    expect(visit.page.locator(".listing-item.active")).to_be_visible()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Enter")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    python = worker_python(Checkout.here(), console=Console())
    with running_browser() as browser, session_stack() as supabase:
        for script in (ENGLISH, JAPANESE):
            empty_tables(supabase.postgres.socket_url())
            _take_with(script, browser=browser, folder=folder, python=python, supabase=supabase)


def _take_with(
    script: Script, *, browser: Browser, folder: Path, python: Path, supabase: LocalSupabase
) -> None:
    url = supabase.postgres.url
    with (
        tempfile.TemporaryDirectory(prefix="halley-pictures-") as name,
        psycopg.connect(url, autocommit=True) as database,
        concert(
            database=database,
            database_url=url,
            supabase_url=supabase.url,
            secret_key=supabase.keys.secret_key,
            python=python,
            folder=Path(name),
        ) as playing,
    ):
        playing.worker()
        take(script, browser=browser, folder=folder, playing=playing)


if __name__ == "__main__":
    main()
