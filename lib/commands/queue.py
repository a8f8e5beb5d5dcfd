"""/queue: what plays and what waits, in pages that anybody may turn."""

from __future__ import annotations

from typing import Final

from lib import music
from lib.commands._guild import guild_of
from lib.commands._player import page_turned_to
from lib.commands._tables import require_database, told_plainly
from lib.interactions.command import (
    Command,
    Deferred,
    Group,
    Option,
    OptionKind,
    Place,
    WorkContext,
)
from lib.interactions.response import Message
from lib.locales import Text

LAST_PAGE: Final = 1000
COOLDOWN_SECONDS: Final = 2.0


def show_queue(context: WorkContext) -> Message:
    """The page that was asked for, or the last one."""
    return page_of_queue(context, context.integer_option("page") or 1)


def turn(context: WorkContext) -> Message:
    """The page that the button leads to, in place of the one it sits on."""
    return page_of_queue(context, page_turned_to(context))


def page_of_queue(context: WorkContext, page: int) -> Message:
    """A page of the queue; the last one where there are fewer."""
    player, guild_id = context.services.player, guild_of(context)
    with told_plainly():
        offset = music.PAGE * (page - 1)
        reading = player.read_player(guild_id=guild_id, offset=offset, limit=music.PAGE)
        if (last := music.pages_of(reading.waiting)) < page:
            page, offset = last, music.PAGE * (last - 1)
            reading = player.read_player(guild_id=guild_id, offset=offset, limit=music.PAGE)
    return music.queue_page(reading, page=page, locale=context.locale)


command = Command(
    name=Text(en="queue", ja="キュー"),
    description=Text(en="See what plays and what waits", ja="再生中の曲と待機中の曲を表示します"),
    group=Group.QUEUE,
    leads=True,
    options=(
        Option(
            name=Text(en="page", ja="ページ"),
            description=Text(en="Which page; the first if left out", ja="ページ番号（省略時は1）"),
            kind=OptionKind.INTEGER,
            minimum=1,
            maximum=LAST_PAGE,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=show_queue, cooldown_seconds=COOLDOWN_SECONDS),
    components={"page": Deferred(run=turn, replaces=True)},
)
