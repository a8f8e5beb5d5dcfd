"""Several models behind the page: one is chosen, and another answers when that one is busy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.playground.conftest import PHONE, WIDE
from tests.playground.visits import OpenPage, visiting
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CHOSEN = "gemini-pro-latest"


@pytest.fixture
def gemini() -> Iterator[GeminiServer]:
    """A local server that answers as Gemini does."""
    with GeminiServer() as server:
        yield server


@pytest.fixture
def opened(
    browser: Browser, gemini: GeminiServer, supabase_url: str, secret_key: str
) -> Iterator[OpenPage]:
    """Opens the page in a language and a size."""
    with visiting(
        browser,
        SUPABASE_URL=supabase_url,
        SUPABASE_SECRET_KEY=secret_key,
        GEMINI_API_KEY="a-key-for-the-local-server",
        GEMINI_BASE_URL=gemini.url,
    ) as open_page:
        yield open_page


@pytest.mark.parametrize(
    ("locale", "size", "commands", "good_for", "note"),
    [
        pytest.param(
            "en-US",
            WIDE,
            ("/model", "/ask"),
            "hard questions, long texts",
            "is busy at the moment; gemini-flash-lite-latest answered.",
            id="english-wide",
        ),
        pytest.param(
            "ja",
            PHONE,
            ("/モデル", "/質問"),
            "難しい質問、長い文章",
            "が混雑しているため、gemini-flash-lite-latestが回答しました。",
            id="japanese-phone",
        ),
    ],
)
def test_a_model_is_chosen_and_another_one_helps_out(
    opened: OpenPage,
    gemini: GeminiServer,
    locale: str,
    size: ViewportSize,
    commands: tuple[str, str],
    good_for: str,
    note: str,
) -> None:
    busy = say.error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.")
    gemini.by_model[CHOSEN] = say.refused(busy, code=429)
    model, ask = commands
    visit = opened(locale, size)
    visit.type_command(model)
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("pro")
    suggestion = visit.page.locator(".listing-item")
    expect(suggestion).to_contain_text([CHOSEN])
    expect(suggestion).to_contain_text([good_for])
    suggestion.click()
    visit.page.keyboard.press("Enter")
    expect(visit.last).to_contain_text(CHOSEN)
    visit.run(ask, "?")
    expect(visit.last).to_contain_text("Hello there!")
    expect(visit.last).to_contain_text(note)
    expect(visit.last).to_contain_text("gemini-flash-lite-latest · 40")
