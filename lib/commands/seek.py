"""/seek: go to a position in the track that plays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lib import music
from lib.commands._player import require_session, steer
from lib.commands._tables import require_database
from lib.interactions.command import Command, Deferred, Group, Option, Place, WorkContext
from lib.interactions.errors import UserFacingError
from lib.locales import Text

if TYPE_CHECKING:
    from lib import ports

LONGEST_POSITION: Final = 20

NO_POSITION = Text(
    en="I can't read that as a position. Write it like `1:30`, `90` or `1m30s`.",
    ja="位置を読み取れませんでした。`1:30`、`90`、`1分30秒` のように入力してください。",
)
BEYOND = Text(
    en="This track is only {length} long.",
    ja="この曲の長さは {length} です。それより前を指定してください。",
)


def seek(context: WorkContext) -> None:
    """Have it go there, where there is such a place; the worker answers."""
    position_ms = music.position_of(context.text_option("position"))
    if position_ms is None:
        raise UserFacingError(NO_POSITION, private=True)

    def at_position(order: music.Order, reading: ports.PlayerReading) -> music.Order:
        duration_ms = require_session(reading).track.duration_ms
        if duration_ms and position_ms >= duration_ms:
            raise UserFacingError(BEYOND, private=True, length=music.shown(duration_ms))
        return replace(order, position_ms=position_ms)

    steer(context, music.PlayerCommand.SEEK, at_position)


command = Command(
    name=Text(en="seek", ja="シーク"),
    description=Text(
        en="Go to a position in this track", ja="再生中の曲の指定した位置に移動します"
    ),
    group=Group.MUSIC,
    options=(
        Option(
            name=Text(en="position", ja="位置"),
            description=Text(en="Such as 1:30, 90 or 1m30s", ja="例: 1:30、90、1分30秒"),
            required=True,
            minimum=1,
            maximum=LONGEST_POSITION,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=seek),
)
