"""One track after another: what plays, what is made ready to follow it, and what comes of failures.

Everything here runs in the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from lib.logs import get_logger
from lib.ports.player import LoopMode, QueuedTrack, Track
from worker.audio.failures import BROKEN_OFF, SourceError, SourceFailure
from worker.audio.stream import FrameStream
from worker.deck import Deck
from worker.player_ports import ProgrammeEvents
from worker.queue import TrackQueue, again, unnamed
from worker.tasks import spawn
from worker.tracks import Sounds

log = get_logger(__name__)

AHEAD_MS: Final = 30_000
"""How long before its turn a track is opened: as long as finding and opening it may take."""
SHORTEST_MS: Final = 1000
"""What is shorter follows itself, or another that short, only after so long."""
MOST_FAILURES: Final = 3
"""Tracks in a row that cannot be played before it stops trying."""

Suggest = Callable[[Track, Sequence[str]], Awaitable[Track | None]]
"""A track for autoplay after the one that played last, and none of those addresses."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was made ready to follow; without a stream where it cannot be played."""

    entry: QueuedTrack
    stream: FrameStream | None = None
    error: SourceError | None = None


class Programme:
    """What a guild's player plays. Whoever changes `queue` or `loop_mode` says so by `replan`."""

    def __init__(
        self, deck: Deck, sounds: Sounds, suggest: Suggest, events: ProgrammeEvents
    ) -> None:
        self.queue = TrackQueue()
        self.loop_mode = LoopMode.OFF
        self.autoplay = False
        self.is_paused = False
        self._deck = deck
        self._sounds = sounds
        self._suggest = suggest
        self._events = events
        self._entry: QueuedTrack | None = None
        self._repeat: QueuedTrack | None = None
        self._start_ms = 0
        self._failures = 0
        self._pause_ms = 0
        self._work: asyncio.Task[None] | None = None
        self._ahead: _Ahead | None = None
        self._ahead_id: UUID | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._prepare_at: asyncio.TimerHandle | None = None

    @property
    def entry(self) -> QueuedTrack | None:
        """What plays, or is about to; its id is the play's."""
        return self._entry

    @property
    def position_ms(self) -> int:
        return self._deck.position_ms if self._deck.has_stream else self._start_ms

    @property
    def is_sounding(self) -> bool:
        return self._deck.has_stream and not self.is_paused

    # --- what can be asked of it ---

    def begin(
        self, entry: QueuedTrack, *, start_ms: int = 0, quiet: bool = False
    ) -> asyncio.Future[SourceError | None]:
        """Play this instead of whatever plays. The future tells once it does, or why it cannot."""
        self.halt()
        self._pause_ms = 0
        return self._begin(entry, start_ms=start_ms, quiet=quiet)

    async def start(self, entry: QueuedTrack) -> SourceError | None:
        """Play the first track, unless it plays already; why it cannot, once it is known."""
        is_under_way = self._deck.has_stream or self._work is not None
        if self._entry is not None and self._entry.id == entry.id and is_under_way:
            return None
        return await self.begin(entry, quiet=True)

    def pause(self) -> None:
        self.is_paused = True
        self._deck.pause()

    def resume(self) -> None:
        self.is_paused = False
        if self._deck.has_stream or self._work is not None or self._entry is None:
            self._deck.resume()
        else:
            self._failures = 0
            self._begin(self._entry, start_ms=self._start_ms)

    def skip(self) -> None:
        """On to what waits, also where the track would be repeated."""
        self.is_paused, self._failures, self._pause_ms = False, 0, 0
        following = self._leave(to_repeat=False)
        if self._ahead is None or following is None or self._ahead_id != following.id:
            self.halt()
        self._go_on(following)

    def previous(self) -> bool:
        """Back to what was played before; False: nothing was."""
        track = self.queue.step_back()
        if track is None:
            return False
        if self._entry is not None:
            self.queue.put_back(again(self._entry.track), next=True)
        self.is_paused = False
        self.begin(again(track))
        return True

    def seek(self, position_ms: int) -> None:
        if self._work is not None and self._entry is not None:  # it is being opened elsewhere
            self._begin(self._entry, start_ms=position_ms, quiet=True)
            return
        self._start_ms = position_ms
        self._deck.seek(position_ms)
        self.replan()

    def load(self, entry: QueuedTrack, waiting: Iterable[QueuedTrack], *, position_ms: int) -> None:
        """Be where another programme was, without playing yet."""
        self.halt()
        self.queue.fill(waiting)
        self._note_entry(entry, start_ms=position_ms)

    def go_on(self) -> asyncio.Future[SourceError | None] | None:
        """Play on where it was, after the voice was lost; None: nothing played."""
        if self._entry is None:
            return None
        self.halt()
        return self._begin(self._entry, start_ms=self._start_ms, resumed=True)

    def forget(self, user_ids: AbstractSet[str]) -> None:
        """Know no longer what these people wished for, by name."""
        self.queue.forget(user_ids)
        entries = (self._entry, self._repeat)
        self._entry, self._repeat = (
            entry and QueuedTrack(id=entry.id, track=unnamed(entry.track, user_ids))
            for entry in entries
        )

    def halt(self) -> None:
        """Be silent, with everything in its place."""
        self._start_ms = self.position_ms
        if self._work is not None:
            self._work.cancel()
            self._work = None
        self._drop_ahead()
        self._deck.silence()

    def replan(self) -> None:
        """What follows may be another track now, or its time may have changed."""
        following = self._following()
        if following is None or self._ahead_id != following.id:
            self._drop_ahead()
        if self._prepare_at is not None:
            self._prepare_at.cancel()
            self._prepare_at = None
        if following is None or self._entry is None or self._ahead_id is not None:
            return
        if not self._deck.has_stream:
            return
        duration_ms = self._entry.track.duration_ms
        left_ms = duration_ms - self.position_ms - AHEAD_MS if duration_ms else 0
        left_ms = max(0, left_ms, self._pause_ms)
        loop = asyncio.get_running_loop()
        self._prepare_at = loop.call_later(left_ms / 1000, self._prepare)

    # --- the way from one to the next ---

    def ended(self, error: SourceError | None, followed: bool) -> None:  # noqa: FBT001 - the deck's callback
        """What played has ended by itself; `followed`: what was made ready plays already."""
        entry, ahead = self._entry, self._ahead
        at_ms = self._deck.ended_at_ms
        sounded_ms = max(0, at_ms - self._start_ms)
        is_broken = error is not None and error.failure in BROKEN_OFF and not followed
        if is_broken and entry is not None and sounded_ms >= SHORTEST_MS:
            self._begin(entry, start_ms=at_ms, resumed=True)
            return
        self._pause_ms = max(0, SHORTEST_MS - sounded_ms)
        self._failures = self._failures + 1 if error is not None else 0
        if error is not None and entry is not None:
            self._events.failed(entry.track, error, quiet=False)
        following = self._leave(to_repeat=error is None)
        if followed and ahead is not None:
            self._ahead = self._ahead_id = None
            is_repeated = following is ahead.entry and self.loop_mode is LoopMode.TRACK
            self._note_entry(ahead.entry)
            self._note_begun(repeated=is_repeated, quiet=False)
        elif self._failures >= MOST_FAILURES:
            self._rest(following)
        else:
            self._go_on(following)

    def _following(self) -> QueuedTrack | None:
        """What comes after what plays, if that ends by itself."""
        if self._entry is not None and self.loop_mode is LoopMode.TRACK:
            return self._again(self._entry)
        if self._entry is not None and self.loop_mode is LoopMode.QUEUE:
            return self.queue.head or self._again(self._entry)
        return self.queue.head

    def _again(self, entry: QueuedTrack) -> QueuedTrack:
        """The entry that repeats it: always the same one for one play."""
        if self._repeat is None:
            self._repeat = again(entry.track)
        return self._repeat

    def _leave(self, *, to_repeat: bool) -> QueuedTrack | None:
        """Have what plays be over; what comes next."""
        entry, self._entry = self._entry, None
        if entry is not None and to_repeat and self.loop_mode is LoopMode.TRACK:
            return self._again(entry)
        if entry is not None:
            self.queue.remember(entry.track)
            if self.loop_mode is LoopMode.QUEUE:
                self.queue.put_back(self._again(entry))
        return self.queue.head

    def _go_on(self, following: QueuedTrack | None, *, quiet: bool = False) -> None:
        if following is not None:
            self._begin(following, quiet=quiet)
            return
        self.halt()
        last = self.queue.last_played
        if self.autoplay and last is not None:
            self._work = spawn(self._choose(last))
        else:
            self._events.ran_out(quiet=quiet)

    def _rest(self, following: QueuedTrack | None) -> None:
        self.halt()
        if following is None:
            self._events.ran_out(quiet=False)
            return
        self._note_entry(following)
        self.is_paused = True
        self._events.rested()

    def _begin(
        self,
        entry: QueuedTrack,
        *,
        start_ms: int = 0,
        resumed: bool = False,
        quiet: bool = False,
    ) -> asyncio.Future[SourceError | None]:
        if self._ahead_id != entry.id:
            self._drop_ahead()
        ahead, self._ahead, self._ahead_id = self._ahead, None, None
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None
        if self._work is not None:
            self._work.cancel()
        is_looped = entry is self._repeat and self.loop_mode is LoopMode.TRACK
        self._note_entry(entry, start_ms=start_ms)
        told: asyncio.Future[SourceError | None] = asyncio.get_running_loop().create_future()
        loading = self._load(entry, ahead, told, repeated=is_looped or resumed, quiet=quiet)
        self._work = spawn(loading)
        # Not at its end: what is cancelled before its first step never gets there.
        self._work.add_done_callback(lambda _: None if told.done() else told.set_result(None))
        return told

    async def _load(
        self,
        entry: QueuedTrack,
        ahead: _Ahead | None,
        told: asyncio.Future[SourceError | None],
        *,
        repeated: bool,
        quiet: bool,
    ) -> None:
        try:
            await asyncio.sleep(self._pause_ms / 1000)
            stream = await self._opened(entry, ahead)
            await self._play(stream)
        except SourceError as error:
            self._work = None
            told.set_result(error)
            self._not_begun(entry, error, quiet=quiet)
        else:
            self._work = None
            told.set_result(None)
            self._note_begun(repeated=repeated, quiet=quiet)

    async def _play(self, stream: FrameStream) -> None:
        """Raises SourceError."""
        paused = self.is_paused
        await self._deck.play(stream, paused=paused)
        if self.is_paused != paused:  # somebody wished so while what played before came to its end
            self._deck.pause() if self.is_paused else self._deck.resume()

    async def _opened(self, entry: QueuedTrack, ahead: _Ahead | None) -> FrameStream:
        """Raises SourceError."""
        if ahead is not None and ahead.error is not None:
            raise ahead.error
        if ahead is not None and ahead.stream is not None:
            return ahead.stream
        return await self._open(entry.track, start_ms=self._start_ms)

    async def _open(self, track: Track, *, start_ms: int = 0) -> FrameStream:
        """Raises SourceError."""
        try:
            return await self._sounds.open(track, start_ms=start_ms)
        except SourceError:
            raise
        except Exception as error:  # the boundary where a lookup's fault ends with its track
            log.error("sound_not_opened", error=error)
            raise SourceError(SourceFailure.UNREACHABLE, type(error).__name__) from error

    def _not_begun(self, entry: QueuedTrack, error: SourceError, *, quiet: bool) -> None:
        log.info("track_failed", failure=error.failure, detail=error.detail)
        self._failures += 1
        self._events.failed(entry.track, error, quiet=quiet)
        following = self._leave(to_repeat=False)
        if self._failures >= MOST_FAILURES:
            self._rest(following)
        else:
            self._go_on(following, quiet=quiet and following is None)

    async def _choose(self, last: Track) -> None:
        try:
            track = await self._suggest(last, self.queue.played_urls)
        except Exception as error:  # noqa: BLE001 - the boundary where a choice's fault ends
            log.error("nothing_suggested", error=error)
            track = None
        self._work = None
        if track is None:
            self._events.ran_out(quiet=False)
        else:
            self._begin(again(track))

    def _note_entry(self, entry: QueuedTrack, *, start_ms: int = 0) -> None:
        self.queue.take(entry.id)
        self._entry, self._start_ms, self._repeat = entry, start_ms, None

    def _note_begun(self, *, repeated: bool, quiet: bool) -> None:
        """What plays may know by now how long it is."""
        entry, duration_ms = self._entry, self._deck.duration_ms
        if entry is not None and duration_ms and not entry.track.duration_ms:
            track = replace(entry.track, duration_ms=duration_ms)
            self._entry = QueuedTrack(id=entry.id, track=track)
        self._events.begun(repeated=repeated, quiet=quiet)
        self.replan()

    # --- what is to follow without a gap ---

    def _prepare(self) -> None:
        following = self._following()
        if following is not None:
            self._ahead_id = following.id
            self._preparing = spawn(self._make_ready(following))

    async def _make_ready(self, entry: QueuedTrack) -> None:
        try:
            stream = await self._open(entry.track)
        except SourceError as error:
            self._ahead = _Ahead(entry, error=error)
        else:
            if self._deck.follow_with(stream):
                self._ahead = _Ahead(entry, stream)
            else:
                stream.close()  # what played has ended meanwhile
                self._ahead_id = None
        self._preparing = None

    def _drop_ahead(self) -> None:
        if self._prepare_at is not None:
            self._prepare_at.cancel()
            self._prepare_at = None
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None
        if self._deck.take_back():
            self._ahead = self._ahead_id = None
