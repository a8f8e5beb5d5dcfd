"""One guild's player: when it comes, what it is told, and when it leaves.

Everything here runs in the event loop's thread. What a method says is done holds at once for the
ear; the database is told by the keeper and the text channel by the announcer, in their own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from collections.abc import Set as AbstractSet

from lib.locales import Text
from lib.logs import get_logger
from lib.ports.player import AdoptedSession, LoopMode, Play, QueuedTrack, Session, Track
from worker import texts
from worker.audio.failures import SourceError
from worker.deck import Deck
from worker.player_ports import Announcer, Keeper, Placed, PlayerRules
from worker.programme import Programme, Suggest
from worker.queue import TrackQueue, entry_of
from worker.solitude import Solitude
from worker.tasks import spawn
from worker.tracks import Sounds
from worker.voice import Voice
from worker.way_back import come_back

log = get_logger(__name__)


class Player:
    """See the module. `on_over` is called once, when it has left for good."""

    def __init__(
        self,
        guild_id: str,
        *,
        voice: Voice,
        sounds: Sounds,
        suggest: Suggest,
        announcer: Announcer,
        on_over: Callable[[Player], None],
        rules: PlayerRules | None = None,
    ) -> None:
        self.guild_id = guild_id
        self.text_channel_id = ""
        self.locale = "en-US"
        self._voice = voice
        self._announcer = announcer
        self._on_over = on_over
        self._rules = rules or PlayerRules()
        self._deck = Deck(voice, on_end=self._ended, on_break=self._broke)
        self._programme = Programme(self._deck, sounds, suggest, self)
        self._keeper: Keeper | None = None
        self._wished_channel_id = ""
        self._is_joined = False
        self._is_over = False
        self._is_lost = False
        self._solitude = Solitude(self._rules.alone, lambda: self._leave(texts.LEFT_ALONE))
        self._moving: asyncio.Task[None] | None = None

    def keep_with(self, keeper: Keeper) -> None:
        """Have `keeper` keep what `session` and `queue` tell."""
        self._keeper = keeper

    # --- what it is doing ---

    @property
    def is_joined(self) -> bool:
        """Whether it is in a channel, or on the way back there."""
        return self._is_joined and not self._is_over

    @property
    def is_kept(self) -> bool:
        """Whether the database knows its session as this worker's."""
        return self._keeper is not None and self._keeper.is_kept

    @property
    def is_over(self) -> bool:
        """Whether it is leaving, or has left, for good."""
        return self._is_over

    @property
    def channel_id(self) -> str:
        return self._voice.channel_id

    @property
    def listeners(self) -> frozenset[str]:
        return self._voice.listeners

    @property
    def queue(self) -> TrackQueue:
        """What waits; whoever changes it says so by `queue_changed`."""
        return self._programme.queue

    @property
    def track(self) -> Track | None:
        """What plays, or is about to."""
        entry = self._programme.entry
        return None if entry is None else entry.track

    @property
    def play_id(self) -> str:
        entry = self._programme.entry
        return "" if entry is None else str(entry.id)

    @property
    def is_paused(self) -> bool:
        return self._programme.is_paused

    @property
    def position_ms(self) -> int:
        return self._programme.position_ms

    @property
    def is_sounding(self) -> bool:
        return self._programme.is_sounding

    def session(self) -> Session | None:
        """The session as it is now; None while nothing plays."""
        track = self.track
        if track is None:
            return None
        return Session(
            guild_id=self.guild_id,
            track=track,
            play_id=self.play_id,
            position_ms=self.position_ms,
            is_playing=self.is_sounding,
            is_paused=self.is_paused,
            channel_id=self.channel_id or self._wished_channel_id,
            text_channel_id=self.text_channel_id,
            loop_mode=self._programme.loop_mode,
            volume=self._deck.volume,
            autoplay=self._programme.autoplay,
            locale=self.locale,
        )

    # --- what can be asked of it ---

    async def claim(self, entry: QueuedTrack, *, channel_id: str) -> bool:
        """Have the guild be this worker's, with `entry` to play there. False: another has it."""
        self._wished_channel_id = channel_id
        self._programme.load(entry, (), position_ms=0)
        self._note()
        await self.settled()
        return not self._is_lost

    async def join(self, channel_id: str) -> None:
        """Be in a voice channel, if in none yet. Raises VoiceError."""
        if self.is_joined:
            return
        await self._voice.join(channel_id)
        self._is_joined = True
        self.listeners_changed()
        if self._is_over:  # it was stopped meanwhile
            await self._voice.leave()

    async def play(
        self,
        entries: Sequence[QueuedTrack],
        *,
        next: bool = False,  # noqa: A002 - as users say it
    ) -> Placed:
        """Add tracks and, where nothing plays, wait until the first of them does, or fails.

        Tracks that were added before, by their ids, are not added again.
        """
        first = entries[0].id
        if self.play_id == str(first) or self.track is None:
            added = 1 + self.queue.add(entries[1:], next=next)
            failure = await self._programme.start(entries[0])
            self.queue_changed()
            return Placed(added=added, began=failure is None, failure=failure)
        added = self.queue.add(entries, next=next)
        self.queue_changed()
        places = [place for place, entry in enumerate(self.queue, 1) if entry.id == first]
        return Placed(added=added, place=places[0] if places else 0)

    def pause(self) -> None:
        self._programme.pause()
        self._note()

    def resume(self) -> None:
        self._programme.resume()
        self._note()

    def skip(self) -> None:
        """On to what waits, also where the track would be repeated."""
        self._programme.skip()
        self._note(queue=True)

    def previous(self) -> bool:
        """Back to what was played before; False: nothing was."""
        is_back = self._programme.previous()
        self._note(queue=True)
        return is_back

    def seek(self, position_ms: int) -> None:
        self._programme.seek(position_ms)
        self._note()

    def set_volume(self, percent: int) -> None:
        self._deck.volume = percent
        self._note()

    def set_loop(self, mode: LoopMode) -> None:
        self._programme.loop_mode = mode
        self._programme.replan()
        self._note()

    def set_autoplay(self, *, on: bool) -> None:
        self._programme.autoplay = on
        self._note()

    def queue_changed(self) -> None:
        """What waits is not what it was."""
        self._programme.replan()
        self._note(queue=True)

    async def restore(self, adopted: AdoptedSession) -> None:
        """Go on where another run of a worker was; comes back when it is there, or cannot be."""
        session = adopted.session
        entry = entry_of(session)
        self._programme.load(entry, adopted.queue, position_ms=session.position_ms)
        self._programme.loop_mode = session.loop_mode
        self._programme.autoplay = session.autoplay
        self._programme.is_paused = session.is_paused
        self._deck.volume = session.volume
        self.text_channel_id, self.locale = session.text_channel_id, session.locale
        self._is_joined = True
        self._wished_channel_id = session.channel_id
        coming = self._move(self._rejoin(session.channel_id))
        await asyncio.wait([coming])

    def forget(self, user_ids: AbstractSet[str]) -> None:
        """Know no longer what these people wished for, by name."""
        self._programme.forget(user_ids)
        self._note(queue=True)

    async def settled(self) -> None:
        """Wait until what was changed is kept, but not for a database that is away."""
        if self._keeper is not None:
            await self._keeper.settled()

    def show_in(self, message_id: str, session: Session) -> None:
        """That answer is the card of `session`, which plays, or has ended meanwhile."""
        has_ended = self._is_over or self.play_id != session.play_id
        self._announcer.adopt(message_id, session, has_ended=has_ended)

    def leave_card(self, message_id: str) -> None:
        """What stands in that message is an answer now, and no card to be taken away."""
        self._announcer.leave_card(message_id)

    # --- what happens to it ---

    def listeners_changed(self) -> None:
        """Somebody came or went. With nobody there it leaves after a while."""
        self._solitude.note(is_alone=self.is_joined and not self._voice.listeners)

    def moved(self) -> None:
        """Somebody put the bot into another channel: it plays on there."""
        self.listeners_changed()
        self._note()

    def removed(self) -> None:
        """Somebody took the bot out of its channel, or the channel is no more."""
        if self.is_joined:
            self._programme.halt()
            self._move(self._leave_after_removal())

    def reconnect(self) -> None:
        """Every connection of this client has gone: go back to where it was."""
        if self.is_joined:
            self._broke()

    async def end(self, text: Text | None = None) -> None:
        """Leave, forget the session, and say `text` in the channel. Again: does nothing."""
        if not self._close():
            return
        if text is not None:
            self._say(text)
        self._announcer.take_away()
        await self._be_over(self._leave_for_good())

    async def hand_over(self) -> None:
        """Leave in order, with the session kept for whoever goes on with it."""
        self._programme.halt()
        self._note(queue=True)
        if self._keeper is not None:
            await self._keeper.settled()
            self._keeper.drop()
        if self._close():
            await self._be_over(self._voice.leave())

    async def lose(self) -> None:
        """Another worker has the guild: be silent, and say nothing."""
        log.warning("session_lost", guild_id=self.guild_id)
        self._is_lost = True
        if self._keeper is not None:
            self._keeper.drop()
        if self._close():
            await self._be_over(self._voice.let_go())

    async def _leave_for_good(self) -> None:
        try:
            await self._voice.leave()
        finally:
            if self._keeper is not None:
                await self._keeper.end()

    async def _be_over(self, leaving: Awaitable[None]) -> None:
        """Say so however it left: else nobody could play there any more."""
        try:
            await leaving
        finally:
            self._on_over(self)

    # --- as the programme tells ---

    def begun(self, *, repeated: bool, quiet: bool) -> None:
        session = self.session()
        if session is None:
            return
        play = Play(id=session.play_id, guild_id=self.guild_id, track=session.track)
        self._note(queue=True, play=play)
        if not quiet and not repeated:
            self._announcer.show(session, waiting=len(self.queue))

    def failed(self, track: Track, error: SourceError, *, quiet: bool) -> None:
        if not quiet:
            self._say(texts.not_playable(track, error.failure))

    def rested(self) -> None:
        self._say(texts.RESTED)
        self._note(queue=True)

    def ran_out(self, *, quiet: bool) -> None:
        self._leave(None if quiet else texts.LEFT_AT_END)

    # --- inside ---

    def _ended(self, error: SourceError | None, followed: bool) -> None:  # noqa: FBT001 - a callback
        if not self._is_over:
            self._programme.ended(error, followed)

    def _broke(self) -> None:
        """The voice is gone, and nobody wished so."""
        if self.is_joined and self._moving is None:
            log.warning("voice_lost", guild_id=self.guild_id)
            self._programme.halt()
            self._note()
            self._move(self._rejoin(self.channel_id or self._wished_channel_id))

    async def _rejoin(self, channel_id: str) -> None:
        """Be in the channel again and play on, or leave and say why not."""
        why_not = await come_back(self._voice, channel_id, pauses=self._rules.rejoining)
        self._moving = None
        if why_not is not None:
            self._leave(why_not)
            return
        log.info("voice_joined_again", guild_id=self.guild_id)
        self._programme.go_on()
        self.listeners_changed()
        self._note()

    async def _leave_after_removal(self) -> None:
        await asyncio.sleep(self._rules.removal)  # the channel's end may be told of a little later
        is_there = self._voice.has_channel(self._voice.channel_id)
        self._moving = None
        await self.end(texts.TAKEN_OUT if is_there else texts.CHANNEL_GONE)

    def _leave(self, text: Text | None) -> None:
        spawn(self.end(text))

    def _move(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Have one thing at a time be done about the connection: the newest."""
        if self._moving is not None:
            self._moving.cancel()
        self._moving = spawn(work)
        return self._moving

    def _close(self) -> bool:
        """Be silent and of no use any more. False: it was so before."""
        if self._is_over:
            return False
        self._is_over = True
        self._programme.halt()
        self._solitude.note(is_alone=False)
        if self._moving is not None:
            self._moving.cancel()
        return True

    def _say(self, text: Text) -> None:
        self._announcer.say(text, channel_id=self.text_channel_id, locale=self.locale)

    def _note(self, *, queue: bool = False, play: Play | None = None) -> None:
        if self._keeper is not None and not self._is_over:
            self._keeper.note(queue=queue, play=play)
