"""What a reader sees as one character, how wide it stands, and texts cut between two of them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from lib.interactions.response import length

ZERO_WIDTH_JOINER: Final = "\u200d"
HALFWIDTH_VOICED_MARKS: Final = "\uff9e\uff9f"
ELLIPSIS: Final = "…"
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def sound(text: str) -> str:
    """`text` with U+FFFD in place of lone surrogates, which no message can hold."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def splits_character(text: str, place: int) -> bool:
    """Whether a cut at `place` falls within what a reader sees as one character."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return (
        ZERO_WIDTH_JOINER in (before, after)
        or unicodedata.category(after).startswith("M")  # accents, vowel signs, variation selectors
        or after in HALFWIDTH_VOICED_MARKS
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags, as in the flag of Scotland
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")
    )


def reach(text: str, longest: int, *, start: int = 0) -> int:
    """Up to where `text` from `start` on fits into `longest` UTF-16 code units."""
    end = min(len(text), start + max(longest, 0))
    while (over := length(text[start:end]) - longest) > 0 and end > start:
        end -= (over + 1) // 2  # no character has more than two
    return end


def cut(text: str, most: int) -> str:
    """`text` in at most `most` UTF-16 code units; where something is left out, an ellipsis ends
    it. Only a single character longer than that is cut in two.
    """
    if length(text) <= most:
        return text
    hardest = place = reach(text, most - len(ELLIPSIS))
    while place and splits_character(text, place):
        place -= 1
    return text[: place or hardest].rstrip() + ELLIPSIS


def width(text: str) -> int:
    """How many columns `text` takes in a fixed-width font, where East Asian characters and emoji
    take two.
    """
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:  # they stand on the one before
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
