"""What the commands have in common that order the player: no command of its own.

The function looks whether the order makes sense and gives it; a worker carries it out, and edits
the very response that was deferred. So a handler that has given its order shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from lib import music, ports
from lib.commands._guild import guild_of
from lib.commands._tables import told_plainly
from lib.interactions.characters import cut
from lib.interactions.command import Context, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.escaping import on_one_line
from lib.interactions.interaction import Interaction
from lib.interactions.response import LONGEST_CHOICE, MOST_CHOICES, Choice
from lib.locales import Text
from lib.logs import get_logger

if TYPE_CHECKING:
    from uuid import UUID

    from lib.ports.base import JsonObject

    Complete = Callable[[music.Order, ports.PlayerReading], music.Order]

log = get_logger(__name__)

PATIENCE_SECONDS: Final = 1.0
"""How long proposals wait for the tables."""
LAST_PLACE: Final = 10_000
LAST_PAGE: Final = 100_000
UNAUTHORIZED: Final = 401
NO_MEMBER: Final = (403, 404)

NO_WORKER = Text(
    en="No player is running right now, so I can't do that. Whoever runs this bot has to start its"
    " music worker.",
    ja="音楽プレイヤーが起動していないため、実行できません。Botのオーナーに起動を依頼してください。",
)
TOO_LATE = Text(
    en="I was held up and didn't get this to the player in time, so nothing was done. Please try"
    " again.",
    ja="処理が遅れて時間内にプレイヤーへ伝えられなかったため、何も実行されませんでした。"
    "もう一度お試しください。",
)
TOO_MANY = Text(
    en="I am still looking for what you asked for before. Give me a moment, and ask again.",
    ja="先にリクエストした曲を探しています。少し待ってから、もう一度お試しください。",
)
NOTHING_PLAYS = Text(
    en="Nothing is playing here. `/play` plays something.",
    ja="何も再生していません。`/再生` で曲を流せます。",
)
NO_BOT_TOKEN = Text(
    en="I can't see which voice channel you are in, since Discord doesn't take my bot token. My"
    " owner can set `DISCORD_BOT_TOKEN`.",
    ja="Botのトークンが使えないため、参加中のボイスチャンネルを確認できません。"
    "Botのオーナーは `DISCORD_BOT_TOKEN` を設定してください。",
)
NOT_A_MEMBER = Text(
    en="I'm not a member of this server, so I can't join its voice channels. Somebody who manages"
    " it can add me with the link in `/about`.",
    ja="このサーバーに参加していないため、ボイスチャンネルに入れません。"
    "サーバーの管理者は `/このbotについて` のリンクから招待してください。",
)
NOT_FOUND_OUT = Text(
    en="Discord didn't tell me which voice channel you are in. Please try again in a moment.",
    ja="参加中のボイスチャンネルをDiscordから取得できませんでした。少し待ってから再度お試しください。",
)
NO_SUCH_PLACE = Text(
    en="Nothing waits at place {place}. `/queue` shows what does.",
    ja="{place}番目に待機中の曲はありません。`/キュー` で確認できます。",
)


def steer(
    context: WorkContext,
    command: music.PlayerCommand,
    complete: Complete | None = None,
    *,
    place: int = 1,
    play_id: str = "",
) -> None:
    """Have what plays here do `command`.

    `complete` adds what belongs to the order, or refuses; it is given what waits at `place` (1: the
    next). The order means the play `play_id`: the one of now, if empty. Who may do so is the
    worker's to say: it sees who listens. Raises UserFacingError.
    """
    reading = read_before(context, place=place)
    if reading is None:
        return
    session = require_session(reading)
    order = replace(new_order(context, command), play_id=play_id or session.play_id)
    if complete is not None:
        order = complete(order, reading)
    give(context, order)


def read_before(context: WorkContext, *, place: int = 1) -> ports.PlayerReading | None:
    """The player before it is given an order, with what waits at `place`. None: it has the order
    already, from a run of this work that ended before its time.

    Raises UserFacingError where no worker lives, and where it is too late to order anything.
    """
    with told_plainly():
        reading = context.services.player.read_player(
            guild_id=guild_of(context),
            offset=place - 1,
            limit=1,
            order_id=music.order_id(context.command_id),
        )
    if reading.is_ordered:
        return None
    if context.is_again:  # by now another track may play, and nobody expects it any more
        raise UserFacingError(TOO_LATE, private=True)
    if not reading.has_worker:
        raise UserFacingError(NO_WORKER, private=True)
    return reading


def require_session(reading: ports.PlayerReading) -> ports.Session:
    """What plays. Raises UserFacingError where nothing does."""
    if reading.session is None:
        raise UserFacingError(NOTHING_PLAYS, private=True)
    return reading.session


def track_at(place: int, reading: ports.PlayerReading) -> UUID:
    """The id of what waits at the place that was read. Raises UserFacingError if nothing does."""
    if not reading.queue:
        raise UserFacingError(NO_SUCH_PLACE, private=True, place=place)
    return reading.queue[0].id


def new_order(context: WorkContext, command: music.PlayerCommand) -> music.Order:
    """An order for the player here, from where it is given."""
    interaction = context.interaction
    return music.Order(
        command=command,
        guild_id=guild_of(context),
        application_id=interaction.application_id,
        text_channel_id=interaction.channel_id or "",
    )


def give(context: WorkContext, order: music.Order) -> None:
    """Give the order, once for each call of a command. Raises UserFacingError where it is not
    taken: without a worker, and where the user has too many before it.
    """
    given = ports.PlayerOrder(
        id=music.order_id(context.command_id),
        command=order.command.value,
        payload=order.to_payload(),
        token=context.interaction.token,
        interaction=_told_of(context.interaction),
    )
    with told_plainly():
        ordered = context.services.player.order_player(given)
    if ordered is ports.Ordered.NO_WORKER:
        raise UserFacingError(NO_WORKER, private=True)
    if ordered is ports.Ordered.TOO_MANY:
        raise UserFacingError(TOO_MANY, private=True)
    log.info("player_ordered", command=order.command.value, id=given.id)


def voice_channel_of(context: WorkContext) -> str:
    """The id of the voice channel that the user is in; empty if they are in none. Raises
    UserFacingError where Discord does not tell.
    """
    try:
        found = context.services.discord.find_voice_channel(
            guild_id=guild_of(context), user_id=context.interaction.user.id
        )
    except ports.DiscordError as error:
        log.warning("voice_channel_not_found", status=error.status, code=error.code)
        if error.status in NO_MEMBER:
            # Nobody's fault: it was installed without its user.
            raise UserFacingError(NOT_A_MEMBER, private=True) from None
        text = NO_BOT_TOKEN if error.status == UNAUTHORIZED else NOT_FOUND_OUT
        raise UserFacingError(text, private=True) from error
    return found or ""


def propose_places(context: Context) -> list[Choice]:
    """What waits, by its place, as far as it fits what is typed."""
    guild_id = context.interaction.guild_id
    if guild_id is None:
        return []
    typed = str(context.interaction.options.get(context.interaction.focused, "")).casefold()
    # Longer than any place, a number may be longer than any number that can be read.
    is_place = typed.isdecimal() and len(typed) <= len(str(LAST_PLACE))
    first = int(typed) if is_place and int(typed) > MOST_CHOICES else 1
    read = partial(_what_waits, guild_id=guild_id, first=first)
    queue = context.look_up(read, patience_seconds=PATIENCE_SECONDS) or ()
    labels = {
        place: f"{place}. {on_one_line(entry.track.title or entry.track.url)}"
        for place, entry in enumerate(queue, first)
    }
    return [
        Choice(cut(label, LONGEST_CHOICE), place)
        for place, label in labels.items()
        if typed in label.casefold()
    ]


def page_turned_to(context: WorkContext) -> int:
    """The page that a button names behind its action: one that there could be, whatever it says."""
    named = context.interaction.custom_id.partition(":page:")[2]
    is_page = named.isdecimal() and len(named) <= len(str(LAST_PAGE))
    return min(max(int(named), 1), LAST_PAGE) if is_page else 1


def _what_waits(
    services: ports.Services, *, guild_id: str, first: int
) -> Sequence[ports.QueuedTrack]:
    """A choice's worth of what waits from the place `first` on."""
    return services.player.read_player(
        guild_id=guild_id, offset=first - 1, limit=MOST_CHOICES
    ).queue


def _told_of(interaction: Interaction) -> JsonObject:
    """Who asks and how they are answered, in the shape that Discord sends."""
    user = interaction.user
    told: dict[str, object] = {
        "id": interaction.id,
        "application_id": interaction.application_id,
        "token": interaction.token,
        "type": int(interaction.type),
        "locale": interaction.discord_locale,
        "guild_id": interaction.guild_id,
        "channel_id": interaction.channel_id,
        "member": {
            "user": {"id": user.id, "username": user.name, "global_name": user.name},
            "roles": sorted(user.role_ids),
            "permissions": str(user.permissions),
        },
    }
    if interaction.message_id is not None:
        told["message"] = {"id": interaction.message_id}
    return told
