"""/move: have a track that waits come sooner or later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lib import music
from lib.commands._player import LAST_PLACE, propose_places, steer, track_at
from lib.commands._tables import require_database
from lib.interactions.command import (
    Command,
    Deferred,
    Group,
    Option,
    OptionKind,
    Place,
    WorkContext,
)
from lib.locales import Text

if TYPE_CHECKING:
    from lib import ports


def move(context: WorkContext) -> None:
    """Have it go there; the worker answers."""
    place = context.integer_option("from") or 1
    to = context.integer_option("to") or 1

    def from_there(order: music.Order, reading: ports.PlayerReading) -> music.Order:
        track_id = track_at(place, reading)
        return replace(order, track_id=track_id, place=min(to, reading.waiting))

    steer(context, music.PlayerCommand.MOVE, from_there, place=place)


command = Command(
    name=Text(en="move", ja="曲移動"),
    description=Text(
        en="Move a track to another place in the queue", ja="待機中の曲の順番を変更します"
    ),
    group=Group.QUEUE,
    options=(
        Option(
            name=Text(en="from", ja="移動元"),
            description=Text(en="Its place now; 1 is the next", ja="今の順番（1が次の曲）"),
            kind=OptionKind.INTEGER,
            required=True,
            minimum=1,
            maximum=LAST_PLACE,
            complete=propose_places,
        ),
        Option(
            name=Text(en="to", ja="移動先"),
            description=Text(en="Its new place; 1 is the next", ja="新しい順番（1が次の曲）"),
            kind=OptionKind.INTEGER,
            required=True,
            minimum=1,
            maximum=LAST_PLACE,
            complete=propose_places,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=move),
)
