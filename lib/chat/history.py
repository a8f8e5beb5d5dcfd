"""What of a conversation a model is told again: whole exchanges, the newest, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lib.ports import Exchange

HISTORY_TOKENS: Final = 6000
"""What the earlier exchanges of a conversation may cost each new question, at most."""
SUMMARISED_TO: Final = 0.5
"""Of a conversation that has grown beyond its budget this share stays word for word. The rest goes
into the summary at once, or each new question would have to make one.
"""


class Cut(NamedTuple):
    """A conversation in two: what is left out, and what is told, each oldest first."""

    dropped: tuple[Exchange, ...]
    kept: tuple[Exchange, ...]


def cut(exchanges: Sequence[Exchange], *, budget: int) -> Cut:
    """The newest exchanges that have no more than `budget` tokens together, and those before.

    An exchange is never cut in two, nor is one left out between two that are told.
    """
    left = budget
    for place in range(len(exchanges) - 1, -1, -1):
        left -= exchanges[place].tokens
        if left < 0:
            return Cut(tuple(exchanges[: place + 1]), tuple(exchanges[place + 1 :]))
    return Cut((), tuple(exchanges))


def to_summarise(exchanges: Sequence[Exchange], *, budget: int) -> tuple[Exchange, ...]:
    """What of a conversation should go into its summary now: nothing while it is short."""
    if not cut(exchanges, budget=budget).dropped:
        return ()
    return cut(exchanges, budget=int(budget * SUMMARISED_TO)).dropped


def budget_for(context_tokens: int) -> int:
    """What the history may cost with a model of that context."""
    return min(HISTORY_TOKENS, context_tokens // 4)
