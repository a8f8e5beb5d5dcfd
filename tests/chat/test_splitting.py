"""Long answers come in pieces that Discord takes and a reader can read."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.chat.splitting import close_block, pieces, split
from lib.interactions.characters import sound
from lib.interactions.response import LONGEST_CONTENT, Message, length

FENCE = "```"
SMALL = 120

# Words without ASCII letters, so that those can only be a block's language.
WORDS = st.text(
    st.sampled_from("ÄÖ \n,。、！？」「日本語ガ\u3099👩🏽🇯🇵é\u0301\u200d\ufe0f\t"), max_size=60
)
FENCES = st.sampled_from(
    [
        FENCE,
        f"{FENCE}py\n",
        f"\n{FENCE}\n",
        f"{FENCE}c\n",
        "`",
        "``",
        "````",
        f"{FENCE}{'a' * 40}\n",
    ]
)
MARKDOWN = st.lists(WORDS | FENCES, max_size=40).map("".join)
ANYTHING = st.text(st.characters(), max_size=400) | MARKDOWN
NASTY = st.lists(
    st.sampled_from(
        [
            *(
                "`",
                "``",
                FENCE,
                "````",
                f"{FENCE}py\n",
                "~~~",
                "\n",
                "\n\n",
                "\r",
                "\r\n",
                "\t",
                " ",
            ),
            *(
                "\ud800",
                "\udfff",
                "e\u0301",
                "\u0301",
                "\u200d",
                "👩‍👩‍👧‍👦",
                "🇯🇵",
                "👍🏽",
                "\ufe0f",
                "\x00",
                "ｶﾞ",
            ),
            *(
                "\u202e",
                "שלום",
                "مرحبا",
                "x" * 150,
                "語" * 90,
                "。",
                "https://example.com/a?b=c",
                "[a](b)",
            ),
        ]
    ),
    max_size=80,
).map("".join)
LINES = st.lists(
    st.text(st.sampled_from("ab ÄÖ語。😀\t.!"), min_size=1, max_size=40), min_size=1, max_size=12
).map("\n".join)
PROSE_AND_CODE = st.lists(
    st.tuples(LINES, LINES.map(lambda code: f"\n{FENCE}py\n{code}\nx\n{FENCE}\n")).map("".join),
    min_size=1,
    max_size=5,
).map("".join)


def assert_discord_takes(pieces: list[str], longest: int = LONGEST_CONTENT) -> None:
    for piece in pieces:
        assert 1 <= length(piece) <= longest
        assert piece.strip()
        assert piece.encode()
        assert piece.count(FENCE) % 2 == 0, f"a code block is left open in {piece!r}"
        Message(content=piece).to_edit()


def without_marks(text: str) -> str:
    """What must be there whatever is cut: all but white space, fences and their languages."""
    return re.sub(r"[`\sa-z]", "", text)


# --- what holds for any text ------------------------------------------------------------------


@given(text=ANYTHING | ANYTHING.map(lambda text: text * 9))
def test_every_piece_is_one_that_discord_takes(text: str) -> None:
    assert_discord_takes(split(text))
    assert_discord_takes(split(text, longest=SMALL), SMALL)


@given(text=MARKDOWN)
@example(text=f"Ä{FENCE}py\n" + "Ö " * 200 + FENCE + "Ü")
@example(text=FENCE + "Ä" * 116 + FENCE)
def test_nothing_of_a_text_is_lost_or_said_twice(text: str) -> None:
    assert without_marks("".join(split(text, longest=SMALL))) == without_marks(text)


@given(text=st.text(st.characters(exclude_characters="`\r", exclude_categories=["Cs"])))
def test_without_code_the_pieces_are_the_text_but_for_white_space_at_the_cuts(text: str) -> None:
    position = 0
    long_text = text * 5
    for piece in split(long_text, longest=SMALL):
        found = long_text.index(piece, position)
        assert not long_text[position:found].strip()
        position = found + len(piece)
    assert not long_text[position:].strip()


@given(text=ANYTHING)
def test_a_text_that_fits_comes_as_it_is(text: str) -> None:
    plain = text.replace("`", "").replace("\r\n", "\n").encode("utf-8", "ignore").decode().strip()
    assert split(plain) == ([plain] if plain else [])


@given(text=ANYTHING)
def test_what_has_been_split_needs_no_splitting(text: str) -> None:
    for piece in split(text, longest=SMALL):
        assert split(piece, longest=SMALL) == [piece]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("`" * 50_000, id="backticks alone"),
        pytest.param("x" + "`" * 50_000 + "x", id="backticks in text"),
        pytest.param("` " * 30_000, id="single backticks"),
        pytest.param(f"{FENCE}\n" * 20_000, id="fences alone"),
        pytest.param(f"{FENCE}py\n" * 20_000 + "x", id="nested fences"),
        pytest.param(f"{FENCE}{'a' * 60_000}\n" + "x" * 5000, id="a very long language"),
        pytest.param(f"{FENCE}{'a' * 30}\n" + "x" * 50_000, id="the longest language"),
        pytest.param("x" * 100_000, id="no space"),
        pytest.param("語" * 100_000, id="no space, Japanese"),
        pytest.param("😀" * 50_000, id="surrogate pairs"),
        pytest.param("👩\u200d" * 30_000, id="one endless emoji"),
        pytest.param("\u200d" * 50_000, id="joiners alone"),
        pytest.param("a" + "\u0301" * 50_000, id="accents without end"),
        pytest.param("🇯🇵" * 20_000, id="flags"),
        pytest.param("x\r\n" * 30_000, id="CRLF"),
        pytest.param("\n \n" * 30_000 + "x", id="blank lines"),
        pytest.param("x" + " \n\t" * 30_000 + "x", id="white space in the middle"),
        pytest.param(f"{FENCE}\n" + " " * 50_000 + f"\n{FENCE}", id="an empty block"),
        pytest.param("x." * 50_000, id="dots"),
        pytest.param("！？" * 50_000, id="exclamations"),
        pytest.param("\ud800" * 5000, id="lone surrogates"),
    ],
)
def test_texts_made_to_break_it_are_split_all_the_same(text: str) -> None:
    pieces = split(text)
    assert_discord_takes(pieces)
    assert len(pieces) <= len(text.encode("utf-8", "surrogatepass")) // 500


@given(text=ANYTHING | NASTY | NASTY.map(lambda text: text * 9))
@example(text="")
@example(text=f"{FENCE}py\n" + " " * 500 + f"\n{FENCE}")
@example(text=f"x{FENCE}\n" + "\n" * 500 + FENCE + "y" * 200)
def test_split_and_rejoined_any_text_is_the_same_text(text: str) -> None:
    for longest in (SMALL, LONGEST_CONTENT):
        parts = pieces(text, longest=longest)
        assert "".join(part.source for part in parts) == text
        assert_discord_takes([part.shown for part in parts if part.shown], longest)
        assert len(parts) == 1 or all(part.shown for part in parts)


@given(text=st.text(st.characters(exclude_characters="`")).map(lambda text: text * 5))
def test_without_code_a_piece_shows_its_source_but_for_what_no_message_can_hold(text: str) -> None:
    for part in pieces(text, longest=SMALL):
        assert part.shown == sound(part.source).replace("\r\n", "\n").strip()


@given(text=PROSE_AND_CODE)
def test_with_code_a_piece_shows_its_source_and_the_fences_that_mend_it(text: str) -> None:
    for part in pieces(text, longest=SMALL):
        whole = re.sub(r"\s+", "", part.source)
        before, found, after = re.sub(r"\s+", "", part.shown).partition(whole)
        assert found == whole
        assert before in {"", f"{FENCE}py"}
        assert after in {"", FENCE}


# --- what a reader sees ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\n\n\t", FENCE * 2, f"{FENCE}\n{FENCE}", "\r\n", "　"])
def test_a_blank_text_gives_no_message(text: str) -> None:
    assert split(text) == []


def test_two_thousand_characters_are_one_message_and_one_more_are_two() -> None:
    assert split("x" * 2000) == ["x" * 2000]
    assert [len(piece) for piece in split("x" * 2001)] == [1996, 5]


def test_a_limit_that_holds_hardly_a_fence_is_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        split("x", longest=99)


def test_an_emoji_counts_as_two_as_it_may_in_discord() -> None:
    assert split("😀" * 1000) == ["😀" * 1000]
    assert len(split("😀" * 1001)) == 2


def test_japanese_is_cut_after_a_full_stop() -> None:
    sentence = "ハレー彗星は約76年の周期で太陽に近づき、地球からも肉眼で見ることができます。"
    pieces = split(sentence * 100)
    assert len(pieces) > 1
    assert all(piece.endswith("。") for piece in pieces)
    assert all(piece.startswith("ハレー彗星") for piece in pieces)


def test_a_closing_bracket_stays_with_its_sentence() -> None:
    pieces = split("「また会えるでしょうか？」「はい、きっと会えます。」" * 100)
    assert len(pieces) > 1
    assert all(piece.endswith("」") and piece.startswith("「") for piece in pieces)


def test_paragraphs_come_before_lines_and_lines_before_sentences() -> None:
    paragraph = "One. Two.\nThree. " * 80
    first, *_ = split(f"{paragraph.strip()}\n\n{paragraph}")
    assert first == paragraph.strip()
    lines = "\n".join(["A line. With two sentences."] * 100)
    assert all(piece.startswith("A line.") for piece in split(lines))
    assert all(piece.endswith("sentences.") for piece in split(lines))


def test_words_and_numbers_stay_whole() -> None:
    words = "1,234,567.89 " * 300
    assert {word for piece in split(words) for word in piece.split()} == {"1,234,567.89"}


@pytest.mark.parametrize(
    "whole",
    [
        "`git commit -m 'a message of several words'`",
        "``a `nested` piece of code``",
        "[the comet that comes back](https://example.com/halley_(comet))",
        "https://example.com/search?q=halley!&lang=en",
    ],
)
def test_inline_code_and_links_stay_whole(whole: str) -> None:
    for offset in range(0, len(whole), 3):
        text = "x " * (970 + offset) + whole + " y" * 100
        assert any(whole in piece for piece in split(text))


def test_inline_code_that_no_piece_could_hold_is_cut_all_the_same() -> None:
    assert_discord_takes(split("`" + "x " * 3000 + "`"))


def test_an_address_is_not_taken_for_the_end_of_a_sentence() -> None:
    text = "x" * 1500 + " " + "Is a!=b? " * 30 + "a!=b" * 150
    assert split(text)[0].endswith("?")


def test_a_code_block_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"    print({number})" for number in range(300))
    pieces = split(f"Look:\n{FENCE}python\n{code}\n{FENCE}\nDone.")
    assert len(pieces) > 1
    assert all(piece.startswith(f"{FENCE}python\n    print(") for piece in pieces[1:])
    assert all(piece.endswith(f")\n{FENCE}") for piece in pieces[:-1])
    assert pieces[-1].endswith(f"{FENCE}\nDone.")


def test_a_block_keeps_its_language_with_line_ends_of_windows() -> None:
    code = "\r\n".join(["x = 1"] * 500)
    pieces = split(f"{FENCE}python\r\n{code}\r\n{FENCE}")
    assert all(piece.startswith(f"{FENCE}python\n") for piece in pieces)
    assert not any("\r" in piece for piece in pieces)


def test_a_block_that_has_hardly_begun_goes_to_the_next_message_whole() -> None:
    before, code = "Some text.\n" * 150, "x = 1\n" * 100
    first, second = split(f"{before}{FENCE}python\n{code}{FENCE}")
    assert FENCE not in first
    assert second == f"{FENCE}python\n{code}{FENCE}"


def test_no_empty_block_is_left_where_a_block_ends_at_the_cut() -> None:
    for count in range(320, 340):
        text = f"{FENCE}py\n" + "x = 1\n" * count + f"{FENCE}\nAfter the block. " + "y " * 500
        for piece in split(text):
            assert not re.search(rf"{FENCE}(py)?\s*{FENCE}", piece), piece


@pytest.mark.parametrize(
    "cluster",
    [
        "👩‍👩‍👧‍👦",
        "👍🏽",
        "🇯🇵",
        "1️⃣",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "が",
        "e\u0301",
        "ｶﾞ",
        "नि",
    ],
)
def test_what_a_reader_sees_as_one_character_is_not_cut_in_two(cluster: str) -> None:
    # Each time at another place of the text, so that a cut would fall everywhere in it.
    for offset in range(len(cluster.encode("utf-16-le")) // 2):
        text = "x" * (1980 + offset) + cluster + "y" * 100
        assert any(cluster in piece for piece in split(text))


# --- blocks that are not closed, as while an answer is being written ----------------------------


def test_a_block_that_is_still_being_written_is_shown_as_a_block() -> None:
    assert split(f"See:\n{FENCE}py\nx = 1") == [f"See:\n{FENCE}py\nx = 1\n{FENCE}"]


def test_a_fence_that_has_only_just_come_is_not_shown_yet() -> None:
    assert split(f"See:\n{FENCE}") == ["See:"]
    assert split(f"See:\n{FENCE}py\n ") == ["See:"]


def test_closing_a_text_lets_something_stand_below_its_block() -> None:
    assert close_block("No code") == "No code"
    assert close_block(f"{FENCE}\nx\n{FENCE}") == f"{FENCE}\nx\n{FENCE}"
    assert close_block(f"{FENCE}py\nx = ") == f"{FENCE}py\nx =\n{FENCE}"
    assert close_block(f"a {FENCE}py\n") == "a"
