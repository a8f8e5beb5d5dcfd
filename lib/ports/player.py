"""The player: what the functions ask of it, and what a worker keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.ports.base import JsonObject

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from lib.ports.watch import BotEvent


class LoopMode(StrEnum):
    """What follows a track: the next one, the same, or the next one while this goes to the end."""

    OFF = "off"
    TRACK = "track"
    QUEUE = "queue"


class Ordered(StrEnum):
    """What came of an order: it waits for a worker, there is none, or whoever gives it has so many
    before the worker already that others would never have their turn.
    """

    ORDERED = "ordered"
    NO_WORKER = "no_worker"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Something to play. `url` is where it is found again; `duration_ms` is 0 where nobody knows.

    `requested_by` is who wished for it, by name, and `requester_id` by their Discord id; both are
    empty where nobody did (autoplay), or where they asked to be forgotten.
    """

    title: str
    url: str
    duration_ms: int = 0
    requested_by: str = ""
    requester_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTrack:
    """A track that waits; the id names it wherever it moves to."""

    id: UUID
    track: Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A beginning of a track in a guild; `id` is what orders name it by."""

    id: str
    guild_id: str
    track: Track
    played_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What plays in a guild. `position_ms` is where it is now, or was heard last.

    `is_playing`: there is sound. `is_paused`: somebody wished for none. `volume` is in per cent.
    `locale` is the code of the language in which the channel is told what nobody asked for.
    """

    guild_id: str
    track: Track
    play_id: str
    position_ms: int
    is_playing: bool
    is_paused: bool
    channel_id: str
    text_channel_id: str
    loop_mode: LoopMode = LoopMode.OFF
    volume: int = 100
    autoplay: bool = False
    locale: str = "en-US"


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicSettings:
    """What a guild chose for its music; `dj_role_id` is empty where there is none."""

    dj_role_id: str = ""
    volume: int = 100
    autoplay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerReading:
    """A guild's player as anybody may see it: a page of what waits, and how much that is in all.

    `is_ordered`: the order that was asked about was given before.
    """

    has_worker: bool
    session: Session | None
    queue: Sequence[QueuedTrack]
    waiting: int
    waiting_ms: int
    settings: MusicSettings
    is_ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaysPage:
    """What was played, the newest first, and how many plays there are in all."""

    plays: Sequence[Play]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerOrder:
    """An order for the worker. `id` is its own: giving it twice is giving it once.

    `payload` has `guild_id` and what dashboards may read; who asked stands in `interaction`, with
    their roles and permissions as Discord sent them. `token` is the interaction's.
    """

    id: UUID
    command: str
    payload: JsonObject
    token: str
    interaction: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPosition:
    """Where a session is, for the beat."""

    guild_id: str
    position_ms: int
    is_playing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatReading:
    """What a worker is told at its beat.

    `replaced`: another run has its name, and it ends. `lost`: guilds it holds no longer. `free`:
    how many sessions wait for a worker. `forgotten`: users who wish to be, by id: no track is to be
    kept with their name any longer.
    """

    replaced: bool
    lost: frozenset[str]
    free: int
    forgotten: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReading:
    """What a worker's process uses: percent of one core, MB, MB; and how far away Discord's gateway
    and Lavalink are, in ms, None where nobody knows.
    """

    cpu_usage: float
    ram_rss: float
    ram_heap: float
    ping_gateway: int | None
    ping_lavalink: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedSession:
    """A session that a worker goes on with, with all that waits in it."""

    session: Session
    queue: Sequence[QueuedTrack]
    settings: MusicSettings


class PlayerStore(Protocol):
    """What the functions see of players, and how they order. Every method raises StoreError and
    nothing else.
    """

    def order_player(self, order: PlayerOrder) -> Ordered:
        """Have a worker do it, unless no worker lives, or five of the user's own wishes to play
        something wait here already.
        """

    def read_player(
        self, *, guild_id: str, offset: int = 0, limit: int = 10, order_id: UUID | None = None
    ) -> PlayerReading:
        """What plays, and `limit` of what waits from the place `offset` on (0: the next).

        Whoever is about to give the order `order_id` learns whether they did so before.
        """

    def read_plays(self, *, guild_id: str, offset: int = 0, limit: int = 10) -> PlaysPage:
        """What was played in the guild."""

    def suggest_tracks(self, *, guild_id: str, typed: str, limit: int = 25) -> Sequence[Track]:
        """Tracks of the guild's past whose title has `typed` in it, the newest first."""

    def change_music_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> MusicSettings:
        """Set what `changes` names of dj_role_id, volume and autoplay; None: the default again."""


class SessionStore(Protocol):
    """What a worker keeps. Every method raises StoreError and nothing else.

    `run` names one run of a worker's process; what needs it does nothing for a run that does not
    hold the guild, and returns False then.
    """

    def beat_worker(
        self,
        *,
        name: str,
        run: str,
        every_seconds: int,
        detail: Mapping[str, object],
        sessions: Sequence[SessionPosition],
        begins: bool = False,
    ) -> BeatReading:
        """Say that the worker lives, and where its sessions are."""

    def save_session(self, *, run: str, session: Session, play: Play | None = None) -> bool:
        """Keep a session as it is now, and that `play` has begun."""

    def save_queue(self, *, run: str, guild_id: str, queue: Sequence[QueuedTrack]) -> bool:
        """Make what waits be this, in this order."""

    def adopt_sessions(
        self, *, run: str, limit: int, guild_id: str | None = None
    ) -> Sequence[AdoptedSession]:
        """Take sessions that nobody plays: those of any guild, or that of one."""

    def end_session(self, *, run: str, guild_id: str) -> bool:
        """The player has left: forget the session and what waits in it."""

    def end_worker(self, *, name: str, run: str) -> None:
        """Let go of everything in order, and withdraw the beat."""

    def pick_track(self, *, guild_id: str, without: Sequence[str]) -> Track | None:
        """One of the guild's past whose url is not in `without`, by chance."""


class WorkerRecords(Protocol):
    """What a worker leaves behind of itself. Every method raises StoreError and nothing else."""

    def record_worker(
        self, *, events: Sequence[BotEvent], reading: WorkerReading | None = None
    ) -> None:
        """Write down what its log had to say, and how its process is."""
