"""Whom a player tells of what it does, and what it tells whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.locales import Text
from lib.ports.player import Play, Session
from worker.audio.failures import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerRules:
    """When a player does what by itself, in seconds."""

    alone: float = 180
    removal: float = 0.5
    rejoining: Sequence[float] = (0, 1, 2, 4, 8, 15, 30, 30)


class Keeper(Protocol):
    """Keeps a guild's session in the database, as soon as that is there."""

    @property
    def is_kept(self) -> bool:
        """Whether the database knows the session as this worker's."""

    def note(self, *, queue: bool = False, play: Play | None = None) -> None:
        """The session has changed; what waits has too; a play has begun."""

    async def settled(self) -> None:
        """Wait until what was noted is kept, but not for a database that is away."""

    async def end(self) -> None:
        """Forget the session, as soon as the database is there. Nothing is kept after this."""

    def drop(self) -> None:
        """Keep nothing more: the session is somebody else's."""


class Announcer(Protocol):
    """Says in the text channel what nobody asked for. Never waits, and never fails."""

    def show(self, session: Session, *, waiting: int) -> None:
        """A track has begun: its card, in the place of the former one."""

    def say(self, text: Text, *, channel_id: str, locale: str) -> None:
        """A sentence."""

    def take_away(self) -> None:
        """The card is of nothing any more."""

    def leave_card(self, message_id: str) -> None:
        """If that is the card, it is somebody else's from now on, and stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What came of tracks that were added: the first of them plays, or failed, or waits at `place`.

    `added` is how many there was room for.
    """

    added: int
    began: bool = False
    place: int = 0
    failure: SourceError | None = None
