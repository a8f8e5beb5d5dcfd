"""Discord's Markdown, as the page draws it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Playground

pytestmark = pytest.mark.browser

DRAW = """async ([source, locale]) => {
  const { markdown } = await import("/scripts/markdown/render.js");
  const store = {
    locale, t: (key) => key, user: () => ({ username: "halley", global_name: "Halley" }),
    role: () => undefined, world: { channels: [{ id: "5", name: "general" }] },
  };
  return markdown(source, store).innerHTML;
}"""


def drawn(blank_page: Page, source: str) -> str:
    found: str = blank_page.evaluate(DRAW, [source, "en-US"])
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>"),
        ("***both***", "<p><strong><em>both</em></strong></p>"),
        ("__under__ ~~gone~~ _it_", "<p><u>under</u> <s>gone</s> <em>it</em></p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        (r"\*not bold\*", "<p>*not bold*</p>"),
        ("`**raw**`", '<p><code class="inline-code">**raw**</code></p>'),
        ("``a ` b``", '<p><code class="inline-code">a ` b</code></p>'),
        ("# One\n## Two", '<h4 class="heading-1">One</h4><h4 class="heading-2">Two</h4>'),
        ("#hashtag", "<p>#hashtag</p>"),
        ("-# small", '<p class="small">small</p>'),
        ("one\ntwo\n\nthree", "<p>one\ntwo\n\nthree</p>"),
        ("| a | b |\n|---|---|", "<p>| a | b |\n|---|---|</p>"),
        (
            "<@1> in <#5>",
            '<p><span class="mention">@Halley</span> in <span class="mention">#general</span></p>',
        ),
        ("a ** b ** c", "<p>a <strong> b </strong> c</p>"),
        ("unclosed **bold", "<p>unclosed **bold</p>"),
        ("```py\nunclosed", "<p>```py\nunclosed</p>"),
        ("彗星は**76年**ごと", "<p>彗星は<strong>76年</strong>ごと</p>"),
    ],
)  # fmt: skip
def test_text_is_drawn_as_discord_draws_it(blank_page: Page, source: str, expected: str) -> None:
    assert drawn(blank_page, source) == expected


def test_lists_nest_and_keep_their_numbers(blank_page: Page) -> None:
    html = drawn(blank_page, "- a\n  - b\n- c\n3. d\n4. e")
    assert html == (
        "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>"
        '<ol start="3"><li><p>d</p></li><li><p>e</p></li></ol>'
    )


def test_quotes_end_with_their_lines_or_take_everything(blank_page: Page) -> None:
    assert drawn(blank_page, "> a\n> b\nc") == "<blockquote><p>a\nb</p></blockquote><p>c</p>"
    assert drawn(blank_page, ">>> a\n\nb") == "<blockquote><p>a\n\nb</p></blockquote>"


def test_code_keeps_its_language_and_is_not_formatted(blank_page: Page) -> None:
    html = drawn(blank_page, "```sql\nselect '**x**' -- why\n```\nafter")
    assert "<span>sql</span>" in html
    assert "<span class=\"code-string\">'**x**'</span>" in html
    assert '<span class="code-comment">-- why</span>' in html
    assert html.endswith("<p>after</p>")


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://example.org/a_(b).", "https://example.org/a_(b)"),
        ("(https://example.org/a)", "https://example.org/a"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("[text](https://example.org/a)", "https://example.org/a"),
        ("[text](<https://example.org/a>)", "https://example.org/a"),
        ("[text](javascript:alert(1))", None),
        ("[text](data:text/html,x)", None),
    ],
)
def test_only_web_addresses_become_links(
    blank_page: Page, source: str, address: str | None
) -> None:
    html = drawn(blank_page, source)
    if address is None:
        assert "<a" not in html
    else:
        assert f'href="{address}"' in html
        assert 'rel="noopener noreferrer"' in html


def test_a_spoiler_is_hidden_until_it_is_pressed(playground: Playground) -> None:
    playground.box.fill("it is ||a comet||")
    playground.page.keyboard.press("Enter")
    spoiler = playground.last.locator(".spoiler-text")
    expect(spoiler).to_have_css("visibility", "hidden")
    playground.last.get_by_role("button", name="Spoiler, press to reveal").click()
    expect(spoiler).to_have_css("visibility", "visible")


def test_a_time_is_told_in_the_readers_language(blank_page: Page) -> None:
    for locale, expected in (("en-US", "March 1, 2026"), ("ja", "2026年3月1日")):
        html: str = blank_page.evaluate(DRAW, ["<t:1772366400:D>", locale])
        assert expected in html
    assert 'datetime="2026-03-01T12:00:00.000Z"' in drawn(blank_page, "<t:1772366400:R>")
    assert "&lt;t:1:Q&gt;" in drawn(blank_page, "<t:1:Q>")


def test_hostile_text_is_drawn_in_no_time_that_matters(blank_page: Page) -> None:
    pieces = [
        "*",
        "_a",
        "**a",
        "`",
        "[",
        "||",
        "> ",
        "```",
        "*a ",
        "- a\n",
        "<t:",
        "h",
        "[a](",
        "\\",
    ]
    lengths: list[int] = blank_page.evaluate(
        """async (pieces) => {
          const { parseBlocks } = await import("/scripts/markdown/blocks.js");
          return pieces.map((piece) => parseBlocks(piece.repeat(4000 / piece.length)).length);
        }""",
        pieces,
    )
    assert all(length >= 1 for length in lengths)


def test_both_languages_say_everything(blank_page: Page) -> None:
    texts: dict[str, Any] = blank_page.evaluate(
        """async () => {
          const { keys, text } = await import("/scripts/texts.js");
          const gaps = (locale) => Object.fromEntries(keys(locale).map((key) =>
            [key, (text(locale, key).match(/\\{\\w+\\}/g) ?? []).sort()]));
          return { en: gaps("en-US"), ja: gaps("ja") };
        }"""
    )
    assert texts["en"] == texts["ja"]
    assert len(texts["en"]) > 50
