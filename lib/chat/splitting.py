"""Long answers in pieces that Discord takes, cut where a reader would cut them.

A piece never ends inside a code block: the block is closed there and opened again in the next
one, with its language. Nor is a character, or an emoji made of several, ever cut in two; inline
code, links and addresses stay whole wherever they fit.

A block is what Discord takes for one: three backticks, wherever in a line they stand, up to the
next three. Other fences are lib.chat.rendering's concern.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lib.chat.inline_markdown import inline_codes
from lib.interactions.characters import reach, sound, splits_character
from lib.interactions.response import LONGEST_CONTENT, length

FENCE: Final = "```"
SHORTEST_SHARE: Final = 0.5
"""A piece is at least this full, if the text allows: better a cut in a sentence than crumbs."""
SHORTEST_LIMIT: Final = 100
"""Below this a piece might hold no more than a fence with its language, and never end."""
LONGEST_WHOLE: Final = 600
"""Inline code and links up to this length are kept whole."""

_FENCE: Final = re.compile(r"```(?:(?P<language>[\w+#.\-]{1,30})(?=\r?\n))?", re.ASCII)
# From the best place for a cut to the last but one resort; the last is between any two characters.
_CUTS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？]+[」』）)]*|[.!?]+[\"')\]]*(?=\s)"),
    re.compile(r"[、，；]|\s"),
)
_WHOLE: Final = re.compile(
    r"\[[^\[\]\n]{1,200}\]\([^()\s]{1,300}(?:\([^()\s]{0,60}\)[^()\s]{0,40})?\)|https?://[^\s<>]{1,500}"
)
_BLANK_LINES: Final = re.compile(r"(?:[ \t]*\r?\n)+")
_WHITE_SPACE: Final = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a text. All sources together are the text, whatever it holds.

    `shown` is what Discord gets: the source without white space at its ends, U+FFFD for lone
    surrogates, CRLF as LF, and with the fences that mend a code block the cut fell in; a fence with
    nothing behind it yet is left out. It is empty if there is nothing to show in the whole text.
    """

    source: str
    shown: str


@dataclass(frozen=True, slots=True)
class _Block:
    """A code block: its fence, its text, and where the text ends (None: it is left open)."""

    start: int
    text_start: int
    language: str
    close: int | None

    @property
    def opening(self) -> str:
        return f"{FENCE}{self.language}\n"

    def holds(self, place: int) -> bool:
        """Whether a cut at `place` falls between the block's first backtick and its last."""
        return self.start < place and (self.close is None or place < self.close + len(FENCE))


def split(text: str, *, longest: int = LONGEST_CONTENT) -> list[str]:
    """What is shown of `text`: pieces of at most `longest` (100 or more) UTF-16 code units, none of
    them blank. A blank text gives no piece.
    """
    return [piece.shown for piece in pieces(text, longest=longest) if piece.shown]


def pieces(text: str, *, longest: int = LONGEST_CONTENT) -> list[Piece]:
    """`text` in parts of which each can be shown in at most `longest` (100 or more) UTF-16 code
    units, and is not blank; a blank text is one part, of which nothing is shown.
    """
    if longest < SHORTEST_LIMIT:
        raise ValueError(f"pieces must be allowed {SHORTEST_LIMIT} code units")
    return _without_blanks(_Splitter(sound(text), longest=longest).cuts(), text)


def close_block(text: str) -> str:
    """`text` with the code block closed that it leaves open; one without content is left out."""
    blocks = _blocks(text)
    if not blocks or blocks[-1].close is not None:
        return text
    return _closed(text, blocks[-1], 0)


def open_block(text: str) -> int | None:
    """Where the code block begins that `text` leaves open."""
    blocks = _blocks(text)
    return blocks[-1].start if blocks and blocks[-1].close is None else None


