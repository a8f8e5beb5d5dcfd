"""/djrole: the role whose members steer the music without a vote."""

from __future__ import annotations

from lib.commands._guild import guild_of, log_change, privately
from lib.commands._tables import require_database, told_plainly
from lib.interactions.command import Command, Context, Group, Option, OptionKind, Place, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Message
from lib.locales import Text

MANAGERS_ONLY = Text(
    en="That takes the permission **Manage Server** or **Manage Channels**.",
    ja="この操作には「サーバー管理」または「チャンネルの管理」権限が必要です。",
)
EVERYBODY = Text(
    en="Everybody has that role. Choose another, or leave it out so that there is none.",
    ja="@everyone は指定できません。別のロールを選ぶか、省略してDJロールをなしにしてください。",
)
CHANGED = Text(
    en="Members with <@&{role}> now steer the music without a vote, as do those who manage"
    " channels.",
    ja="<@&{role}> のメンバーは、投票なしで音楽を操作できるようになりました"
    "（「チャンネルの管理」権限があるメンバーも同様です）。",
)
TAKEN_AWAY = Text(
    en="There is no DJ role any more: those who manage channels steer the music without a vote.",
    ja="DJロールをなしにしました。投票なしで音楽を操作できるのは、"
    "「チャンネルの管理」権限があるメンバーだけです。",
)


def djs_choosers_only(context: Context) -> None:
    """A check: for those who manage the guild or its channels, and the bot's owner."""
    user = context.interaction.user
    if not (user.manages_guild or user.manages_channels or user.id in context.settings.owner_ids):
        raise UserFacingError(MANAGERS_ONLY)


def set_dj_role(context: WorkContext) -> Message:
    """Keep the role that was chosen, or that there is none."""
    role, guild_id = context.text_option("role"), guild_of(context)
    if role == guild_id:  # which is the id of @everyone
        raise UserFacingError(EVERYBODY)
    with told_plainly():
        context.services.player.change_music_settings(
            guild_id=guild_id,
            changes={"dj_role_id": role or None},
            user_id=context.interaction.user.id,
        )
    log_change(context, "the DJ role", f"guild {guild_id}")
    text = CHANGED if role else TAKEN_AWAY
    return Message(content=text.in_(context.locale, role=role))


command = Command(
    name=Text(en="djrole", ja="djロール"),
    description=Text(
        en="Choose the role that steers the music without a vote",
        ja="投票なしで音楽を操作できるロールを決めます",
    ),
    group=Group.SERVER,
    options=(
        Option(
            name=Text(en="role", ja="ロール"),
            description=Text(en="There is none if left out", ja="省略するとDJロールをなしにします"),
            kind=OptionKind.ROLE,
        ),
    ),
    places=(Place.GUILD,),
    checks=(djs_choosers_only, require_database),
    handler=privately(set_dj_role),
)
