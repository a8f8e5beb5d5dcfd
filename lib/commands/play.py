"""/play: find something to play, and play it or put it into the queue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from lib import music
from lib.commands import _player as player
from lib.commands._tables import require_database
from lib.interactions.characters import cut
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
from lib.interactions.errors import UserFacingError
from lib.interactions.escaping import on_one_line
from lib.interactions.response import LONGEST_CHOICE, MOST_CHOICES, Choice, length
from lib.locales import Text
from lib.music.sounds import PREFIX, SOUNDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lib import ports

LONGEST_QUERY: Final = 500
COOLDOWN_SECONDS: Final = 2.0
FEW: Final = 10
"""Where no more than so many tracks are proposed, there is room for the sounds of our own."""

NOT_IN_VOICE = Text(
    en="You are in no voice channel. Join one, and I'll come along.",
    ja="ボイスチャンネルに参加していません。参加してから、もう一度お試しください。",
)
NOTHING_TYPED = Text(
    en="What shall I play? Give a link, or words to search for.",
    ja="再生する曲のURLか検索ワードを入力してください。",
)


def play(context: WorkContext) -> None:
    """Order the track that is meant; the worker finds it."""
    query = context.text_option("query").strip()
    if not query:
        raise UserFacingError(NOTHING_TYPED, private=True)
    if player.read_before(context) is None:
        return
    channel_id = player.voice_channel_of(context)
    if not channel_id:
        raise UserFacingError(NOT_IN_VOICE, private=True)
    order = player.new_order(context, music.PlayerCommand.PLAY)
    is_next = context.flag_option("next")
    player.give(context, replace(order, channel_id=channel_id, query=query, next=is_next))


def propose_tracks(context: Context) -> list[Choice]:
    """What was played here before and fits what is typed, the newest first; behind it, where that
    is little, our own sounds.
    """
    typed = context.text_option("query").strip()
    guild_id = context.interaction.guild_id
    if guild_id is None:
        return []
    read = partial(_suggested, guild_id=guild_id, typed=typed)
    tracks = context.look_up(read, patience_seconds=player.PATIENCE_SECONDS) or ()
    choices = [
        Choice(cut(name, LONGEST_CHOICE), query)
        for track in tracks
        if (name := _name_of(track)) and (query := _query_of(track))
    ]
    if len(choices) <= FEW:
        choices += _sounds(context, typed)
    return [*{choice.value: choice for choice in choices}.values()]


def _suggested(services: ports.Services, *, guild_id: str, typed: str) -> Sequence[ports.Track]:
    return services.player.suggest_tracks(guild_id=guild_id, typed=typed, limit=MOST_CHOICES)


def _name_of(track: ports.Track) -> str:
    """How it is called: nothing that only looks empty, nor turns the direction of a line."""
    return on_one_line(track.title) or on_one_line(track.url)


def _query_of(track: ports.Track) -> str:
    """What finds it again: its address, or, where a choice can't hold that, its title."""
    url = track.url.strip()
    return url if 0 < length(url) <= LONGEST_CHOICE else cut(_name_of(track), LONGEST_CHOICE)


def _sounds(context: Context, typed: str) -> list[Choice]:
    titles = {PREFIX + name: title.in_(context.locale) for name, title in SOUNDS.items()}
    return [
        Choice(f"♪ {title}", query)
        for query, title in titles.items()
        if typed.casefold() in f"{title} {query}".casefold()
    ]


command = Command(
    name=Text(en="play", ja="再生"),
    description=Text(
        en="Play a link, a sound file or what a search finds in your voice channel",
        ja="URL・音声ファイル・検索結果の曲をボイスチャンネルで再生します",
    ),
    group=Group.MUSIC,
    leads=True,
    options=(
        Option(
            name=Text(en="query", ja="曲"),
            description=Text(en="A link, or words to search for", ja="URLまたは検索ワード"),
            required=True,
            minimum=1,
            maximum=LONGEST_QUERY,
            complete=propose_tracks,
        ),
        Option(
            name=Text(en="next", ja="次に再生"),
            description=Text(en="Before everything that waits", ja="待機中の曲より先に再生します"),
            kind=OptionKind.FLAG,
        ),
    ),
    places=(Place.GUILD,),
    checks=(require_database,),
    handler=Deferred(run=play, cooldown_seconds=COOLDOWN_SECONDS),
)
