"""/loop: what follows the track that plays: the next one, the same, or all of them for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lib import music, ports
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Option, Place, WorkContext
from lib.interactions.response import Choice
from lib.locales import Text

if TYPE_CHECKING:
    from lib.music import Order
    from lib.ports import PlayerReading


def loop(context: WorkContext) -> None:
    """Have it go on so; the worker answers."""
    mode = ports.LoopMode(context.text_option("mode"))

    def so_on(order: Order, _reading: PlayerReading) -> Order:
        return replace(order, loop_mode=mode)

    steer(context, music.PlayerCommand.LOOP, so_on)


command = Command(
    name=Text(en="loop", ja="ループ"),
    description=Text(
        en="Play this track or the whole queue again and again",
        ja="この曲またはキュー全体を繰り返し再生します",
    ),
    group=Group.MUSIC,
    options=(
        Option(
            name=Text(en="mode", ja="モード"),
            description=Text(en="What is played again", ja="繰り返す範囲"),
            required=True,
            choices=(
                Choice(Text(en="Off", ja="オフ"), "off"),
                Choice(Text(en="Track", ja="1曲"), "track"),
                Choice(Text(en="Queue", ja="キュー"), "queue"),
            ),
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=loop),
)
