"""/previous: play the track before once more."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def previous(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.PREVIOUS)


command = Command(
    name=Text(en="previous", ja="前の曲"),
    description=Text(en="Play the track before this one again", ja="前の曲をもう一度再生します"),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=previous),
)