class _Splitter:
    """Cuts one text."""

    def __init__(self, text: str, *, longest: int) -> None:
        self._text = text
        self._longest = longest
        self._blocks = _blocks(text)
        self._starts = [block.start for block in self._blocks]

    def cuts(self) -> Iterator[tuple[int, str]]:
        """Where each part ends, and what is shown of it."""
        start = 0
        carried: _Block | None = None  # the block that the part begins in
        while start < len(self._text):
            start, shown, carried = self._next(start, carried)
            yield start, shown

    def _next(self, start: int, carried: _Block | None) -> tuple[int, str, _Block | None]:
        text, opening = self._text, carried.opening if carried else ""
        begin = _skip(text, start, in_block=carried is not None)
        if len(text) - begin <= self._longest:
            shown = self._show(begin, len(text), carried)
            if length(shown) <= self._longest:
                return len(text), shown, None
        room = self._longest - len(opening) - len(f"\n{FENCE}")
        end = self._cut_position(begin, reach(text, room, start=begin))
        block = self._block_at(end)
        if block and block.start > begin:
            half = begin + (end - begin) * SHORTEST_SHARE
            if block.start >= half or not text[block.text_start : end].strip():
                # It has hardly begun: leave it to the next part.
                end, block = block.start, None
        if block and _white_space_ends(text, end) == block.close:  # it ends here anyway
            shown = opening + _tidied(text[begin:end]).rstrip() + f"\n{FENCE}"
            return block.close + len(FENCE), shown, None
        return end, self._show(begin, end, carried), block

    def _show(self, begin: int, end: int, carried: _Block | None) -> str:
        part, opening = self._text[begin:end], carried.opening if carried else ""
        block = self._block_at(end)
        if block is None:
            return opening + _tidied(part).rstrip()
        if block is carried:
            return f"{opening}{_tidied(part).rstrip()}\n{FENCE}" if part.strip() else ""
        return opening + _tidied(_closed(part, block, begin)).rstrip()

    def _block_at(self, place: int) -> _Block | None:
        """The block that a cut at `place` falls in."""
        if not (number := bisect_right(self._starts, place - 1)):
            return None
        block = self._blocks[number - 1]
        return block if block.holds(place) else None

    def _cut_position(self, begin: int, far: int) -> int:
        """The best place for a cut up to `far`, after what it cuts at."""
        text, shortest = self._text, begin + int((far - begin) * SHORTEST_SHARE)
        whole = self._whole(begin, far)
        for pattern in _CUTS:
            for match in reversed(list(pattern.finditer(text, shortest, far))):
                place = match.end()
                if self._is_cuttable(place) and place not in whole:
                    return place
        for place in range(far, shortest, -1):
            if self._is_cuttable(place):
                return place
        return self._outside_fences(far)

    def _is_cuttable(self, place: int) -> bool:
        return (
            self._outside_fences(place) == place
            and not splits_character(self._text, place)
            and self._text[place - 1 : place + 1] != "\r\n"
        )

    def _outside_fences(self, place: int) -> int:
        """`place`, or where the fence begins that it falls in."""
        block = self._block_at(place)
        if block is None:
            return place
        if place <= block.text_start:
            return block.start
        return block.close if block.close is not None and place > block.close else place

    def _whole(self, begin: int, far: int) -> frozenset[int]:
        """The places within inline code and links, outside of blocks."""
        end = min(len(self._text), far + LONGEST_WHOLE)
        spans = [match.span() for match in _WHOLE.finditer(self._text, begin, end)]
        spans += inline_codes(self._text, begin, end)
        return frozenset(
            place
            for start, stop in spans
            if stop - start <= LONGEST_WHOLE and not self._block_at(start + 1)
            for place in range(start + 1, stop)
        )


def _blocks(text: str) -> list[_Block]:
    fences = iter(_FENCE.finditer(text))
    return [
        _Block(
            opening.start(),
            opening.end(),
            opening["language"] or "",
            closing.start() if (closing := next(fences, None)) else None,
        )
        for opening in fences
    ]


def _closed(part: str, block: _Block, begin: int) -> str:
    """`part`, which begins at `begin` and leaves `block` open, with it closed or left out."""
    if not part[block.text_start - begin :].strip():
        return part[: block.start - begin].rstrip()
    return f"{part.rstrip()}\n{FENCE}"


def _tidied(part: str) -> str:
    return part.replace("\r\n", "\n")


def _skip(text: str, start: int, *, in_block: bool) -> int:
    """Where what is shown begins: a block's lines keep their indentation."""
    if not in_block:
        return _white_space_ends(text, start)
    match = _BLANK_LINES.match(text, start)
    return match.end() if match else start


def _white_space_ends(text: str, start: int) -> int:
    match = _WHITE_SPACE.match(text, start)
    return match.end() if match else start


def _without_blanks(cuts: Iterable[tuple[int, str]], text: str) -> list[Piece]:
    """The parts of `text`, with those that show nothing added to their neighbours' source."""
    found: list[Piece] = []
    start = 0
    for end, shown in cuts:
        if not _is_blank(shown):
            found.append(Piece(text[start:end], shown))
            start = end
        elif found:
            found[-1] = Piece(found[-1].source + text[start:end], found[-1].shown)
            start = end
    if start < len(text):  # nothing is shown of all of it
        return [Piece(text, "")]
    return found


def _is_blank(shown: str) -> bool:
    return not shown.replace("`", "").strip()
