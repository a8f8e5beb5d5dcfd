"""What is done with a claimed order: understood, allowed, carried out, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Final
from weakref import WeakKeyDictionary

from lib.interactions.response import Message
from lib.locales import Text
from lib.logs import get_logger
from lib.music.cards import now_playing
from lib.music.orders import ABOUT_A_TRACK, Order, OrderError, PlayerCommand
from lib.ports import ClaimedCommand, FailureReason, JsonObject, StoreError
from lib.recording import recording
from worker import controls, texts
from worker.asking import Asker, Replies, asker_of
from worker.controls import RefusedError
from worker.ending import DONE, Ending, refused
from worker.permission import Right, means_what_plays, right_to
from worker.player import Player
from worker.players import Players
from worker.plays import Plays, SettingsStore
from worker.tasks import spawn
from worker.threads import Threads
from worker.votes import Count, Votes

log = get_logger(__name__)

STOP_SECONDS: Final = 2.0
"""What a stop waits for its session's end to be kept."""
ON_THE_CARD: Final = frozenset({PlayerCommand.PAUSE, PlayerCommand.RESUME, PlayerCommand.LOOP})
"""Orders whose effect the card itself shows, where its own button gave them."""


class Orders:
    """Carries orders out. Whoever asked is answered in every case."""

    def __init__(
        self,
        players: Players,
        plays: Plays,
        *,
        settings: SettingsStore,
        replies: Replies,
        threads: Threads,
    ) -> None:
        self._players = players
        self._plays = plays
        self._settings = settings
        self._replies = replies
        self._threads = threads
        self._votes: WeakKeyDictionary[Player, Votes] = WeakKeyDictionary()

    async def carry_out(self, command: ClaimedCommand) -> Ending:
        """Raises StoreError where the database does not tell whose the guild is."""
        asker = asker_of(command)
        try:
            return await self._carry_out_for(asker, command)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary where an order's fault ends with its answer
            log.error("order_failed", command=command.command, id=command.id, error=error)
            await self._replies.refuse(asker, texts.BROKE_OFF)
            return Ending(FailureReason.ERROR, type(error).__name__)

    async def _carry_out_for(self, asker: Asker | None, command: ClaimedCommand) -> Ending:
        try:
            order = Order.from_payload(command.command, command.payload)
        except OrderError as error:
            await self._replies.refuse(asker, texts.FAULT)
            return Ending(FailureReason.ERROR, str(error))
        player = self._players.find(order.guild_id)
        if player is None or player.is_over:
            player = await self._players.hold(order.guild_id)
        if order.command is PlayerCommand.PLAY:
            return await self._plays.carry_out(order, asker, player, order_id=command.id)
        try:
            return await self._control(order, asker, player)
        except RefusedError as error:
            # Of what was begun before nobody knows whether that is why it makes no sense now.
            text = texts.INTERRUPTED if command.attempts > 1 else error.text
            ending = await refused(self._replies, asker, text, error.reason)
            if player is None or not means_what_plays(order, player):
                await self._replies.take_buttons(asker)
            return ending

    async def _control(self, order: Order, asker: Asker | None, player: Player | None) -> Ending:
        """Raises RefusedError."""
        is_about_one = order.command in ABOUT_A_TRACK
        if player is None or player.track is None:
            reason = FailureReason.DISMISSED if is_about_one else FailureReason.REFUSED
            raise RefusedError(texts.NOTHING_PLAYS, reason)
        if is_about_one and not means_what_plays(order, player):
            raise RefusedError(texts.TRACK_HAS_ENDED, FailureReason.DISMISSED)
        right = right_to(order, asker, player)
        if right is Right.NONE:
            raise RefusedError(texts.OTHER_CHANNEL.filled(channel=player.channel_id))
        if right is Right.VOTE and asker is not None:
            counted = self._count(order, asker, player)
            if not counted.is_carried:
                what = texts.WHAT[order.command]
                text = texts.VOTED.filled(votes=counted.votes, needed=counted.needed, what=what)
                await self._replies.tell(asker, Message(content=text.in_(asker.locale)))
                return DONE
        return await self._do(order, asker, player)

    def _count(self, order: Order, asker: Asker, player: Player) -> Count:
        votes = self._votes.setdefault(player, Votes())
        return votes.cast(
            asker.user_id, _wish(order), play_id=player.play_id, listeners=player.listeners
        )

    async def _do(self, order: Order, asker: Asker | None, player: Player) -> Ending:
        """Raises RefusedError."""
        text = controls.carry_out(order, player)
        if order.command is PlayerCommand.STOP:
            await self._stop(order, asker, player, text)
            return DONE
        await self._answer(order, asker, player, text)
        await self._keep(order, asker)
        await player.settled()
        return DONE

    async def _stop(self, order: Order, asker: Asker | None, player: Player, text: Text) -> None:
        if asker is not None and asker.is_button:
            player.leave_card(asker.message_id)
        # Nobody in the channel has seen a command: they would not know why the music is gone.
        leaving = spawn(player.end(texts.STOPPED_BY_DASHBOARD if asker is None else None))
        await self._answer(order, asker, player, text)
        await asyncio.wait([leaving], timeout=STOP_SECONDS)

    async def _answer(self, order: Order, asker: Asker | None, player: Player, text: Text) -> None:
        if asker is None:
            return
        session = player.session()
        message = Message(content=text.in_(asker.locale))
        if asker.is_button and session is not None and order.command in ON_THE_CARD:
            message = now_playing(session, waiting=len(player.queue), locale=asker.locale)
        elif asker.is_button:
            player.leave_card(asker.message_id)
        await self._replies.answer(asker, message)

    async def _keep(self, order: Order, asker: Asker | None) -> None:
        """What the guild shall have the next time, too."""
        changes: JsonObject
        match order.command:
            case PlayerCommand.VOLUME:
                changes = {"volume": order.volume}
            case PlayerCommand.AUTOPLAY:
                changes = {"autoplay": order.on}
            case _:
                return
        with recording("a guild's music settings"):
            await self._threads.asked(
                self._settings.change_music_settings,
                guild_id=order.guild_id,
                changes=changes,
                user_id="" if asker is None else asker.user_id,
            )


def _wish(order: Order) -> Hashable:
    """What somebody votes for: whoever wishes for another volume has another wish."""
    return (
        order.command,
        order.track_id,
        order.place,
        order.position_ms,
        order.volume,
        order.loop_mode,
        order.on,
    )
