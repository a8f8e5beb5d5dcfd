"""`/play`: what is meant is found, the caller's channel joined, and the tracks begun or queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID, uuid5

from lib.interactions.response import Message
from lib.locales import Text
from lib.locales.numbers import count
from lib.music.cards import now_playing
from lib.music.orders import Order, Standing
from lib.ports import JsonObject, StoreError
from lib.ports.player import MusicSettings, PlayerReading, QueuedTrack, Session, Track
from lib.recording import recording
from worker import texts
from worker.asking import Asker, Replies
from worker.audio.failures import SourceError
from worker.controls import RefusedError
from worker.ending import DONE, Ending, refused
from worker.lookups.texts import REASONS
from worker.permission import may_go_first
from worker.player import Player
from worker.player_ports import Placed
from worker.players import Players
from worker.queue import MOST_WAITING
from worker.threads import Threads
from worker.tracks import Sounds
from worker.voice import VoiceError


class SettingsStore(Protocol):
    """What orders need of lib.ports.player's PlayerStore."""

    def read_player(self, *, guild_id: str, offset: int = 0, limit: int = 10) -> PlayerReading:
        """What the guild chose for its music stands in it."""

    def change_music_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> MusicSettings:
        """Set what `changes` names."""


class Plays:
    """Carries the orders out that bring tracks."""

    def __init__(
        self,
        players: Players,
        *,
        sounds: Sounds,
        settings: SettingsStore,
        replies: Replies,
        threads: Threads,
    ) -> None:
        self._players = players
        self._sounds = sounds
        self._settings = settings
        self._replies = replies
        self._threads = threads

    async def carry_out(
        self, order: Order, asker: Asker | None, player: Player | None, *, order_id: UUID
    ) -> Ending:
        """`order_id` names the first track's entry: carried out twice, it is added once.

        Raises StoreError where another worker turns out to have the guild.
        """
        try:
            return await self._play(order, asker, player, order_id=order_id)
        except RefusedError as error:
            return await refused(self._replies, asker, error.text)
        except SourceError as error:
            return await refused(self._replies, asker, REASONS[error.failure])

    async def _play(
        self, order: Order, asker: Asker | None, player: Player | None, *, order_id: UUID
    ) -> Ending:
        """Raises RefusedError, SourceError where nothing is found, StoreError."""
        channel_id = order.channel_id
        if player is not None and order.standing is Standing.ADMIN and not channel_id:
            channel_id = player.channel_id
        if not channel_id:
            raise RefusedError(texts.NOT_IN_VOICE)
        _check_place(player, channel_id)
        entries = _entries(await self._sounds.find(order.query), asker, order_id)
        player = await self._player_for(order.guild_id)
        _check_place(player, channel_id)
        player.text_channel_id = order.text_channel_id or player.text_channel_id
        player.locale = player.locale if asker is None else asker.locale_code
        if player.track is None and not await player.claim(entries[0], channel_id=channel_id):
            raise StoreError("save_session", "refused", "another worker has the guild")
        if not player.is_over:
            await self._join(player, channel_id)
        if player.is_over:
            raise RefusedError(texts.STOPPED_MEANWHILE)
        goes_first = order.next and may_go_first(order, asker, player)
        placed = await player.play(entries, next=goes_first)
        if player.is_over:
            raise RefusedError(texts.STOPPED_MEANWHILE)
        is_moved_back = order.next and not goes_first and placed.place > 1
        ending = await self._tell(asker, player, entries, placed, moved_back=is_moved_back)
        await player.settled()
        return ending

    async def _join(self, player: Player, channel_id: str) -> None:
        """Raises RefusedError."""
        try:
            await player.join(channel_id)
        except VoiceError as error:
            if player.is_over:  # which is why it is not there
                return
            await player.end()
            text = texts.NOT_JOINED[error.failure].filled(channel=channel_id)
            raise RefusedError(text) from error

    async def _tell(
        self,
        asker: Asker | None,
        player: Player,
        entries: Sequence[QueuedTrack],
        placed: Placed,
        *,
        moved_back: bool,
    ) -> Ending:
        track, missing = entries[0].track, len(entries) - placed.added
        if placed.failure is not None:
            text = texts.not_playable(track, placed.failure.failure)
            return await refused(self._replies, asker, text)
        if not placed.began and not placed.place:
            return await refused(self._replies, asker, texts.QUEUE_FULL.filled(most=MOST_WAITING))
        if asker is None:
            return DONE
        said: list[Text] = []
        session = player.session()
        if not placed.began and placed.added > 1:
            said.append(texts.QUEUED_MANY.filled(n=count(placed.added), place=count(placed.place)))
        elif not placed.began:
            title = texts.title_of(track)
            said.append(texts.QUEUED.filled(title=title, place=count(placed.place)))
        elif placed.added > 1:
            said.append(texts.AND_MORE.filled(n=count(placed.added - 1)))
        if moved_back:
            said.append(texts.NOT_FIRST)
        if missing > 0:
            said.append(texts.NOT_ALL.filled(n=count(missing)))
        words = "\n".join(text.in_(asker.locale) for text in said)
        if placed.began and session is not None:
            await self._show(asker, player, session, words)
        else:
            await self._replies.answer(asker, Message(content=words or "…"))
        return DONE

    async def _show(self, asker: Asker, player: Player, session: Session, words: str) -> None:
        """Answer with the card of what has begun."""
        card = now_playing(session, waiting=len(player.queue), locale=asker.locale)
        message_id = await self._replies.answer(asker, replace(card, content=words))
        if message_id:
            player.show_in(message_id, session)

    async def _player_for(self, guild_id: str) -> Player:
        """The one that is there by now, or a new one. Raises StoreError."""
        await self._players.wait_for_leaving(guild_id)
        settings = MusicSettings()
        if self._players.find(guild_id) is None:
            settings = await self._settings_of(guild_id)
        return self._players.find(guild_id) or self._players.new(guild_id, settings)

    async def _settings_of(self, guild_id: str) -> MusicSettings:
        with recording("what a guild chose for its music"):
            reading = await self._threads.asked(
                self._settings.read_player, guild_id=guild_id, limit=1
            )
            return reading.settings
        return MusicSettings()


def _check_place(player: Player | None, channel_id: str) -> None:
    """Raises RefusedError where it plays in another channel."""
    if player is not None and player.is_joined and player.channel_id != channel_id:
        raise RefusedError(texts.OTHER_CHANNEL.filled(channel=player.channel_id))


def _entries(
    tracks: Sequence[Track], asker: Asker | None, order_id: UUID
) -> tuple[QueuedTrack, ...]:
    name, user_id = ("", "") if asker is None else (asker.name, asker.user_id)
    return tuple(
        QueuedTrack(
            id=uuid5(order_id, str(place)) if place else order_id,
            track=replace(track, requested_by=name, requester_id=user_id),
        )
        for place, track in enumerate(tracks)
    )
