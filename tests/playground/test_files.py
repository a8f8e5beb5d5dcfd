"""Pictures in messages, and messages nobody asked for: by Halley's own client of Discord."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from lib.interactions.response import File, Message
from lib.ports import InteractionWebhook
from lib.ports.chart import Chart, Panel, Series
from lib.services.clock import SystemClock
from lib.services.discord_rest import DiscordRest
from lib.services.pillow_chart import PillowChart
from lib.settings import Secret
from tests.playground.conftest import CONFIG, PHONE, WIDE, Playground

pytestmark = pytest.mark.browser

ALT = "Time to answer over the last day: p95 mostly about 300 ms, with one hour above 1,000 ms."
BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def drawn() -> bytes:
    points = tuple(
        (BEGIN + timedelta(hours=hour), 1100.0 if hour == 17 else 300.0) for hour in range(25)
    )
    panel = Panel(title="Time to answer", unit="ms", series=(Series(name="p95", points=points),))
    return PillowChart().draw(
        Chart(title="The last day", begin=BEGIN, end=BEGIN + timedelta(days=1), panels=(panel,))
    )


def send_chart(playground: Playground, description: str) -> None:
    """A chart as a follow-up to the last command."""
    received = playground.bot.received[-1]
    chart = File(name="stats.png", content=drawn(), description=description)
    message = Message(content="The last day:", files=(chart,))
    DiscordRest(SystemClock(), api_url=playground.discord.api_url).create_follow_up(
        InteractionWebhook(received["application_id"], received["token"]),
        body=message.to_payload(),
        files=message.files,
    )


def is_loaded(page: Page) -> bool:
    """Whether the picture's pixels are there."""
    shown = page.locator(".attachment-image").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    return bool(shown == 1000)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_chart_is_shown_whole_with_its_alternative_text(
    playground: Playground, size: ViewportSize
) -> None:
    page = playground.page
    page.set_viewport_size(size)
    playground.run("card")
    expect(playground.last).to_contain_text("1P/Halley")
    send_chart(playground, ALT)
    image = playground.last.get_by_role("img", name=ALT)
    expect(image).to_be_visible()
    assert is_loaded(page)
    box = image.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["width"] / box["height"] == pytest.approx(1000 / 450, rel=0.01)
    assert box["width"] <= 550
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_who_sees_the_picture_can_read_its_alternative_text_too(playground: Playground) -> None:
    playground.run("card")
    expect(playground.last).to_contain_text("1P/Halley")
    send_chart(playground, ALT)
    text = playground.last.locator(".attachment-alt p")
    expect(text).to_be_hidden()
    playground.last.get_by_text("ALT", exact=True).click()
    expect(text).to_have_text(ALT)
    expect(text).to_be_visible()


def test_a_picture_without_one_goes_by_its_name_and_opens_in_full(playground: Playground) -> None:
    playground.run("card")
    expect(playground.last).to_contain_text("1P/Halley")
    send_chart(playground, "")
    image = playground.last.get_by_role("img", name="stats.png")
    expect(image).to_be_visible()
    expect(playground.last.get_by_text("ALT", exact=True)).to_have_count(0)
    with playground.page.context.expect_page() as opened:
        image.click()
    assert opened.value.url.endswith("/stats.png")
    opened.value.close()


def test_a_message_nobody_asked_for_appears_while_one_looks(playground: Playground) -> None:
    halley = DiscordRest(
        SystemClock(), api_url=playground.discord.api_url, bot_token=Secret(CONFIG.bot_token)
    )
    channel = playground.discord.world.channels[0].id
    body = Message(content="⚠️ The queue stands still.").to_payload()
    for _ in range(2):
        halley.create_message(channel_id=channel, body=body, nonce="queue-stands-1")
    expect(playground.last).to_contain_text("The queue stands still.")
    expect(playground.last.locator(".author")).to_have_text("Halley")
    expect(playground.messages).to_have_count(1)


def test_files_go_with_a_plain_message_as_many_as_are_left(playground: Playground) -> None:
    page = playground.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach a file").click()
    chooser.value.set_files(
        [
            FilePayload(name="sky.png", mimeType="image/png", buffer=drawn()),
            FilePayload(name="diary.txt", mimeType="text/plain", buffer=b"Clear all night."),
        ]
    )
    attached = page.locator(".attached-file")
    expect(attached).to_have_text(["sky.png", "diary.txt"])
    page.get_by_role("button", name="Remove sky.png").click()
    expect(attached).to_have_text(["diary.txt"])
    page.keyboard.press("Enter")
    expect(playground.last.get_by_role("link", name="diary.txt")).to_be_visible()
    expect(playground.last.locator(".attachment-image")).to_have_count(0)
    expect(attached).to_have_count(0)
