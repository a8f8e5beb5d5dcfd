"""/volume: how loud the music is, or shall be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lib import music
from lib.commands._guild import guild_of
from lib.commands._player import steer
from lib.commands._tables import require_database, told_plainly
from lib.interactions.command import (
    Command,
    Context,
    Deferred,
    Group,
    Option,
    OptionKind,
    Place,
    WorkContext,
)
from lib.interactions.response import Message
from lib.locales import Text

if TYPE_CHECKING:
    from lib import ports

LOUDEST: Final = 200

IS_NOW = Text(
    en="The volume is {percent}%. `/volume percent` changes it.",
    ja="現在の音量は{percent}%です。`/音量 パーセント` で変更できます。",
)


def volume(context: WorkContext) -> Message | None:
    """Have it be so loud, for which the worker answers; or tell how loud it is."""
    percent = context.integer_option("percent")
    if percent is None:
        return _told(context)

    def so_loud(order: music.Order, _reading: ports.PlayerReading) -> music.Order:
        return replace(order, volume=min(max(percent, 0), LOUDEST))

    steer(context, music.PlayerCommand.VOLUME, so_loud)
    return None


def _told(context: WorkContext) -> Message:
    with told_plainly():
        reading = context.services.player.read_player(guild_id=guild_of(context), limit=1)
    # Where nothing plays, what the next track will begin with.
    percent = (reading.session or reading.settings).volume
    return Message(content=IS_NOW.in_(context.locale, percent=percent))


def is_question(context: Context) -> bool:
    """Whether nothing is to be changed: the answer is for the asker alone."""
    return context.integer_option("percent") is None


command = Command(
    name=Text(en="volume", ja="音量"),
    description=Text(en="How loud the music is", ja="音量を確認・変更します"),
    group=Group.MUSIC,
    options=(
        Option(
            name=Text(en="percent", ja="パーセント"),
            description=Text(
                en="0 to 200; 100 is as it was recorded", ja="0〜200（100で元の音量）"
            ),
            kind=OptionKind.INTEGER,
            minimum=0,
            maximum=LOUDEST,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=volume, ephemeral=is_question),
)
