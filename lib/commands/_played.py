"""The part of /history that tells what was played; its declaration stands in history.py."""

from __future__ import annotations

from lib import music
from lib.commands._guild import guild_of
from lib.commands._player import page_turned_to
from lib.commands._tables import told_plainly
from lib.interactions.command import WorkContext
from lib.interactions.response import Message


def show_plays(context: WorkContext) -> Message:
    """The newest of what was played in this server."""
    return _page(context, 1)


def turn(context: WorkContext) -> Message:
    """The page that the button leads to, in place of the one it sits on."""
    return _page(context, page_turned_to(context))


def _page(context: WorkContext, page: int) -> Message:
    """A page; the last one where there are fewer."""
    player, guild_id = context.services.player, guild_of(context)
    with told_plainly():
        plays = player.read_plays(
            guild_id=guild_id, offset=music.PAGE * (page - 1), limit=music.PAGE
        )
        if (last := music.pages_of(plays.total)) < page:
            page, offset = last, music.PAGE * (last - 1)
            plays = player.read_plays(guild_id=guild_id, offset=offset, limit=music.PAGE)
    return music.plays_page(plays, page=page, locale=context.locale)
