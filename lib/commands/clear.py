"""/clear: take everything that waits out of the queue."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def clear(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.CLEAR)


command = Command(
    name=Text(en="clear", ja="キュー消去"),
    description=Text(
        en="Empty the queue; the track that plays goes on",
        ja="キューを空にします（再生中の曲はそのまま）",
    ),
    group=Group.QUEUE,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=clear),
)
