"""/pause: be silent until somebody resumes."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def pause(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.PAUSE)


command = Command(
    name=Text(en="pause", ja="一時停止"),
    description=Text(en="Pause the music", ja="再生を一時停止します"),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=pause),
)
