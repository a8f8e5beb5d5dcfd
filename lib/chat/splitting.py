"""Long answers in pieces that Discord takes, cut where a reader would cut them.

A piece never ends inside a code block: the block is closed there and opened again in the next
one, with its language. Nor is a character, or an emoji made of several, ever cut in two.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from lib.interactions.response import LONGEST_CONTENT, length

FENCE: Final = "```"
SHORTEST_SHARE: Final = 0.5
"""A piece is at least this full, if the text allows: better a cut in a sentence than crumbs."""
LONGEST_LANGUAGE: Final = 30
SHORTEST_LIMIT: Final = 100
"""Below this a piece might hold no more than a fence with its language, and never end."""
ZERO_WIDTH_JOINER: Final = "\u200d"
HALFWIDTH_VOICED_MARKS: Final = "\uff9e\uff9f"

_FENCE = re.compile(r"```(?:(?P<language>[\w+#.\-]{1,30})(?=\n))?", re.ASCII)
_LANGUAGE = re.compile(r"[\w+#.\-]*", re.ASCII)
# From the best place for a cut to the last but one resort; the last is between any two characters.
_CUTS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？!?]+[」』）)]*|[.](?=\s)"),
    re.compile(r"[、，；]|\s"),
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Block:
    """The code block that a position lies in: where it and its text begin, and its language."""

    start: int
    text_start: int
    language: str


def split(text: str, *, longest: int = LONGEST_CONTENT) -> list[str]:
    """`text` in pieces of at most `longest` (100 or more) UTF-16 code units, none of them blank.

    White space at a cut is dropped, code blocks are closed and reopened; nothing else changes.
    A blank text gives no piece.
    """
    if longest < SHORTEST_LIMIT:
        raise ValueError(f"pieces must be allowed {SHORTEST_LIMIT} code units")
    text = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).replace("\r\n", "\n")
    rest = close_block(text).strip()
    pieces: list[str] = []
    while length(rest) > longest:
        piece, rest = _cut(rest, longest)
        pieces.append(piece)
        rest = close_block(rest)  # where nothing but backticks could be cut, some lost their pair
    pieces.append(rest)
    return [piece for piece in pieces if not _is_blank(piece)]


def close_block(text: str) -> str:
    """`text` with the code block closed that it leaves open; one without content is left out."""
    block = _open_block(text, len(text))
    if block is None:
        return text
    if not text[block.text_start :].strip():
        return text[: block.start].rstrip()
    return f"{text.rstrip()}\n{FENCE}"


def _cut(text: str, longest: int) -> tuple[str, str]:
    """The first piece, and what is left, with a code block that the cut falls in mended."""
    end = _cut_position(text, _reach(text, longest - len("\n" + FENCE)))
    block = _open_block(text, end)
    if block is not None and block.start >= end * SHORTEST_SHARE:
        end, block = block.start, None  # the block has hardly begun: leave it to the next piece
    piece, rest = close_block(text[:end].rstrip()), text[end:]
    if block is None:
        return piece, rest.lstrip()
    if (after := rest.lstrip()).startswith(FENCE):  # the block ends here anyway
        return piece, after.removeprefix(FENCE).lstrip()
    return piece, f"{FENCE}{block.language}\n{rest.removeprefix(chr(10))}"


def _reach(text: str, longest: int) -> int:
    """How many characters of `text` fit into `longest` code units."""
    end = min(len(text), longest)
    while length(text[:end]) > longest:
        end -= max(1, (length(text[:end]) - longest) // 2)
    return end


def _cut_position(text: str, reach: int) -> int:
    """The best place for a cut within `reach`, after what it cuts at."""
    shortest = int(reach * SHORTEST_SHARE)
    for pattern in _CUTS:
        for match in reversed(list(pattern.finditer(text, shortest, reach))):
            if _is_cuttable(text, match.end()):
                return match.end()
    for place in range(reach, shortest, -1):
        if _is_cuttable(text, place):
            return place
    return reach


def _open_block(text: str, end: int) -> _Block | None:
    """The code block that is open at `end`, if any."""
    block: _Block | None = None
    for match in _FENCE.finditer(text, 0, end):
        block = None if block else _Block(match.start(), match.end(), match["language"] or "")
    return block


def _is_cuttable(text: str, place: int) -> bool:
    return not _splits_fence(text, place) and not _splits_character(text, place)


def _splits_fence(text: str, place: int) -> bool:
    """Whether a cut at `place` falls between backticks, or ends with a fence and its language."""
    line = text[max(0, place - len(FENCE) - LONGEST_LANGUAGE) : place].rpartition("\n")[2]
    _, fence, language = line.rpartition(FENCE)
    in_opening = bool(fence) and _LANGUAGE.fullmatch(language) is not None
    return in_opening or text[place - 1 : place + 1] == "``"


def _splits_character(text: str, place: int) -> bool:
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


def _is_blank(piece: str) -> bool:
    return not piece.replace("`", "").strip()
