"""/remove: take a track that waits out of the queue."""

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


def remove(context: WorkContext) -> None:
    """Have it go; the worker answers."""
    place = context.integer_option("place") or 1

    def at_place(order: music.Order, reading: ports.PlayerReading) -> music.Order:
        return replace(order, track_id=track_at(place, reading))

    steer(context, music.PlayerCommand.REMOVE, at_place, place=place)


command = Command(
    name=Text(en="remove", ja="曲削除"),
    description=Text(en="Take a track out of the queue", ja="待機中の曲をキューから削除します"),
    group=Group.QUEUE,
    options=(
        Option(
            name=Text(en="place", ja="順番"),
            description=Text(
                en="Its place in the queue; 1 is the next", ja="キューでの順番（1が次の曲）"
            ),
            kind=OptionKind.INTEGER,
            required=True,
            minimum=1,
            maximum=LAST_PLACE,
            complete=propose_places,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=remove),
)
