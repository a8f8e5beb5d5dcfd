"""/autoplay: whether the music goes on by itself when the queue has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Option, Place, WorkContext
from lib.interactions.response import Choice
from lib.locales import Text

if TYPE_CHECKING:
    from lib import ports

ON: Final = "on"
OFF: Final = "off"


def autoplay(context: WorkContext) -> None:
    """Have it go on, or end; the worker answers."""
    on = context.text_option("mode") == ON

    def so_on(order: music.Order, _reading: ports.PlayerReading) -> music.Order:
        return replace(order, on=on)

    steer(context, music.PlayerCommand.AUTOPLAY, so_on)


command = Command(
    name=Text(en="autoplay", ja="自動再生"),
    description=Text(
        en="Go on with something alike when the queue has ended",
        ja="キューが終わったら似た曲を自動で再生します",
    ),
    group=Group.QUEUE,
    options=(
        Option(
            name=Text(en="mode", ja="モード"),
            description=Text(en="On or off", ja="オンまたはオフ"),
            required=True,
            choices=(
                Choice(Text(en="On", ja="オン"), ON),
                Choice(Text(en="Off", ja="オフ"), OFF),
            ),
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=autoplay),
)
