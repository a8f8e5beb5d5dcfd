"""Other people's words in our own sentences, where they are shown as they are."""

from __future__ import annotations

import re
from typing import Final

from lib.interactions.characters import cut, sound

_SIGNS: Final = re.compile(r"[\\`*_~|<\[\]():]")
_AT_THE_START: Final = re.compile(r"^(?:([#>+-])|(\d+)([.)]))")
# Controls, and those that turn the direction of whatever follows them in our sentence.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def escape(text: str, *, most: int) -> str:
    """`text` on one line, for a sentence of ours: shown as it is, it formats, links and mentions
    nothing.

    Cut to `most` UTF-16 code units, between two characters; the result has at most twice as many.
    """
    line = cut(on_one_line(sound(text)), most)
    escaped = _SIGNS.sub(r"\\\g<0>", line).replace("@", "@\u200b")
    return _AT_THE_START.sub(_escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    sign, number, dot = match.groups()
    return f"\\{sign}" if sign else f"{number}\\{dot}"


def on_one_line(text: str) -> str:
    """`text` without line breaks, controls, and marks that turn its direction."""
    return " ".join(_UNSEEN.sub(" ", text).split())
