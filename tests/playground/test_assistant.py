"""The assistant before its users' eyes: files, buttons, forms, menus, steering and limits.

One flow runs in English on a wide screen and in Japanese on a phone: real functions, a real
database, a real browser, and the offline model for the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, FilePayload, ViewportSize, expect

from tests.playground.accessibility import findings
from tests.playground.assistant_words import ENGLISH, JAPANESE, Words
from tests.playground.conftest import PHONE, WIDE
from tests.playground.sky import comet_png
from tests.playground.visits import OpenPage, Visit, settled, visiting

pytestmark = [pytest.mark.browser, pytest.mark.stack]

LOOKS = [
    pytest.param(ENGLISH, WIDE, id="english-wide"),
    pytest.param(JAPANESE, PHONE, id="japanese-phone"),
]
OWNER = "田中 葵"
ADMINISTRATOR = "Mina Park"
MEMBER = "Sam Rivera"
OTHER = "陽斗"
OWNER_ID = "1180000000000000101"
PICTURE = FilePayload(name="comet.png", mimeType="image/png", buffer=comet_png())


@pytest.fixture
def opened(browser: Browser, supabase_url: str, secret_key: str) -> Iterator[OpenPage]:
    """Opens the page in a language and a size."""
    with visiting(
        browser, SUPABASE_URL=supabase_url, SUPABASE_SECRET_KEY=secret_key, OWNER_IDS=OWNER_ID
    ) as open_page:
        yield open_page


def press(visit: Visit, button: str) -> None:
    visit.last.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize(("words", "size"), LOOKS)
def test_a_file_is_asked_about_and_each_button_does_what_it_says(
    opened: OpenPage, database: psycopg.Connection[Any], words: Words, size: ViewportSize
) -> None:
    visit = opened(words.locale, size)
    visit.type_command(words.ask)
    visit.page.keyboard.type(f"{words.question} {words.file_option}")
    visit.choose(words.choose_file, PICTURE)
    visit.page.keyboard.press("Enter")
    expect(visit.last).to_contain_text(words.unseen)
    expect(visit.last).to_contain_text("offline · ")
    buttons = visit.last.locator(".row .button")
    expect(buttons).to_have_text([words.again, words.go_on, words.shorter, words.delete])
    settled(database)
    tops = buttons.evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert len(set(tops)) == 1, "the buttons stand in one row, on a phone, too"
    press(visit, words.shorter)
    expect(visit.last).to_contain_text(words.in_short)
    expect(visit.last).not_to_contain_text(words.unseen)
    settled(database)
    press(visit, words.again)
    expect(visit.last).to_contain_text(words.unseen)
    expect(visit.messages).to_have_count(1)
    settled(database)
    visit.become(MEMBER)
    press(visit, words.delete)
    expect(visit.last).to_contain_text(words.not_yours)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    visit.become(OWNER)
    expect(visit.messages).to_have_count(1)
    press(visit, words.go_on)
    expect(visit.last).to_contain_text(words.that_was_all)
    expect(visit.messages).to_have_count(2)
    settled(database)
    press(visit, words.delete)
    expect(visit.messages).to_have_count(1)
    expect(visit.last).to_contain_text(words.unseen)
    assert visit.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("words", "size"), LOOKS)
def test_a_long_question_has_a_form_and_a_very_long_answer_a_file(
    opened: OpenPage, words: Words, size: ViewportSize
) -> None:
    visit = opened(words.locale, size)
    visit.run(words.ask)
    expect(visit.dialog.get_by_role("heading")).to_have_text(words.long_form)
    assert findings(visit.page) == []
    visit.fill_form(words.very_long)
    expect(visit.last).to_contain_text(words.whole_in_file)
    file = visit.last.get_by_role("link", name="answer.md")
    with visit.page.expect_download() as download:
        file.click()
    content = download.value.path().read_text(encoding="utf-8")
    assert content.startswith(words.opening)
    assert len(content) > 6000


@pytest.mark.parametrize(("words", "size"), LOOKS)
def test_the_menu_of_a_message_asks_about_it_translates_it_and_sums_it_up(
    opened: OpenPage, database: psycopg.Connection[Any], words: Words, size: ViewportSize
) -> None:
    visit = opened(words.locale, size)
    visit.choose(words.attach_file, PICTURE)
    visit.page.keyboard.type("Regardez !")
    assert findings(visit.page) == []
    visit.page.keyboard.press("Enter")
    posted = visit.message("Regardez !").first
    expect(posted.get_by_role("img", name="comet.png")).to_be_visible()
    visit.open_menu(posted, words.ask_about)
    expect(visit.dialog.get_by_role("heading")).to_have_text(words.about_form)
    expect(visit.dialog.get_by_role("textbox").nth(1)).to_have_value("Regardez !")
    assert findings(visit.page) == []
    visit.fill_form(words.question)
    expect(visit.last).to_contain_text(words.question)
    expect(visit.last).to_contain_text(words.unseen)
    expect(visit.last.locator(".row")).to_be_visible()
    settled(database)
    visit.open_menu(posted, words.translate)
    expect(visit.messages).to_have_count(3)
    expect(visit.last.locator(".context-command")).to_have_text(words.translate)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    expect(visit.last.get_by_role("button", name=words.delete)).to_be_visible()
    assert findings(visit.page) == []
    settled(database)
    visit.open_menu(posted, words.summarise)
    expect(visit.messages).to_have_count(4)
    expect(visit.last.locator(".context-command")).to_have_text(words.summarise)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    expect(visit.last).to_contain_text("offline")
    visit.become(MEMBER)
    expect(visit.messages).to_have_count(2)


@pytest.mark.parametrize(("words", "size"), LOOKS)
def test_those_in_charge_steer_the_assistant_and_who_is_refused_hears_it_alone(
    opened: OpenPage, words: Words, size: ViewportSize
) -> None:
    visit = opened(words.locale, size)
    visit.become(ADMINISTRATOR)
    visit.run(words.instruction)
    expect(visit.dialog.get_by_role("heading")).to_have_text(words.instruction_form)
    visit.fill_form("Speak of comets alone.")
    expect(visit.last).to_contain_text(words.changed)
    expect(visit.last.locator(".embed")).to_contain_text("Speak of comets alone.")
    visit.run(words.instruction)
    expect(visit.dialog.get_by_role("textbox")).to_have_value("Speak of comets alone.")
    visit.page.keyboard.press("Escape")
    expect(visit.dialog).to_have_count(0)
    visit.type_command(words.channels)
    visit.pick(words.allow, "telescopes")
    expect(visit.last.locator(".embed")).to_contain_text("#telescopes")
    assert findings(visit.page) == []
    visit.become(OTHER)
    visit.run(words.ask, words.question)
    expect(visit.last).to_contain_text(words.only_there)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    expect(visit.messages).to_have_count(1)
    visit.become(OWNER)
    expect(visit.messages).to_have_count(0)
    visit.go_to("telescopes")
    visit.type_command(words.limits)
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("0")
    visit.page.keyboard.press("Enter")
    expect(visit.last).to_contain_text(words.no_answers)
    visit.become(MEMBER)
    visit.run(words.ask, words.question)
    expect(visit.last).to_contain_text(words.switched_off)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    visit.become(OWNER)
    visit.run(words.limits, words.few_tokens)
    expect(visit.messages).to_have_count(2)
    visit.become(ADMINISTRATOR)
    visit.run(words.ask, words.question)
    expect(visit.last).to_contain_text(words.not_enough)
    expect(visit.last).to_have_class(re.compile("ephemeral"))
    visit.become(OTHER)
    expect(visit.messages).to_have_count(0)


@pytest.mark.parametrize(("words", "size"), LOOKS)
def test_two_users_share_a_conversation_see_it_and_take_their_part_out(
    opened: OpenPage, database: psycopg.Connection[Any], words: Words, size: ViewportSize
) -> None:
    visit = opened(words.locale, size)
    visit.become(ADMINISTRATOR)
    visit.type_command(words.conversation)
    visit.pick(words.shared)
    expect(visit.last.locator(".embed")).to_be_visible()
    visit.run(words.ask, words.question)
    expect(visit.last).to_contain_text(words.opening)
    expect(visit.last.locator(".row")).to_be_visible()
    settled(database)
    visit.become(MEMBER)
    visit.run(words.ask, words.question)
    expect(visit.last).to_contain_text(words.turn)
    expect(visit.last.locator(".row")).to_be_visible()
    settled(database)
    visit.run(words.history)
    expect(visit.last).to_contain_text(words.channels_conversation)
    expect(visit.last).to_contain_text(ADMINISTRATOR)
    expect(visit.last).to_contain_text(MEMBER)
    visit.run(words.usage)
    expect(visit.last).to_contain_text(words.chart)
    expect(visit.last.get_by_role("img")).to_be_visible()
    visit.run(words.forget)
    expect(visit.last).to_contain_text(words.forgotten)
    settled(database)
    visit.run(words.history)
    expect(visit.last).to_contain_text(ADMINISTRATOR)
    expect(visit.last.locator(".markdown")).not_to_contain_text(MEMBER)
