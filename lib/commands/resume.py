"""/resume: go on where it was paused."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def resume(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.RESUME)


command = Command(
    name=Text(en="resume", ja="再開"),
    description=Text(en="Go on where the music was paused", ja="一時停止した位置から再開します"),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=resume),
)
