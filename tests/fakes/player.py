"""Players in memory, with the rules that the SQL functions keep."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from lib.music.orders import LOUDEST, PlayerCommand
from lib.ports import (
    AdoptedSession,
    BeatReading,
    Clock,
    JsonObject,
    MusicSettings,
    Ordered,
    Play,
    PlayerOrder,
    PlayerReading,
    PlaysPage,
    QueuedTrack,
    Session,
    SessionPosition,
    StoreError,
    Track,
)
from tests.fakes.store import MemoryStore

GONE_AFTER = timedelta(seconds=15)
FORGOTTEN_AFTER = timedelta(minutes=10)
UNNAMED_FOR = timedelta(minutes=1)
MOST_REMEMBERED = 2000
MOST_PLAYS = 5
DJ_PERMISSIONS = 1 << 3 | 1 << 4
_ROLE = re.compile(r"[0-9]{1,20}")


@dataclass(slots=True)
class Held:
    """A row of `active_sessions`; `run` None: another bot's, which no worker ever held."""

    session: Session
    run: str | None
    position_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Beat:
    """A row of `heartbeats`."""

    run: str
    beat_at: datetime


class MemoryPlayerStore:
    """A `PlayerStore` and a `SessionStore` on a clock. What they hold is for tests to look at.

    `orders` are those that were given, in their order, with the standing of who gave them in the
    payload; none of them ends, since nobody here carries them out. Whoever is deleted from `store`
    is forgotten here too. `is_down` makes every method fail, `refuse` scripts the faults of one;
    `on_read` is told when a player was read, for tests of what happens meanwhile.
    """

    def __init__(self, clock: Clock, *, store: MemoryStore | None = None) -> None:
        self._clock = clock
        if store is not None:
            store.also_deletes.append(self.delete_user_data)
        self._refusals: dict[str, list[StoreError]] = defaultdict(list)
        self.is_down = False
        self.on_read: Callable[[], None] = _nothing
        self.calls: list[str] = []
        self.workers: dict[str, Beat] = {}
        self.sessions: dict[str, Held] = {}
        self.queues: dict[str, list[QueuedTrack]] = defaultdict(list)
        self.settings: dict[str, MusicSettings] = {}
        self.plays: list[Play] = []
        self.orders: dict[UUID, PlayerOrder] = {}
        self.forgotten: dict[str, datetime] = {}

    def refuse(self, operation: str, *errors: StoreError) -> None:
        """Have the next calls of that method fail so, one after the other."""
        self._refusals[operation] += errors

    def delete_user_data(self, user_id: str) -> Mapping[str, int]:
        """What they wished for plays on, without their name; what was played goes, uncounted."""
        self.plays = [play for play in self.plays if play.track.requester_id != user_id]
        if self._living():
            self.forgotten[user_id] = self._clock.now()
        for held in self.sessions.values():
            held.session = replace(held.session, track=_without(held.session.track, {user_id}))
        for queue in self.queues.values():
            queue[:] = [replace(entry, track=_without(entry.track, {user_id})) for entry in queue]
        return {}

    def insert_plainly(self, guild_id: str) -> None:
        """A row as another bot writes it."""
        now = self._clock.now()
        session = Session(
            guild_id=guild_id,
            track=Track(title="", url=""),
            play_id="",
            position_ms=0,
            is_playing=False,
            is_paused=False,
            channel_id="",
            text_channel_id="",
        )
        self.sessions[guild_id] = Held(session, None, now, now)

    # --- what the functions ask ---------------------------------------------------------------

    def order_player(self, order: PlayerOrder) -> Ordered:
        self._enter("order_player")
        guild_id = order.payload.get("guild_id")
        if guild_id is None or order.command not in set(PlayerCommand):
            raise StoreError("order_player", "22023", "The worker has no such order.")
        if order.id in self.orders:
            return Ordered.ORDERED
        if not self._living():
            return Ordered.NO_WORKER
        if order.command == "play" and self._plays_ordered_by(order) >= MOST_PLAYS:
            return Ordered.TOO_MANY
        standing = "dj" if self._is_dj(str(guild_id), order.interaction) else "member"
        given = replace(order, payload={**order.payload, "standing": standing})
        self.orders[order.id] = given
        return Ordered.ORDERED

    def read_player(
        self, *, guild_id: str, offset: int = 0, limit: int = 10, order_id: UUID | None = None
    ) -> PlayerReading:
        self._enter("read_player")
        held, queue = self.sessions.get(guild_id), self.queues[guild_id]
        reading = PlayerReading(
            has_worker=bool(self._living()),
            session=None if held is None else self._told(held),
            queue=tuple(queue[offset : offset + limit]),
            waiting=len(queue),
            waiting_ms=sum(entry.track.duration_ms for entry in queue),
            settings=self._settings_of(guild_id),
            is_ordered=order_id in self.orders,
        )
        self.on_read()
        return reading

    def read_plays(self, *, guild_id: str, offset: int = 0, limit: int = 10) -> PlaysPage:
        self._enter("read_plays")
        plays = [replace(play, id="", guild_id="") for play in self._played_in(guild_id)]
        return PlaysPage(plays=tuple(plays[offset : offset + limit]), total=len(plays))

    def suggest_tracks(self, *, guild_id: str, typed: str, limit: int = 25) -> Sequence[Track]:
        self._enter("suggest_tracks")
        found: dict[str, Track] = {}
        for play in self._played_in(guild_id)[:MOST_REMEMBERED]:
            title, url = play.track.title, play.track.url
            if typed.lower() in title.lower():
                found.setdefault(url, Track(title=title, url=url))
        return tuple(found.values())[:limit]

    def change_music_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> MusicSettings:
        self._enter("change_music_settings")
        settings = self._settings_of(guild_id)
        if (role := changes.get("dj_role_id")) is not None and not _ROLE.fullmatch(str(role)):
            raise StoreError("change_music_settings", "23514", "That is no role.")
        if "dj_role_id" in changes:
            settings = replace(settings, dj_role_id=str(role or ""))
        if "volume" in changes:
            volume = 100 if changes["volume"] is None else int(str(changes["volume"]))
            if not 0 <= volume <= LOUDEST:
                raise StoreError("change_music_settings", "23514", "That is no volume.")
            settings = replace(settings, volume=volume)
        if "autoplay" in changes:
            settings = replace(settings, autoplay=changes["autoplay"] is True)
        self.settings[guild_id] = settings
        return settings

    # --- what workers say ---------------------------------------------------------------------

    def beat_worker(
        self,
        *,
        name: str,
        run: str,
        every_seconds: int = 5,
        detail: Mapping[str, object] | None = None,
        sessions: Sequence[SessionPosition] = (),
        begins: bool = False,
    ) -> BeatReading:
        self._enter("beat_worker")
        now = self._clock.now()
        known = self.workers.get(name)
        if known is not None and not begins and known.run != run:
            return BeatReading(replaced=True, lost=frozenset(), free=0)
        before = now if known is None else known.beat_at
        self.workers[name] = Beat(run, now)
        self.workers = {
            each: beat
            for each, beat in self.workers.items()
            if beat.beat_at >= now - FORGOTTEN_AFTER
        }
        lost = set()
        for told in sessions:
            held = self.sessions.get(told.guild_id)
            if held is None or held.run != run:
                lost.add(told.guild_id)
                continue
            held.session = replace(
                held.session, position_ms=told.position_ms, is_playing=told.is_playing
            )
            held.position_at = held.updated_at = now
        free = sum(self._is_let_go(held) for held in self.sessions.values())
        return BeatReading(
            replaced=False,
            lost=frozenset(lost),
            free=free,
            forgotten=self._forgotten_since(min(before, now - UNNAMED_FOR)),
        )

    def save_session(self, *, run: str, session: Session, play: Play | None = None) -> bool:
        self._enter("save_session")
        held = self.sessions.get(session.guild_id)
        if held is not None and held.run not in {run, None} and not self._is_let_go(held):
            return False
        now = self._clock.now()
        forgotten = self._forgotten_since(now - UNNAMED_FOR)
        session = replace(session, track=_without(session.track, forgotten))
        self.sessions[session.guild_id] = Held(session, run, now, now)
        if play is not None and play.id not in {each.id for each in self.plays}:
            track = _without(play.track, forgotten)
            self.plays.append(replace(play, track=track, played_at=now))
        return True

    def save_queue(self, *, run: str, guild_id: str, queue: Sequence[QueuedTrack]) -> bool:
        self._enter("save_queue")
        if not self._holds(run, guild_id):
            return False
        forgotten = self._forgotten_since(self._clock.now() - UNNAMED_FOR)
        known = {entry.id: entry for entry in self.queues[guild_id]}
        waiting: dict[UUID, QueuedTrack] = {}
        for entry in queue:
            unnamed = replace(entry, track=_without(entry.track, forgotten))
            waiting.setdefault(entry.id, known.get(entry.id, unnamed))
        self.queues[guild_id] = list(waiting.values())
        return True

    def adopt_sessions(
        self, *, run: str, limit: int, guild_id: str | None = None
    ) -> Sequence[AdoptedSession]:
        self._enter("adopt_sessions")
        now = self._clock.now()
        for each, held in list(self.sessions.items()):
            if self._is_let_go(held) and held.updated_at < now - FORGOTTEN_AFTER:
                self._forget(each)
        free = sorted(
            each
            for each, held in self.sessions.items()
            if self._is_let_go(held) and guild_id in {None, each}
        )
        adopted = []
        for each in free[:limit]:
            held = self.sessions[each]
            held.run, held.updated_at = run, now
            held.session = replace(held.session, is_playing=False)
            adopted.append(
                AdoptedSession(
                    session=held.session,
                    queue=tuple(self.queues[each]),
                    settings=self._settings_of(each),
                )
            )
        return tuple(adopted)

    def end_session(self, *, run: str, guild_id: str) -> bool:
        self._enter("end_session")
        if not self._holds(run, guild_id):
            return False
        self._forget(guild_id)
        return True

    def end_worker(self, *, name: str, run: str) -> None:
        self._enter("end_worker")
        for held in self.sessions.values():
            if held.run == run:
                held.updated_at = self._clock.now()
                held.session = replace(held.session, is_playing=False)
        if (beat := self.workers.get(name)) is not None and beat.run == run:
            del self.workers[name]

    def pick_track(self, *, guild_id: str, without: Sequence[str]) -> Track | None:
        """The one that was played last, where the database takes one by chance."""
        self._enter("pick_track")
        for play in self._played_in(guild_id)[:MOST_REMEMBERED]:
            if play.track.url not in without:
                return replace(play.track, requested_by="", requester_id="")
        return None

    # --- the rules ----------------------------------------------------------------------------

    def _enter(self, operation: str) -> None:
        self.calls.append(operation)
        if self.is_down:
            raise StoreError(operation, "unreachable", "it is down")
        if refusals := self._refusals[operation]:
            raise refusals.pop(0)

    def _living(self) -> set[str]:
        now = self._clock.now()
        return {beat.run for beat in self.workers.values() if beat.beat_at > now - GONE_AFTER}

    def _is_let_go(self, held: Held) -> bool:
        return held.run is not None and held.run not in self._living()

    def _holds(self, run: str, guild_id: str) -> bool:
        held = self.sessions.get(guild_id)
        return held is not None and held.run == run

    def _forget(self, guild_id: str) -> None:
        del self.sessions[guild_id]
        self.queues.pop(guild_id, None)

    def _is_dj(self, guild_id: str, interaction: JsonObject) -> bool:
        member = interaction.get("member")
        if not isinstance(member, dict):
            return False
        permissions = str(member.get("permissions", "0"))
        is_manager = permissions.isdecimal() and int(permissions) & DJ_PERMISSIONS != 0
        return is_manager or self._settings_of(guild_id).dj_role_id in member.get("roles", ())

    def _plays_ordered_by(self, order: PlayerOrder) -> int:
        """How many the same user waits for in the same guild."""
        return sum(
            given.command == order.command
            and given.payload["guild_id"] == order.payload["guild_id"]
            and _user_id(given.interaction) == _user_id(order.interaction) is not None
            for given in self.orders.values()
        )

    def _forgotten_since(self, moment: datetime) -> frozenset[str]:
        return frozenset(user_id for user_id, at in self.forgotten.items() if at > moment)

    def _settings_of(self, guild_id: str) -> MusicSettings:
        return self.settings.get(guild_id, MusicSettings())

    def _told(self, held: Held) -> Session:
        session = held.session
        if self._is_let_go(held):
            return replace(session, is_playing=False)
        if not session.is_playing:
            return session
        elapsed = self._clock.now() - held.position_at
        position_ms = session.position_ms + elapsed // timedelta(milliseconds=1)
        if session.track.duration_ms:
            position_ms = min(position_ms, session.track.duration_ms)
        return replace(session, position_ms=position_ms)

    def _played_in(self, guild_id: str) -> list[Play]:
        """The newest first."""
        return [play for play in reversed(self.plays) if play.guild_id == guild_id]


def _user_id(interaction: JsonObject) -> object:
    member = interaction.get("member")
    user = member.get("user") if isinstance(member, dict) else None
    return user.get("id") if isinstance(user, dict) else None


def _nothing() -> None:
    """What usually happens meanwhile."""


def _without(track: Track, forgotten: Collection[str]) -> Track:
    """The track without the name of who wished for it, if that is one of them."""
    if track.requester_id not in forgotten:
        return track
    return replace(track, requested_by="", requester_id="")
