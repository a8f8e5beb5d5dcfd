"""A text in fewer tokens: its beginning and, three times as long, its end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from lib.chat.tokens import estimate_tokens
from lib.interactions.characters import splits_character

GAP: Final = " [...] "
"""Where something is left out."""
HEAD_SHARE: Final = 4
"""The head has one part in so many. What was said last is what one goes on from."""


def shortened(text: str, *, tokens: int) -> str:
    """`text` in no more than `tokens` by estimate, but for the gap; never cut within what a reader
    sees as one character.
    """
    if estimate_tokens(text) <= tokens:
        return text
    room = max(0, tokens - estimate_tokens(GAP))
    head = _most(len(text), room // HEAD_SHARE, lambda size: text[:size])
    while splits_character(text, head):
        head -= 1
    tail = len(text) - _most(
        len(text), room - room // HEAD_SHARE, lambda size: text[len(text) - size :]
    )
    while splits_character(text, tail):
        tail += 1
    return f"{text[:head].rstrip()}{GAP}{text[tail:].lstrip()}"


def _most(longest: int, tokens: int, part: Callable[[int], str]) -> int:
    """The largest size whose part has no more than so many tokens."""
    sizes = range(longest + 1)
    return bisect_right(sizes, tokens, key=lambda size: estimate_tokens(part(size))) - 1
