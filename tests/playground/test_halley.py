"""Halley herself behind the page: the real functions and database, the offline model's answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.fakes.clock import GatedClock
from tests.playground.conftest import PHONE, WIDE
from tests.playground.visits import LONGEST_WAIT_SECONDS, POLL_SECONDS, OpenPage, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@dataclass(frozen=True, slots=True)
class Language:
    """What one types, and what one then reads on the page."""

    locale: str
    command: str
    option: str
    question: str
    thinking: str
    opening: str
    closing: str
    help: str
    help_title: str
    privacy: str
    delete: str
    deleted: str


ENGLISH = Language(
    locale="en-US",
    command="/ask",
    option="prompt",
    question="When is Halley back?",
    thinking="is thinking…",
    opening="Hello!",
    closing="it counts from the next question on.",
    help="/help",
    help_title="What I can do",
    privacy="/privacy",
    delete="Delete what is mine",
    deleted="Rows about you that I deleted: 3.",
)
JAPANESE = Language(
    locale="ja",
    command="/質問",
    option="内容",
    question="ハレー彗星は次にいつ見られますか？",
    thinking="が考え中です…",
    opening="こんにちは！",
    closing="再起動しなくても、次の質問から有効になります。",
    help="/ヘルプ",
    help_title="使えるコマンド",
    privacy="/プライバシー",
    delete="自分のデータを削除",
    deleted="あなたに関する記録を3件削除しました。",
)
LANGUAGES = [pytest.param(ENGLISH, id="english"), pytest.param(JAPANESE, id="japanese")]


@pytest.fixture
def clock() -> GatedClock:
    return GatedClock()


@pytest.fixture
def opened(
    browser: Browser, clock: GatedClock, supabase_url: str, secret_key: str
) -> Iterator[OpenPage]:
    """Opens the page in a language and a size."""
    with visiting(
        browser, clock, SUPABASE_URL=supabase_url, SUPABASE_SECRET_KEY=secret_key
    ) as open_page:
        yield open_page


@pytest.mark.parametrize("size", [pytest.param(WIDE, id="wide"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_is_answered_before_the_users_eyes(
    opened: OpenPage, clock: GatedClock, language: Language, size: ViewportSize
) -> None:
    visit = opened(language.locale, size)
    visit.type_command(language.command)
    expect(visit.page.locator(".option-name")).to_have_text(language.option)
    visit.page.keyboard.type(language.question)
    visit.page.keyboard.press("Enter")
    expect(visit.last).to_contain_text(language.thinking)
    expect(visit.last).to_contain_text(language.command)
    answer = visit.last.locator(".markdown")
    seen: list[str] = []
    for _ in range(3):
        clock.wake(after_seconds=1.0)
        expect(answer).to_contain_text(language.opening)
        if seen:
            expect(answer).not_to_have_text(seen[-1])
        expect(answer).not_to_contain_text(language.closing)
        seen.append(answer.inner_text())
        assert len(seen) == 1 or len(seen[-1]) > len(seen[-2])
    clock.open()
    expect(answer).to_contain_text(language.closing)
    expect(answer).to_contain_text(language.question)
    expect(visit.page.locator(".message")).to_have_count(1)
    assert visit.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_and_the_button_that_deletes_my_data_do_what_they_say(
    opened: OpenPage, language: Language, database: psycopg.Connection[Any]
) -> None:
    visit = opened(language.locale, WIDE)
    mine, other = (person.id for person in visit.discord.world.people[:2])
    for user_id in (mine, other):
        database.execute(
            "insert into gemini_usage"
            " (user_id, model, prompt_tokens, completion_tokens, total_tokens)"
            " values (%s, 'offline', 1, 1, 2)",
            (user_id,),
        )
    visit.run(language.help)
    expect(visit.last).to_contain_text(language.help_title)
    expect(visit.last).to_contain_text(f"{language.command} [{language.option}]")
    visit.run(language.privacy)
    delete = visit.last.get_by_role("button", name=language.delete)
    expect(delete).to_be_visible()
    wait_for_entries(database, of=mine, count=2)
    delete.click()
    # What I used, and the two commands in the ledger: the suggestions while I typed name nobody,
    # nor does the deletion itself.
    expect(visit.last).to_contain_text(language.deleted)
    expect(visit.last.get_by_role("button", name=language.delete)).to_have_count(0)
    expect(visit.page.locator(".message")).to_have_count(2)
    left = database.execute("select user_id from gemini_usage").fetchall()
    assert left == [(other,)]
    assert entries(database, of=mine) == 0


def wait_for_entries(database: psycopg.Connection[Any], *, of: str, count: int) -> None:
    """The ledger is written after the answer that the page shows; nothing tells when."""
    giving_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while entries(database, of=of) < count and time.monotonic() < giving_up:
        time.sleep(POLL_SECONDS)
    assert entries(database, of=of) == count


def entries(database: psycopg.Connection[Any], *, of: str) -> int:
    """How many interactions of a user the ledger has."""
    found = database.execute("select id from interaction_log where user_id = %s", (of,))
    return len(found.fetchall())


def test_a_name_that_others_begin_with_comes_first(opened: OpenPage) -> None:
    visit = opened("ja", WIDE)
    visit.page.locator("#composer").click()
    visit.page.keyboard.type("/再生")
    expect(visit.page.locator(".listing-item strong")).to_contain_text(["/再生", "/再生中"])
    expect(visit.page.locator(".listing-item.active")).to_contain_text("再生します")
