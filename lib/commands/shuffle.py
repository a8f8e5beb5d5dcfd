"""/shuffle: put what waits into a random order."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def shuffle(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.SHUFFLE)


command = Command(
    name=Text(en="shuffle", ja="シャッフル"),
    description=Text(en="Shuffle what waits in the queue", ja="待機中の曲の順番をシャッフルします"),
    group=Group.QUEUE,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=shuffle),
)
