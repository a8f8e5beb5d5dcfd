"""A player in memory: its voice is heard when a test asks, its sounds lie in files of a moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from lib.locales import Text
from lib.ports.player import Play, QueuedTrack, Session, Track
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.sound_file import LocalFile
from worker.audio.source import TrackSource
from worker.audio.stream import FrameStream
from worker.player import Player
from worker.player_ports import PlayerRules
from worker.tracks import ready
from worker.voice import VoiceError

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
GONE = SourceError(SourceFailure.REMOVED, "gone")
GUILD = "1180000000000000001"
LOUNGE = "1180000000000000304"
QUICK = PlayerRules(alone=0.05, removal=0.01, rejoining=(0, 0.01, 0.01))


def run(work: Coroutine[object, object, T]) -> T:
    """Do it in an event loop of its own."""

    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await work

    return asyncio.run(bounded())


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    while not holds():
        await asyncio.sleep(0.002)


class QuietVoice:
    """A Voice whose listeners are a set, and whose packets are sent when a test says so."""

    def __init__(self) -> None:
        self._channel_id = ""
        self.people = {"7"}
        self.channels = {LOUNGE}
        self.refusals: list[VoiceError] = []
        self.joins: list[str] = []
        self.is_paused = False
        self.has_left = False
        self.was_let_go = False
        self._source: TrackSource | None = None
        self._on_break: Callable[[], None] | None = None

    @property
    def channel_id(self) -> str:
        return self._channel_id

    @property
    def listeners(self) -> frozenset[str]:
        return frozenset(self.people)

    @property
    def is_silent(self) -> bool:
        return self._source is None or self.is_paused

    def has_channel(self, channel_id: str) -> bool:
        return channel_id in self.channels

    async def join(self, channel_id: str) -> None:
        self.joins.append(channel_id)
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        self._channel_id = channel_id

    def drag(self, channel_id: str) -> None:
        """Somebody puts the bot elsewhere."""
        self._channel_id = channel_id

    async def play(
        self, source: TrackSource, *, paused: bool, on_break: Callable[[], None]
    ) -> None:
        self.stop()
        self._source, self.is_paused, self._on_break = source, paused, on_break

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def stop(self) -> None:
        if self._source is not None:
            self._source.cleanup()
        self._source = None

    async def leave(self) -> None:
        self.stop()
        self.has_left = True

    async def let_go(self) -> None:
        self.stop()
        self.was_let_go = True

    def break_off(self) -> None:
        """The connection goes."""
        source, on_break = self._source, self._on_break
        assert source is not None
        assert on_break is not None
        self._source = None
        source.cleanup()
        on_break()

    def send(self, frames: int) -> int:
        """Send so many frames, or fewer if all is over before; how many those were."""
        sent = 0
        while self._source is not None and not self.is_paused and sent < frames:
            stream = self._source.stream
            if stream is not None:
                assert stream.wait_ready(PATIENCE_SECONDS)
            if not self._source.read():
                self._source.cleanup()
                self._source = None
            sent += 1
        return sent

    async def send_all(self) -> None:
        """Send what there is to its end, with a moment between for whatever that brings about."""
        while self.send(5):
            await asyncio.sleep(0.001)


class FileSounds:
    """Sounds by their addresses: files, or why there is none."""

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}
        self.failures: dict[str, SourceError] = {}
        self.found: dict[str, Sequence[Track]] = {}
        self.suggested: list[Track] = []
        self.opened: list[str] = []
        self.may_open = asyncio.Event()
        self.may_open.set()

    async def find(self, query: str) -> Sequence[Track]:
        if query in self.failures:
            raise self.failures[query]
        return self.found.get(query) or [Track(title=query, url=query)]

    async def open(self, track: Track, *, start_ms: int = 0) -> FrameStream:
        await self.may_open.wait()
        self.opened.append(track.url)
        if track.url in self.failures:
            raise self.failures[track.url]
        path = self.files[track.url]
        return await ready(FrameStream(lambda: LocalFile(path), start_ms=start_ms))

    async def related(self, track: Track) -> Sequence[Track]:
        return ()


class NotingKeeper:
    """A Keeper that keeps what it is told, at once."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self.sessions: list[Session] = []
        self.plays: list[Play] = []
        self.is_ended = self.is_dropped = False

    @property
    def is_kept(self) -> bool:
        return bool(self.sessions) and not self.is_dropped

    def note(self, *, queue: bool = False, play: Play | None = None) -> None:
        session = self._player.session()
        if session is not None:
            self.sessions.append(session)
        if play is not None:
            self.plays.append(play)

    async def settled(self) -> None:
        return None

    async def end(self) -> None:
        self.is_ended = True

    def drop(self) -> None:
        self.is_dropped = True


class NotingAnnouncer:
    """An Announcer whose channel is a list."""

    def __init__(self) -> None:
        self.said: list[Text] = []
        self.cards: list[str] = []
        self.answers: list[tuple[str, str, bool]] = []
        self.has_card = False

    def show(self, session: Session, *, waiting: int) -> None:
        self.cards.append(session.track.title)
        self.has_card = True

    def say(self, text: Text, *, channel_id: str, locale: str) -> None:
        self.said.append(text)

    def take_away(self) -> None:
        self.has_card = False

    def adopt(self, message_id: str, session: Session, *, has_ended: bool) -> None:
        self.answers.append((message_id, session.track.title, has_ended))

    def leave_card(self, message_id: str) -> None:
        return None


@dataclass
class Scene:
    """A player with everything around it."""

    rules: PlayerRules = QUICK
    voice: QuietVoice = field(default_factory=QuietVoice)
    sounds: FileSounds = field(default_factory=FileSounds)
    announcer: NotingAnnouncer = field(default_factory=NotingAnnouncer)
    over: list[Player] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.player = self.make(GUILD, self.over.append)
        self.keeper = NotingKeeper(self.player)
        self.player.keep_with(self.keeper)

    def make(self, guild_id: str, on_over: Callable[[Player], None]) -> Player:
        """A player on this stage, as a Players wants one made."""
        return Player(
            guild_id,
            voice=self.voice,
            sounds=self.sounds,
            suggest=self._suggest,
            announcer=self.announcer,
            on_over=on_over,
            rules=self.rules,
        )

    async def _suggest(self, last: Track, without: Sequence[str]) -> Track | None:
        suggested = [track for track in self.sounds.suggested if track.url not in without]
        return suggested[0] if suggested else None

    async def play(self, *titles: str) -> list[UUID]:
        """Join, and add tracks one after another; their ids."""
        await self.player.join(LOUNGE)
        entries = [entry(title) for title in titles]
        for one in entries:
            await self.player.play([one])
        return [one.id for one in entries]

    @property
    def title(self) -> str:
        return "" if self.player.track is None else self.player.track.title

    @property
    def waiting(self) -> list[str]:
        return [one.track.title for one in self.player.queue]

    async def close(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self.player.end()


def entry(title: str, *, requester_id: str = "7", duration_ms: int = 0) -> QueuedTrack:
    """A track that waits; its address is its title."""
    track = Track(
        title=title,
        url=title,
        duration_ms=duration_ms,
        requested_by="Sam",
        requester_id=requester_id,
    )
    return QueuedTrack(id=uuid4(), track=track)


Act = Callable[[Scene], Awaitable[None]]
OnStage = Callable[[Act], None]
