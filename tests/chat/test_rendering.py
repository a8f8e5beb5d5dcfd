"""A model's Markdown becomes what Discord renders, and code stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.rendering import render
from lib.chat.tables import WIDEST
from lib.interactions.characters import width

FENCE = "```"
SIGNS = st.lists(
    st.sampled_from(
        [
            *(
                "`",
                "``",
                FENCE,
                "````",
                "~~~",
                "\n",
                "\n\n",
                "\r\n",
                " ",
                "|",
                "|-|-|",
                "---",
                "===",
            ),
            *("#", "#### ", "* ", "+ ", "- [ ] ", "[^1]", "[^1]: ", "![a](b)", "![", "](", "$$"),
            *("\\(", "\\)", "\\[", "\\]", "$", "\\frac", "<br>", "<b>", "</b>", "<details>"),
            *(
                "<summary>",
                "</summary>",
                "<!--",
                "-->",
                "x",
                "語",
                "\ue000",
                "\ue0000\ue000",
                "\ud800",
            ),
        ]
    ),
    max_size=60,
).map("".join)


def final(text: str) -> str:
    return render(text, final=True)


# --- tables ------------------------------------------------------------------------------------


def test_a_table_becomes_an_aligned_block() -> None:
    table = "| Comet | Years |\n|:--|--:|\n| Halley | 76 |\n| **Encke** | 3.3 |\n"
    assert final(f"See:\n{table}\nDone.") == (
        "See:\n```\nComet   Years\n------  -----\nHalley     76\nEncke     3.3\n```\n\nDone."
    )


def test_japanese_columns_stand_below_each_other() -> None:
    table = "|彗星|周期|備考|\n|---|--:|:-:|\n|ハレー|76年|明るい|\n|Encke|3.3年|-|"
    assert final(table) == (
        "```\n彗星     周期   備考\n------  -----  ------\n"
        "ハレー   76年  明るい\nEncke   3.3年    -\n```"
    )


def test_a_table_too_wide_for_a_phone_is_told_row_by_row() -> None:
    wide = "It is the only comet of a short period that one sees with the naked eye."
    table = f"| Comet | Notes | Years |\n|---|---|---|\n| Halley | {wide} | 76 |\n| Encke | | 3 |"
    assert final(table) == (
        f"- **Comet**: Halley\n  **Notes**: {wide}\n  **Years**: 76\n"
        "- **Comet**: Encke\n  **Years**: 3"
    )


def test_a_table_with_links_keeps_them_as_links() -> None:
    table = "| Comet | Page |\n|---|---|\n| Halley | [page](https://example.com) |"
    assert final(table) == "- **Comet**: Halley\n  **Page**: [page](https://example.com)"


def test_bars_in_code_or_escaped_part_no_cells() -> None:
    table = "| Sign | Name |\n|---|---|\n| `a | b` | or |\n| \\| | bar |"
    assert "a | b  or\n|      bar" in final(table)


@given(
    cells=st.lists(
        st.tuples(st.text("ab語ガ😀*\\", max_size=12), st.text("xy 、é|", max_size=12)),
        min_size=1,
        max_size=6,
    )
)
def test_every_line_of_a_tables_block_fits_a_phone(cells: list[tuple[str, str]]) -> None:
    rows = "\n".join(f"| {first} | {second.replace('|', '')} |" for first, second in cells)
    shown = final(f"| A | B |\n|---|---|\n{rows}")
    assert shown.count(FENCE) == 2
    assert all(width(line) <= WIDEST for line in shown.split("\n"))


@pytest.mark.parametrize(
    "text",
    ["a | b", "a | b\n---", "| a | b |\n|---|", "| a |\n| b |", "---|---", "|a|b|\n|--x|---|"],
)
def test_bars_alone_are_no_table(text: str) -> None:
    assert FENCE not in final(text)


# --- lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("# One\n## Two\n### Three", "# One\n## Two\n### Three"),
        ("#### Four", "**Four**"),
        ("###### **Six** of them ##", "**Six of them**"),
        ("#### About C#", "**About C#**"),
        ("## Two ##", "## Two"),
        ("#hashtag ####", "#hashtag ####"),
        ("Title\n=====\nText", "# Title\nText"),
        ("Title\n---\nText", "## Title\nText"),
        ("One line\nand another\n---\nText", "One line\nand another\n\nText"),
        ("Text\n\n---\n\nMore", "Text\n\n\nMore"),
        ("- item\n---\nText", "- item\n\nText"),
        ("Text\n\n* * *\nMore", "Text\n\nMore"),
        ("- [ ] open\n- [x] done\n  1. [X] both", "- ☐ open\n- ☑ done\n  - ☑ both"),
        ("+ one\n  + two", "- one\n  - two"),
        ("- one\n* two\n1. three\n> quote", "- one\n* two\n1. three\n> quote"),
        ("It is so[^1].\n\n[^1]: Says Halley.", "It is so[1].\n\n-# [1] Says Halley."),
        ("![A comet](https://a.b/c.png)", "[A comet](https://a.b/c.png)"),
        ("![](https://a.b/c.png)", "https://a.b/c.png"),
        ("[![build](https://a.b/c.svg)](https://d.e)", "[build](https://d.e)"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<b>bold</b> <em>so</em> H<sub>2</sub>O x<sup>2</sup>", "**bold** *so* H2O x^2"),
        ('<a href="https://a.b">there</a>', "[there](https://a.b)"),
        ("a<!-- not\tseen -->b", "ab"),
        ("<@1> <#2> <:e:3> <t:4:R> <https://a.b> <T> a<b", None),
        ("$$E = mc^2$$", "`E = mc^2`"),
        ("The sum \\( a_1 + a_2 \\) is \\[ x \\].", "The sum `a_1 + a_2` is `x`."),
        ("$$\n\\int x\n$$", "```latex\n\\int x\n```"),
        ("Half: $\\frac{1}{2}$", "Half: `\\frac{1}{2}`"),
        ("It costs $5, not $10.", None),
        ("C:\\dir\\(x86\\", None),
        ("Windows\r\nlines", "Windows\nlines"),
        ("", ""),
        ("\n\n", "\n\n"),
    ],
)
def test_what_discord_does_not_render_is_written_in_what_it_does(
    markdown: str, shown: str | None
) -> None:
    assert final(markdown) == (markdown if shown is None else shown)


def test_details_keep_their_summary_and_what_is_in_them() -> None:
    text = "<details>\n<summary><b>More</b></summary>\n\nText\n\n</details>\n\nEnd"
    assert final(text) == "**More**\n\nText\n\n\nEnd"


# --- code --------------------------------------------------------------------------------------

UGLY = "#### x\n| a | b |\n|---|---|\n| 1 | 2 |\n---\n<br> $$x$$ ![a](b) - [ ] [^1]"


@pytest.mark.parametrize("is_final", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        f"{FENCE}md\n{UGLY}\n{FENCE}",
        f"- item\n  {FENCE}\n  {UGLY}\n  {FENCE}\n  after",
        f"Like {FENCE}{UGLY}\n{FENCE} so",
        f"{FENCE}py\n{UGLY}",
        "`<br> $$x$$ ![a](b)` and `` ` <b> `` and ```<i>```",
        "`over\n#### lines\n<br>`",
    ],
)
def test_code_stays_as_it_is(text: str, *, is_final: bool) -> None:
    assert render(text, final=is_final) == text


def test_fences_that_discord_does_not_know_become_ones_that_it_does() -> None:
    assert final(f"~~~python\n{UGLY}\n~~~\n#### x") == f"{FENCE}python\n{UGLY}\n{FENCE}\n**x**"
    shown = final(f"````md\n{FENCE}py\nx\n{FENCE}\n````")
    assert shown.startswith(f"{FENCE}md\n")
    assert shown.count(FENCE) == 2
    assert shown.replace("\u200b", "").count(FENCE) == 4


@given(code=SIGNS.map(lambda text: text.replace("`", "").replace("\r", "")))
def test_nothing_in_a_block_is_touched(code: str) -> None:
    block = f"{FENCE}\n{code}\n{FENCE}"
    assert final(f"Before\n\n{block}\n\nafter") == f"Before\n\n{block}\n\nafter"


@given(code=st.text(st.characters(exclude_characters="`\n\r"), min_size=1))
def test_nothing_in_inline_code_is_touched(code: str) -> None:
    assert final(f"So `{code}` is.") == f"So `{code}` is."


# --- any text, growing or whole ----------------------------------------------------------------


@given(text=SIGNS | st.text(st.characters()))
def test_any_text_can_be_rendered_growing_or_whole(text: str) -> None:
    for is_final in (True, False):
        shown = render(text, final=is_final)
        assert len(shown) <= 4 * len(text) + 100


@given(text=st.text(st.characters(exclude_characters="`|$\\<>[]()#*+-_=~\r^")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert final(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"Intro\n\n| a |\n|---|\n| 1 |\n\n#### x\n\n---\n\n- [x] y\n\n[^1]: z\n\n{UGLY}",
        "<details><summary>A</summary>\nb<br>c</details>\n\n$$\nx\n$$\n\nTitle\n===\n",
        "~~~\nx\n~~~\n\n| wide | [link](https://a.b) |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_what_is_rendered_needs_no_rendering(text: str) -> None:
    assert final(final(text)) == final(text)


def test_a_table_at_the_end_of_a_growing_text_waits_until_it_is_whole() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    for end in range(len(table) + 1):
        assert render(f"Text\n\n{table[:end]}", final=False) == f"Text\n\n{table[:end]}"
    assert render(f"Text\n\n{table}\n", final=False).endswith(f"{table}\n")
    assert FENCE in render(f"Text\n\n{table}\n\nMore", final=False)
    assert FENCE in final(f"Text\n\n{table}")


def test_a_line_that_may_become_a_table_is_no_heading_yet() -> None:
    assert render("a\n---", final=False) == "a\n---"
    assert render("a\n---\n", final=False) == "## a\n"
    assert render("- a\n---", final=False) == "- a\n---"


@pytest.mark.parametrize(
    "unit",
    [
        *("|", "|-|\n", "<", "<b ", "$$", "$", "\\(", "\\[", "![", "[![a](", "[^", "<summary>"),
        *("<!--", "<a href='", "#", "# ", "$$\n", "````\n", "~~~\n```\n", "\n", " ", "* ", "\\"),
        *("|x|y|\n", "` ``", "`", "![a](b ", "<a x", "$\\a", "---\n", "a\n===\n", "- [ ] ", "+ "),
    ],
)
def test_texts_made_to_break_it_are_rendered_all_the_same(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert len(final(text)) <= 2 * len(text)
