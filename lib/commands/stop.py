"""/stop: end the music and leave the voice channel."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def stop(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.STOP)


command = Command(
    name=Text(en="stop", ja="停止"),
    description=Text(
        en="Stop the music, empty the queue and leave",
        ja="再生を終了し、キューを空にして退出します",
    ),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=stop),
)
