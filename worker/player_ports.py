"""Whom a player and its programme tell of what they do, and what whoever asked is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.locales import Text
from lib.ports.player import Play, Session, Track
from worker.audio.failures import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerRules:
    """When a player does what by itself, in seconds."""

    alone: float = 180
    removal: float = 0.5
    rejoining: Sequence[float] = (0, 1, 2, 4, 8, 15, 30, 30)


class ProgrammeEvents(Protocol):
    """Who is told of what comes about by itself. `quiet`: whoever asked is answered anyway."""

    def begun(self, *, repeated: bool, quiet: bool) -> None:
        """A track has begun; `repeated`: the one that played before, again or where it was."""

    def failed(self, track: Track, error: SourceError, *, quiet: bool) -> None:
        """A track could not be played, or broke off."""

    def rested(self) -> None:
        """Several failed in a row: it tries no more until it is told to resume."""

    def ran_out(self, *, quiet: bool) -> None:
        """Nothing is left to play."""


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

    def adopt(self, message_id: str, session: Session, *, has_ended: bool) -> None:
        """That message of the bot's is the card of `session` from now on. Once it is of nothing any
        more it says so, and stays: somebody asked for it.
        """

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
