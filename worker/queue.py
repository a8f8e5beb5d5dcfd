"""What waits to be played in a guild, and what was played there before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from random import Random
from typing import Final
from uuid import UUID, uuid4

from lib.ports.player import QueuedTrack, Session, Track

MOST_WAITING: Final = 500
MOST_REMEMBERED: Final = 50
"""How far `/previous` goes back."""


class TrackQueue:
    """The tracks that wait, the next one first, and those that have been played."""

    def __init__(
        self, waiting: Iterable[QueuedTrack] = (), *, random: Random | None = None
    ) -> None:
        self._waiting = list(waiting)
        self._played: deque[Track] = deque(maxlen=MOST_REMEMBERED)
        self._random = random or Random()  # noqa: S311 - an order of songs, no secret

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[QueuedTrack]:
        return iter(tuple(self._waiting))

    @property
    def head(self) -> QueuedTrack | None:
        """What comes next."""
        return self._waiting[0] if self._waiting else None

    @property
    def room(self) -> int:
        """How many more it takes."""
        return max(0, MOST_WAITING - len(self._waiting))

    def find(self, track_id: UUID) -> QueuedTrack | None:
        return next((entry for entry in self._waiting if entry.id == track_id), None)

    def add(self, entries: Sequence[QueuedTrack], *, next: bool = False) -> int:  # noqa: A002 - as users say it
        """Add what there is room for, at the end or before all others; how many that were.

        One that waits already is not added again.
        """
        known = {entry.id for entry in self._waiting}
        added = [entry for entry in entries if entry.id not in known][: self.room]
        place = 0 if next else len(self._waiting)
        self._waiting[place:place] = added
        return len(added)

    def fill(self, waiting: Iterable[QueuedTrack]) -> None:
        """Have these wait, and no others."""
        self._waiting = list(waiting)

    def put_back(self, entry: QueuedTrack, *, next: bool = False) -> None:  # noqa: A002 - as above
        """Have what came from here wait again, also where there is no room for new ones."""
        self._waiting.insert(0 if next else len(self._waiting), entry)

    def take(self, track_id: UUID) -> None:
        """Have it wait no longer, if it did."""
        self._waiting = [entry for entry in self._waiting if entry.id != track_id]

    def move(self, track_id: UUID, place: int) -> int | None:
        """Put it at a place (1: the next); where that is in the end. None: it does not wait."""
        entry = self.find(track_id)
        if entry is None:
            return None
        self.take(track_id)
        index = min(max(place, 1), len(self._waiting) + 1) - 1
        self._waiting.insert(index, entry)
        return index + 1

    def clear(self) -> int:
        """Forget what waits; how many those were."""
        count, self._waiting = len(self._waiting), []
        return count

    def shuffle(self) -> None:
        self._random.shuffle(self._waiting)

    def forget(self, user_ids: AbstractSet[str]) -> None:
        """Know no longer what these people wished for, by name."""
        self._waiting = [
            QueuedTrack(id=entry.id, track=unnamed(entry.track, user_ids))
            for entry in self._waiting
        ]
        played = (unnamed(track, user_ids) for track in self._played)
        self._played = deque(played, maxlen=MOST_REMEMBERED)

    def remember(self, track: Track) -> None:
        """It has been played."""
        self._played.append(track)

    def step_back(self) -> Track | None:
        """What was played last, which is remembered no longer; None if nothing was."""
        return self._played.pop() if self._played else None

    @property
    def last_played(self) -> Track | None:
        return self._played[-1] if self._played else None

    @property
    def played_urls(self) -> tuple[str, ...]:
        """What was played of late: autoplay does not choose it again."""
        return tuple(track.url for track in self._played)


def unnamed(track: Track, user_ids: AbstractSet[str]) -> Track:
    """The track, without the name of whoever wished for it if it is one of these."""
    if track.requester_id not in user_ids:
        return track
    return replace(track, requested_by="", requester_id="")


def again(track: Track) -> QueuedTrack:
    """The track as an entry of its own: an entry's id is also that of its one play."""
    return QueuedTrack(id=uuid4(), track=track)


def entry_of(session: Session) -> QueuedTrack:
    """What plays in a session. Those that others made may name their plays as they like."""
    try:
        play_id = UUID(session.play_id)
    except ValueError:
        play_id = uuid4()
    return QueuedTrack(id=play_id, track=session.track)
