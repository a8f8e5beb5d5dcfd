"""A text in fewer tokens: its beginning and its end, each of whole characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lib.chat.shortening import GAP, shortened
from lib.chat.tokens import estimate_tokens

FAMILY = "👨‍👩‍👧‍👦"


def test_what_fits_stays_as_it_is() -> None:
    assert shortened("Halley returns.", tokens=100) == "Halley returns."


def test_the_end_stays_three_times_as_long_as_the_beginning() -> None:
    head, gap, tail = shortened("a" * 5000 + "b" * 5000, tokens=400).partition(GAP)
    assert gap
    assert set(head) == {"a"}
    assert set(tail) == {"b"}
    assert 2.8 * len(head) < len(tail) < 3.2 * len(head)


@given(st.integers(0, 400))
def test_no_character_is_cut_in_two(tokens: int) -> None:
    head, _, tail = shortened(FAMILY * 100, tokens=tokens).partition(GAP)
    assert (head + tail).replace(FAMILY, "") == ""


@given(st.text(max_size=500), st.integers(0, 300))
def test_it_never_has_more_than_was_asked_for_but_for_the_gap(text: str, tokens: int) -> None:
    assert estimate_tokens(shortened(text, tokens=tokens)) <= max(tokens, estimate_tokens(GAP))
