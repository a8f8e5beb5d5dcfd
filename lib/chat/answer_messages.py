"""A model's answer as messages: as it grows, as it is at last, or as a file if it is very long."""

from __future__ import annotations

import re
from typing import Final

from lib.chat.rendering import render
from lib.chat.splitting import FENCE, SHORTEST_LIMIT, Piece, open_block, pieces, split
from lib.interactions.characters import ELLIPSIS, sound
from lib.interactions.response import LONGEST_CONTENT, File, Message, length
from lib.locales import Locale, Text
from lib.locales.numbers import count

LONGEST_IN_MESSAGES: Final = 6000
"""UTF-16 code units up to which an answer is written out in the channel."""
LONGEST_LEAD: Final = 700
FILE_NAME: Final = "answer.md"
GAP: Final = "\n\n"
_EMPTY_BLOCK: Final = re.compile(r"```[\w+#.\-]*(?:\s+(?:```)?)?")

IN_THE_FILE: Final = Text(
    en="-# The whole answer ({n} characters) is in the file.",
    ja="-# 回答の全文（{n}文字）は添付ファイルをご覧ください。",
)
FILE_DESCRIPTION: Final = Text(en="The whole answer, as Markdown", ja="回答の全文（Markdown形式）")


def as_messages(
    text: str, *, locale: Locale, note: str = "", footer: str = "", final: bool = True
) -> list[Message]:
    """The messages that show `text`, the model's own Markdown; a blank text gives none, nor
    does a code block with nothing in it.

    `note` and `footer` are Markdown for the end of the last one. An answer that is too long for a
    channel is one message with its beginning, and the file of all of it. As long as it is not
    `final`, the messages it has begun stay, and how many they are does not go down.
    """
    rendered = render(text, final=final).strip()
    parts = [piece for piece in pieces(rendered) if piece.shown]
    if not parts or _EMPTY_BLOCK.fullmatch(rendered):
        return []
    if not final:
        return [Message(content=content) for content in _growing(parts)]
    tail = "\n".join(filter(None, (note, footer)))
    if length(rendered) <= LONGEST_IN_MESSAGES:
        shown = [part.shown for part in parts]
        return [Message(content=content) for content in _with_tail(shown, tail)]
    lead = GAP.join((_lead(rendered), IN_THE_FILE.in_(locale, n=count(len(text)))))
    first, *others = _with_tail([lead], tail)
    file = File(
        name=FILE_NAME,
        content=sound(text).encode(),
        description=FILE_DESCRIPTION.in_(locale),
    )
    return [Message(content=first, files=(file,)), *(Message(content=other) for other in others)]


def _growing(parts: list[Piece]) -> list[str]:
    """What begins within the bound; an ellipsis tells of the rest."""
    shown: list[str] = []
    begins = 0
    for part in parts:
        if begins >= LONGEST_IN_MESSAGES:
            if length(shown[-1]) + len(f"\n{ELLIPSIS}") <= LONGEST_CONTENT:
                shown[-1] += f"\n{ELLIPSIS}"
            break
        shown.append(part.shown)
        begins += length(part.source)
    return shown


def _with_tail(contents: list[str], tail: str) -> list[str]:
    """`contents` with `tail` below the last one, which may become two."""
    if not tail:
        return contents
    *first, last = contents
    room = LONGEST_CONTENT - length(GAP + tail)
    if room < SHORTEST_LIMIT:
        return [*contents, *split(tail)]
    *others, last = split(last, longest=room)
    return [*first, *others, last + GAP + tail]


def _lead(rendered: str) -> str:
    """The beginning of a long answer, up to where a reader would stop."""
    first = pieces(rendered, longest=LONGEST_LEAD)[0]
    block = open_block(first.source)
    if block is not None and (before := first.source[:block].strip()):
        return before
    ends_paragraph = first.shown.endswith(FENCE) or rendered.startswith("\n", len(first.source))
    if ends_paragraph or first.source.endswith("\n"):
        return first.shown
    return f"{first.shown} {ELLIPSIS}"
