"""/nowplaying: the card of what plays; and the buttons of every such card."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from lib import music, ports
from lib.commands._guild import guild_of, privately
from lib.commands._player import require_session, steer
from lib.commands._tables import require_database, told_plainly
from lib.commands.queue import page_of_queue
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.interactions.response import Message
from lib.locales import Text

if TYPE_CHECKING:
    from lib.music import Order
    from lib.ports import PlayerReading

COOLDOWN_SECONDS: Final = 2.0


def show_now_playing(context: WorkContext) -> Message:
    """What plays, as far as it has come."""
    with told_plainly():
        reading = context.services.player.read_player(guild_id=guild_of(context), limit=1)
    session = require_session(reading)
    return music.now_playing(
        session,
        waiting=reading.waiting,
        locale=context.locale,
        has_worker=reading.has_worker,
    )


def press(action: str, context: WorkContext) -> None:
    """Do it to the track that the card shows; the worker changes the card."""
    steer(context, music.PlayerCommand(action), play_id=_state_of(context))


def press_loop(context: WorkContext) -> None:
    """The same, with the mode that the button sets."""
    play_id, _, mode = _state_of(context).rpartition(":")

    def so_on(order: Order, _reading: PlayerReading) -> Order:
        return replace(order, loop_mode=ports.LoopMode(mode))

    steer(context, music.PlayerCommand.LOOP, so_on, play_id=play_id)


def press_queue(context: WorkContext) -> Message:
    """The queue, for the presser alone."""
    return page_of_queue(context, 1)


def _state_of(context: WorkContext) -> str:
    """What the button bears behind its action. A play's name is its worker's to choose: it may have
    colons of its own.
    """
    return ":".join(context.interaction.custom_id.split(":")[2:])


_pressed = {
    action: Deferred(run=partial(press, action), replaces=True)
    for action in ("pause", "resume", "skip", "stop")
}

command = Command(
    name=Text(en="nowplaying", ja="再生中"),
    description=Text(
        en="See what plays, with buttons to steer it", ja="再生中の曲と操作ボタンを表示します"
    ),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=show_now_playing, cooldown_seconds=COOLDOWN_SECONDS),
    components={
        **_pressed,
        "loop": Deferred(run=press_loop, replaces=True),
        "queue": privately(press_queue),
    },
)
