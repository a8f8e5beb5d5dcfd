"""What a bot replies, as the page shows it, and what one can press."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.playground.conftest import Gate, Playground

pytestmark = pytest.mark.browser

LAST_WORDS = "See NASA's page"
"""What the stand-in bot's streamed answer ends with."""


def test_only_the_one_who_asked_sees_a_private_reply(playground: Playground) -> None:
    playground.run("ping")
    expect(playground.last).to_contain_text("Only you can see this")
    page = playground.page
    page.get_by_role("button", name="Switch user").click()
    page.get_by_role("menuitemradio", name="Sam Rivera").click()
    expect(playground.messages).to_have_count(0)
    page.get_by_role("button", name="Switch user").click()
    page.get_by_role("menuitemradio", name="田中 葵").click()
    expect(playground.messages).to_have_count(1)
    playground.last.get_by_role("button", name="Dismiss message").click()
    expect(playground.messages).to_have_count(0)


def test_a_deferral_never_answered_says_so_also_after_a_reload(
    playground: Playground, gate: Gate
) -> None:
    gate.closed = True
    playground.type_command("ask")
    playground.page.keyboard.type("hello")
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("Halley is thinking…")
    discord = playground.discord
    interaction = discord.simulator.interactions.get(playground.bot.received[-1]["id"])
    discord.loop.call_soon_threadsafe(discord.simulator.interactions.expire, interaction)
    expect(playground.last).to_contain_text("The application did not respond")
    playground.page.reload()
    expect(playground.last).to_contain_text("The application did not respond")


def test_a_button_updates_its_message_and_keeps_the_keyboards_place(
    playground: Playground,
) -> None:
    playground.run("poll")
    expect(playground.last.get_by_role("button", name="Never")).to_be_disabled()
    expect(playground.last.get_by_role("link", name="Weather")).to_have_attribute(
        "href", "https://example.org/"
    )
    playground.last.get_by_role("button", name="Tonight").focus()
    playground.page.keyboard.press("Enter")
    expect(playground.last).to_contain_text("You pressed tonight")
    expect(playground.last).to_be_focused()
    received = playground.bot.received[-1]
    assert received["type"] == 3
    assert received["message"]["content"] == "When shall we observe?"
    assert received["data"] == {"component_type": 2, "custom_id": "tonight", "id": 2}


def test_a_menu_takes_several_choices_by_keyboard(playground: Playground) -> None:
    playground.run("poll")
    playground.last.get_by_role("combobox").focus()
    for key in ("ArrowDown", "Enter", "ArrowDown", "Enter", "Escape"):
        playground.page.keyboard.press(key)
    expect(playground.last).to_contain_text("You chose telescope, blanket")
    assert playground.bot.received[-1]["data"]["values"] == ["telescope", "blanket"]


def test_a_press_that_fails_says_so_under_its_message(playground: Playground) -> None:
    playground.run("poll")
    playground.discord.sign_wrongly()
    playground.last.get_by_role("button", name="Tomorrow").click()
    expect(playground.last).to_contain_text("This interaction failed")
    playground.discord.sign_wrongly(False)
    playground.last.get_by_role("button", name="Tomorrow").click()
    expect(playground.last).to_contain_text("You pressed tomorrow")


def test_a_form_checks_what_it_asks_for_and_submits(playground: Playground) -> None:
    playground.run("feedback")
    form = playground.page.get_by_role("dialog", name="Tell us what you think")
    expect(form.get_by_label("Subject")).to_be_focused()
    form.get_by_role("button", name="Submit").click()
    expect(form).to_contain_text("This is required.")
    playground.page.keyboard.type("ab")
    form.get_by_role("button", name="Submit").click()
    expect(form).to_contain_text("Enter at least 3 characters.")
    form.get_by_label("Subject").fill("Comets")
    form.get_by_label("Details").fill("More of them,\nplease")
    form.get_by_role("button", name="Submit").click()
    expect(form).to_have_count(0)
    expect(playground.last).to_contain_text("Thank you: Comets")
    components = playground.bot.received[-1]["data"]["components"]
    assert components[0]["component"] == {
        "type": 4,
        "id": 2,
        "custom_id": "subject",
        "value": "Comets",
    }
    assert components[1]["components"][0]["value"] == "More of them,\nplease"


def test_a_form_can_be_closed_without_sending(playground: Playground) -> None:
    playground.run("feedback")
    form = playground.page.get_by_role("dialog")
    expect(form).to_be_visible()
    playground.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    assert [one["type"] for one in playground.bot.received] == [2]


def test_a_button_can_open_a_form(playground: Playground) -> None:
    playground.run("poll")
    playground.last.get_by_role("button", name="Write").click()
    form = playground.page.get_by_role("dialog")
    form.get_by_label("Subject").fill("From a button")
    form.get_by_role("button", name="Submit").click()
    expect(playground.last).to_contain_text("Thank you: From a button")
    assert playground.bot.received[-1]["message"]["content"] == "When shall we observe?"


