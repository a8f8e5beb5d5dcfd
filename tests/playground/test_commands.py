"""Slash commands as a user types them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.playground.conftest import CONFIG, Gate, Playground

pytestmark = pytest.mark.browser


def sent_options(playground: Playground) -> dict[str, Any]:
    data = playground.bot.received[-1]["data"]
    return {option["name"]: option["value"] for option in data.get("options", ())}


def test_a_question_is_answered_before_the_users_eyes(playground: Playground, gate: Gate) -> None:
    gate.closed = True
    playground.type_command("ask")
    playground.page.keyboard.type("When does Halley's Comet return?")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("Halley is thinking…")
    expect(playground.last).to_contain_text("used /ask")
    gate.let_pass()
    expect(playground.last.locator(".markdown")).to_have_text("Halley's Comet")
    gate.let_pass()
    expect(playground.last.locator("strong")).to_have_text("76 years")
    expect(playground.last).to_contain_text("(edited)")
    gate.let_pass()
    expect(playground.last.locator("pre code")).to_contain_text("return 2061 - year")
    expect(playground.last.locator(".fence-head")).to_contain_text("python")
    gate.let_pass()
    expect(playground.last).to_contain_text("Only you can see this")
    assert playground.discord.violations == []


def test_a_japanese_user_sees_japanese_names_and_sends_their_locale(
    playground: Playground,
) -> None:
    playground.settle("日本語")
    playground.box.click()
    playground.page.keyboard.type("/質")
    expect(playground.page.locator(".listing-item.active")).to_contain_text(
        "Halley に何でも質問できます"
    )
    playground.page.keyboard.press("Tab")
    expect(playground.page.locator(".option-name")).to_have_text("内容")
    playground.page.keyboard.type("ハレー彗星はいつ見られますか？")
    playground.page.keyboard.press("Enter")
    expect(playground.messages.first).to_contain_text("（編集済み）")
    expect(playground.page.locator(".skip")).to_have_text("チャンネルへ移動")
    received = playground.bot.received[-1]
    assert received["locale"] == "ja"
    assert received["guild_locale"] == "ja"
    assert sent_options(playground) == {"prompt": "ハレー彗星はいつ見られますか？"}


def test_enter_that_ends_a_conversion_does_not_send(playground: Playground) -> None:
    playground.type_command("ask")
    box = playground.page.locator(".option-box")
    box.evaluate(
        "box => { box.textContent = 'すいせい';"
        "box.dispatchEvent(new KeyboardEvent('keydown',"
        "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true})); }"
    )
    expect(playground.page.locator(".command")).to_be_visible()
    expect(box).to_have_text("すいせい")
    assert playground.bot.received == []


def test_a_missing_required_option_is_asked_for(playground: Playground) -> None:
    playground.type_command("ask")
    playground.page.keyboard.press("Enter")
    expect(playground.page.get_by_role("alert")).to_contain_text("This option is required")
    expect(playground.page.locator(".option-box")).to_be_focused()
    assert playground.bot.received == []


def test_an_optional_option_is_added_and_chosen_by_keyboard(playground: Playground) -> None:
    playground.type_command("ask")
    playground.page.keyboard.type("hello")
    playground.page.keyboard.press("ArrowDown")
    playground.page.keyboard.press("Enter")
    expect(playground.page.locator(".option-name")).to_have_text(["prompt", "private"])
    expect(playground.page.locator(".listing-item")).to_have_text(["True", "False"])
    playground.page.keyboard.press("Enter")
    playground.page.keyboard.press("Enter")
    expect(playground.messages.first).to_contain_text("Only you can see this")
    assert sent_options(playground) == {"prompt": "hello", "private": True}


def test_tab_takes_the_next_option_after_a_value(playground: Playground) -> None:
    playground.type_command("ask")
    playground.page.keyboard.type("secret")
    playground.page.keyboard.press("Tab")
    expect(playground.page.locator(".option-name")).to_have_text(["prompt", "private"])
    playground.page.keyboard.press("Tab")
    expect(playground.page.locator('[data-option="private"] .option-box')).to_have_text("True")
    playground.page.keyboard.press("Enter")
    expect(playground.messages.first).to_contain_text("Only you can see this")
    assert sent_options(playground) == {"prompt": "secret", "private": True}


def test_tab_leaves_the_options_once_their_list_is_put_away(playground: Playground) -> None:
    playground.type_command("ask")
    playground.page.keyboard.type("hello")
    playground.page.keyboard.press("Escape")
    playground.page.keyboard.press("Tab")
    expect(playground.page.locator(".more-options")).to_be_focused()
    expect(playground.page.locator(".option-name")).to_have_text(["prompt"])


@pytest.mark.parametrize("language", ["English", "日本語"])
@pytest.mark.parametrize(
    "written", ["hello private:true", "hello 非公開：true", "hello private: tr"]
)
def test_an_options_name_and_a_colon_open_it(
    playground: Playground, language: str, written: str
) -> None:
    known = language == "日本語" or "private" in written
    playground.settle(language)
    playground.page.keyboard.type("/ask ")
    playground.page.keyboard.type(written)
    expect(playground.page.locator(".option-box")).to_have_count(2 if known else 1)
    playground.page.keyboard.press("Enter")
    if known:
        playground.page.keyboard.press("Enter")
    expect(playground.messages).to_have_count(2)
    expected = {"prompt": "hello", "private": True} if known else {"prompt": written}
    assert sent_options(playground) == expected


@pytest.mark.parametrize(
    ("language", "written", "prompt"),
    [
        ("English", "/ask prompt:sound:comet", "sound:comet"),
        ("English", "/ask prompt:prompt: comet", "prompt: comet"),
        ("English", "/ask which prompt:comet", "which prompt:comet"),
        ("English", "/ask private:true prompt: sound:comet", "sound:comet"),
        ("日本語", "/質問 内容:sound:comet", "sound:comet"),
        ("日本語", "/質問 内容：彗星", "彗星"),
        ("日本語", "/質問 prompt: sound:comet", "sound:comet"),
    ],
)
def test_the_name_of_the_option_that_is_open_is_no_part_of_its_value(
    playground: Playground, language: str, written: str, prompt: str
) -> None:
    playground.settle(language)
    playground.page.keyboard.type(written)
    expect(playground.page.locator('[data-option="prompt"] .option-box')).to_have_text(prompt)
    playground.page.keyboard.press("Enter")
    expect(playground.messages).to_have_count(2)
    is_private = {"private": True} if "private" in written else {}
    assert sent_options(playground) == {"prompt": prompt, **is_private}


def test_a_whole_command_is_pasted(playground: Playground) -> None:
    playground.box.fill("/ask Is 1:2 a ratio, or private? private: true")
    expect(playground.page.locator(".option-box")).to_have_text(
        ["Is 1:2 a ratio, or private?", "true"]
    )
    expect(playground.page.locator(".listing-item.active")).to_have_text("True")


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("English", "/point azimuth: 90 park: true angle: 45"),
        ("日本語", "/照準 方位：90 格納:はい 高度：45"),
        ("日本語", "/point azimuth:90 park: はい 高度: 45"),
    ],
)
def test_a_command_whose_options_are_all_optional_is_written_in_one_go(
    playground: Playground, language: str, written: str
) -> None:
    playground.settle(language)
    playground.page.keyboard.type(written)
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("It points there.")
    assert sent_options(playground) == {"azimuth": 90, "park": True, "angle": 45}


def test_typing_finds_one_of_the_optional_options(playground: Playground) -> None:
    page = playground.page
    playground.type_command("point")
    expect(page.locator(".listing-item strong")).to_have_text(["azimuth", "angle", "park"])
    page.keyboard.type("a")
    expect(page.locator(".listing-item strong")).to_have_text(["azimuth", "angle", "park"])
    page.keyboard.type("n")
    expect(page.locator(".listing-item strong")).to_have_text(["angle"])
    page.keyboard.press("Enter")
    page.keyboard.type("12.5")
    expect(page.locator(".option")).to_have_text(["angle12.5"])
    page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("It points there.")
    assert sent_options(playground) == {"angle": 12.5}


def test_what_is_no_option_stays_and_is_told(playground: Playground) -> None:
    page = playground.page
    page.keyboard.type("/point north")
    expect(page.locator(".listing")).to_contain_text("No options match")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This command has no option “north”.")
    expect(page.get_by_role("combobox", name="/point: Options")).to_have_value("north")
    assert playground.bot.received == []
    for _ in "north":
        page.keyboard.press("Backspace")
    expect(page.get_by_role("alert")).to_have_text("")
    page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("It points there.")
    assert sent_options(playground) == {}


def test_suggestions_come_from_the_bot_while_one_types(playground: Playground) -> None:
    playground.type_command("find")
    playground.page.keyboard.type("v")
    expect(playground.page.locator(".listing-item")).to_have_text(["Vega"])
    playground.page.keyboard.press("Enter")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("Found it.")
    asked = [one for one in playground.bot.received if one["type"] == 4]
    assert asked[-1]["data"]["options"] == [
        {"name": "star", "type": 3, "value": "v", "focused": True}
    ]
    assert sent_options(playground) == {"star": "Vega"}


def add_option(playground: Playground, name: str) -> None:
    """Adds an optional option by its entry in the list."""
    if not playground.page.locator(".listing").is_visible():
        playground.page.locator(".more-options").click()
    playground.page.locator(".listing-item").filter(
        has=playground.page.locator("strong", has_text=name)
    ).click()
    expect(playground.page.locator(f'[data-option="{name}"]')).to_be_visible()


def test_every_kind_of_option_arrives_with_its_type_and_what_it_names(
    playground: Playground, tmp_path: Path
) -> None:
    picture = tmp_path / "halley.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    keyboard = playground.page.keyboard
    playground.type_command("find")
    keyboard.type("Vega")
    keyboard.press("Escape")
    for name, typed in {
        "magnitude": "3",
        "angle": "12.5",
        "season": "Wint",
        "who": "Sam",
        "where": "質問",
        "role": "Obs",
        "anyone": "陽斗",
    }.items():
        playground.page.locator(".more-options").click()
        add_option(playground, name)
        keyboard.type(typed)
        if name not in ("magnitude", "angle"):
            keyboard.press("Enter")
    playground.page.locator(".more-options").click()
    add_option(playground, "photo")
    playground.page.locator(".command input[type=file]").set_input_files(picture)
    playground.page.get_by_role("button", name="Send").click()
    expect(playground.last).to_contain_text("Found it.")
    world = playground.discord.world
    sent = sent_options(playground)
    photo = sent.pop("photo")
    assert sent == {
        "star": "Vega",
        "magnitude": 3,
        "angle": 12.5,
        "season": "winter",
        "who": world.people[1].id,
        "where": world.channels[1].id,
        "role": world.roles[1].id,
        "anyone": world.people[2].id,
    }
    resolved = playground.bot.received[-1]["data"]["resolved"]
    assert resolved["users"][world.people[1].id]["username"] == "sam_rivera"
    assert set(resolved["members"]) == {world.people[1].id, world.people[2].id}
    assert resolved["channels"][world.channels[1].id]["name"] == "質問部屋"
    assert resolved["roles"][world.roles[1].id]["name"] == "Observer"
    assert resolved["attachments"][photo]["filename"] == "halley.png"


def test_a_number_out_of_bounds_is_explained(playground: Playground) -> None:
    playground.type_command("find")
    playground.page.keyboard.type("Vega")
    playground.page.keyboard.press("Escape")
    playground.page.locator(".more-options").click()
    add_option(playground, "magnitude")
    playground.page.keyboard.type("9")
    playground.page.keyboard.press("Enter")
    expect(playground.page.get_by_role("alert")).to_contain_text("between -2 and 6")


def test_backspace_leaves_an_empty_command(playground: Playground) -> None:
    playground.type_command("ask")
    playground.page.keyboard.press("Backspace")
    expect(playground.box).to_be_focused()
    expect(playground.box).to_have_value("")


@pytest.mark.parametrize("config", [replace(CONFIG, first_response_seconds=0.2)], ids=["hasty"])
def test_a_command_without_an_answer_says_so_and_can_be_dismissed(playground: Playground) -> None:
    for name in ("broken", "silent"):
        playground.run(name)
        expect(playground.last).to_contain_text("The application did not respond")
        playground.last.get_by_role("button", name="Dismiss message").click()
        expect(playground.messages).to_have_count(0)


def test_a_reply_posted_by_rest_is_shown_alike(playground: Playground) -> None:
    playground.run("callback")
    expect(playground.last).to_contain_text("by REST")


def test_commands_registered_meanwhile_appear_at_once(playground: Playground) -> None:
    application = playground.discord.simulator.config.application_id
    command = {"name": "newcomer", "description": "Just registered"}
    playground.bot.rest.call("PUT", f"/applications/{application}/commands", [command])
    expect(playground.page.locator(".starter")).to_have_text(["/newcomerJust registered"])


def test_plain_messages_are_messages(playground: Playground) -> None:
    playground.box.fill("good evening, **everyone**")
    playground.page.keyboard.press("Enter")
    expect(playground.last.locator("strong")).to_have_text("everyone")
    assert playground.bot.received == []


def test_an_unanswered_command_keeps_its_place_in_time(playground: Playground) -> None:
    playground.run("broken")
    expect(playground.last).to_contain_text("The application did not respond")
    playground.run("card")
    expect(playground.messages).to_have_count(2)
    expect(playground.last).to_contain_text("used /card")
    playground.box.fill("and a word after it")
    playground.page.keyboard.press("Enter")
    expect(playground.messages).to_have_count(3)
    expect(playground.messages.first).to_contain_text("The application did not respond")
    expect(playground.last).to_contain_text("and a word after it")


def test_typing_reaches_the_box_without_a_click(playground: Playground) -> None:
    page = playground.page
    page.keyboard.type("/pi")
    expect(playground.box).to_have_value("/pi")
    expect(page.locator(".listing-item.active")).to_contain_text("/ping")
    page.get_by_role("button", name="telescopes").click()
    page.keyboard.type("/c")
    expect(playground.box).to_have_value("/c")
    page.get_by_role("button", name="Switch user").click()
    page.get_by_role("menuitemradio", name="Sam Rivera").click()
    page.keyboard.type("/f")
    expect(playground.box).to_have_value("/f")


def test_stray_typing_goes_where_one_was_writing(playground: Playground) -> None:
    page = playground.page
    page.locator(".member").first.focus()
    page.keyboard.type("/as")
    expect(playground.box).to_have_value("/as")
    page.keyboard.press("Enter")
    page.keyboard.type("what ")
    page.locator(".member").first.focus()
    page.keyboard.type("next?")
    expect(page.locator(".option-box")).to_have_text("what next?")
    page.locator(".member").first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.type("x")
    expect(page.locator(".option-box")).to_have_text("what next?")


def test_a_phone_opens_no_keyboard_by_itself(playground: Playground, browser: Browser) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(playground.discord.url)
    expect(page.locator(".starter").first).to_be_visible()
    expect(page.locator("#composer")).not_to_be_focused()
    context.close()
