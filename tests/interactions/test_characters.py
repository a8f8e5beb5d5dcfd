"""Texts are measured and cut as their readers see them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.interactions.characters import cut, reach, sound, width
from lib.interactions.response import length


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("comet", 5),
        ("彗星", 4),
        ("ﾊﾚｰ", 3),
        ("Ｈ", 2),
        ("が", 2),
        ("e\u0301", 1),
        ("a\u200bb", 2),
        ("😀", 2),
    ],
)
def test_east_asian_characters_take_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@given(text=st.text(st.characters()), most=st.integers(1, 50))
def test_a_cut_text_is_the_beginning_of_the_text(text: str, most: int) -> None:
    shorter = cut(text, most)
    assert length(shorter) <= most
    assert shorter == text or text.startswith(shorter.removesuffix("…"))
    assert shorter == text or shorter.endswith("…")


@given(text=st.text(st.characters()), longest=st.integers(0, 50), start=st.integers(0, 20))
def test_a_text_reaches_as_far_as_it_fits(text: str, longest: int, start: int) -> None:
    start = min(start, len(text))
    end = reach(text, longest, start=start)
    assert length(text[start:end]) <= longest
    assert end == len(text) or length(text[start : end + 1]) > longest or longest == 0


def test_lone_surrogates_become_what_a_message_can_hold() -> None:
    assert sound("a\ud83db") == "a\ufffdb"
    assert sound("😀") == "😀"
