"""Votes of those who listen: more than half of them have what one alone may not."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """How many want it, and how many it takes."""

    votes: int
    needed: int

    @property
    def is_carried(self) -> bool:
        return self.votes >= self.needed


class Votes:
    """The votes during one play; with the next one they are void."""

    def __init__(self) -> None:
        self._play_id = ""
        self._cast: dict[Hashable, set[str]] = {}

    def cast(
        self, user_id: str, wish: Hashable, *, play_id: str, listeners: AbstractSet[str]
    ) -> Count:
        """Count somebody's vote for a wish, once. Votes of those who have left the channel do not
        count.
        """
        if play_id != self._play_id:
            self._play_id, self._cast = play_id, {}
        votes = self._cast.setdefault(wish, set())
        votes.add(user_id)
        count = Count(len(votes & listeners), len(listeners) // 2 + 1)
        if count.is_carried:
            del self._cast[wish]
        return count