def test_embeds_and_the_newer_layout_are_drawn(playground: Playground) -> None:
    playground.run("card")
    card = playground.last.locator(".embed")
    expect(card.get_by_role("link", name="1P/Halley")).to_be_visible()
    expect(card.locator(".embed-field")).to_have_count(3)
    playground.run("layout")
    layout = playground.last.locator(".container")
    expect(layout.get_by_role("heading")).to_have_text("Tonight's sky")
    layout.get_by_role("button", name="More").click()
    expect(playground.last).to_contain_text("You pressed more")


def test_no_text_of_a_bot_becomes_markup(playground: Playground) -> None:
    playground.run("injection")
    expect(playground.last).to_contain_text("<img src=x onerror=window.injected=1>")
    expect(playground.last.locator("strong")).to_have_text("<b>bold</b>")
    expect(playground.last.locator("img, script, b, i, u, a")).to_have_count(0)
    assert playground.page.evaluate("window.injected") is None


def test_commands_for_a_message_and_for_a_user_stand_in_their_menus(
    playground: Playground,
) -> None:
    page = playground.page
    playground.box.fill("Look, a comet")
    page.keyboard.press("Enter")
    playground.last.hover()
    playground.last.get_by_role("button", name="Actions for this message").click()
    page.get_by_role("menuitem", name="Explain this").click()
    expect(playground.last).to_contain_text("That message is about a comet.")
    received = playground.bot.received[-1]["data"]
    assert received["type"] == 3
    assert received["resolved"]["messages"][received["target_id"]]["content"] == "Look, a comet"
    page.locator(".member", has_text="Sam Rivera").click()
    page.get_by_role("menuitem", name="Say hello").click()
    expect(playground.last).to_contain_text("Hello!")
    received = playground.bot.received[-1]["data"]
    assert received["target_id"] == playground.discord.world.people[1].id


def test_a_direct_message_has_a_user_and_no_guild(playground: Playground) -> None:
    playground.page.get_by_role("button", name="Direct messages").click()
    expect(playground.page.get_by_role("heading", level=1)).to_have_text("Halley")
    playground.run("ping")
    expect(playground.last).to_contain_text("Pong!")
    received = playground.bot.received[-1]
    assert received["user"]["username"] == "aoi.tanaka"
    assert received["context"] == 1
    assert "guild_id" not in received
    assert "member" not in received


def test_the_latest_stays_in_view_unless_one_reads_further_up(playground: Playground) -> None:
    channel = playground.discord.world.channels[0].id
    rest = playground.bot.rest

    def say(text: str) -> None:
        assert rest.call("POST", f"/channels/{channel}/messages", {"content": text})[0] == 200

    for number in range(12):
        say(f"number {number}\n" * 4)
    expect(playground.messages).to_have_count(12)
    expect(playground.last).to_be_in_viewport(ratio=1)
    playground.page.locator(".scroller").hover()
    playground.page.mouse.wheel(0, -3000)
    expect(playground.messages.first).to_be_in_viewport()
    say("the thirteenth")
    expect(playground.last).to_contain_text("the thirteenth")
    expect(playground.messages.first).to_be_in_viewport()
    expect(playground.last).not_to_be_in_viewport()


def test_the_mark_of_an_edit_never_breaks_in_two(playground: Playground) -> None:
    playground.settle("日本語")
    playground.type_command("質問")
    playground.page.keyboard.type("?")
    playground.page.keyboard.press("Enter")
    # Each edit draws the message anew: what is measured is the one that stays.
    expect(playground.messages.first).to_contain_text(LAST_WORDS)
    mark = playground.messages.first.locator(".edited")
    expect(mark).to_have_text("（編集済み）")
    lines = mark.evaluate(
        "mark => { mark.parentElement.style.width = '3em'; return mark.getClientRects().length; }"
    )
    assert lines == 1


def test_the_user_switcher_tells_who_everyone_is(playground: Playground) -> None:
    page = playground.page
    page.get_by_role("button", name="Switch user").click()
    expect(page.get_by_role("menuitemradio")).to_contain_text(["Owner", "Observer", "Member"])
    page.get_by_role("menuitemradio", name="Sam Rivera").click()
    expect(page.locator(".user-switch")).to_contain_text("Observer")


def test_a_code_block_is_never_cut_off(playground: Playground) -> None:
    channel = playground.discord.world.channels[0].id
    body = {"content": f"```python\n{'x' * 300}\n{'def call() ' * 40}\n```"}
    assert playground.bot.rest.call("POST", f"/channels/{channel}/messages", body)[0] == 200
    code = playground.last.locator("pre")
    expect(code).to_contain_text("def call()")
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
