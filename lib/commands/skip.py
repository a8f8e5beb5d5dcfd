"""/skip: go on with the next track."""

from __future__ import annotations

from lib import music
from lib.commands._player import steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Place, WorkContext
from lib.locales import Text


def skip(context: WorkContext) -> None:
    """Have it done; the worker answers."""
    steer(context, music.PlayerCommand.SKIP)


command = Command(
    name=Text(en="skip", ja="スキップ"),
    description=Text(
        en="Skip this track; who didn't ask for it takes a vote",
        ja="この曲をスキップします（他の人がリクエストした曲は投票制）",
    ),
    group=Group.MUSIC,
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=skip),
)
