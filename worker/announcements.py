"""What a guild's text channel is told without having asked: the card of each track, and news."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import uuid4

from lib.interactions.response import Message
from lib.locales import Locale, Text
from lib.logs import get_logger
from lib.music.cards import ended, now_playing
from lib.ports import DiscordError
from lib.ports.discord import DiscordAPI
from lib.ports.player import Session
from worker.tasks import spawn
from worker.threads import Threads

log = get_logger(__name__)

MOST_WAITING: Final = 5
"""Of what is to be said; where a channel cannot be reached, the oldest is too late already."""


@dataclass(frozen=True, slots=True)
class _Card:
    """The message that shows what plays; `ending`: what it becomes, where it does not go."""

    channel_id: str
    message_id: str
    ending: Message | None = None


class ChannelAnnouncer:
    """An Announcer (see worker.player_ports) by Discord's REST: one thing after another."""

    def __init__(self, discord: DiscordAPI, threads: Threads) -> None:
        self._discord = discord
        self._threads = threads
        self._card: _Card | None = None
        self._todo: deque[Callable[[], object]] = deque(maxlen=MOST_WAITING)
        self._working: asyncio.Task[None] | None = None

    def show(self, session: Session, *, waiting: int) -> None:
        card = now_playing(session, waiting=waiting, locale=Locale.of(session.locale))
        channel_id = session.text_channel_id
        self._add(lambda: self._replace_card(channel_id, card))

    def say(self, text: Text, *, channel_id: str, locale: str) -> None:
        message = Message(content=text.in_(Locale.of(locale)))
        self._add(lambda: self._send(channel_id, message))

    def take_away(self) -> None:
        self._add(self._remove_card)

    def adopt(self, message_id: str, session: Session, *, has_ended: bool) -> None:
        ending = ended(session, locale=Locale.of(session.locale))
        card = _Card(session.text_channel_id, message_id, ending)
        self._add(partial(self._take_off if has_ended else self._adopt_card, card))

    def leave_card(self, message_id: str) -> None:
        self._add(lambda: self._forget_card(message_id))

    def _add(self, work: Callable[[], object]) -> None:
        if len(self._todo) == MOST_WAITING:
            log.warning("announcement_dropped")
        self._todo.append(work)
        if self._working is None:
            self._working = spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._todo:
                await self._threads.asked(_quietly, self._todo.popleft())
        finally:
            self._working = None

    # In one of the threads, one call at a time.

    def _replace_card(self, channel_id: str, card: Message) -> None:
        _quietly(self._remove_card)
        message_id = self._send(channel_id, card)
        self._card = _Card(channel_id, message_id) if message_id else None

    def _adopt_card(self, card: _Card) -> None:
        _quietly(self._remove_card)
        self._card = card

    def _remove_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            self._take_off(card)

    def _take_off(self, card: _Card) -> None:
        channel_id, message_id = card.channel_id, card.message_id
        if card.ending is None:
            self._discord.delete_message(channel_id=channel_id, message_id=message_id)
        else:
            body = card.ending.to_edit()
            self._discord.edit_message(channel_id=channel_id, message_id=message_id, body=body)

    def _forget_card(self, message_id: str) -> None:
        if self._card is not None and self._card.message_id == message_id:
            self._card = None

    def _send(self, channel_id: str, message: Message) -> str:
        if not channel_id:
            return ""
        return self._discord.create_message(
            channel_id=channel_id, body=message.to_payload(), nonce=uuid4().hex[:25]
        )


def _quietly(work: Callable[[], object]) -> None:
    """Where the bot may not write it plays without words."""
    try:
        work()
    except DiscordError as error:
        log.info("announcement_failed", status=error.status, code=error.code)
