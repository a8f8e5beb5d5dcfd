"""/about: what this bot is, which version, how to invite it, and where privacy is explained."""

from __future__ import annotations

from lib import chat, ports
from lib.interactions.command import Command, Context, Group, Instant
from lib.interactions.response import Button, Embed, EmbedField, Message
from lib.locales import Text
from lib.version import VERSION

DESCRIPTION = Text(
    en="A serverless Discord bot that answers questions and comes back on schedule, like the comet"
    " it is named after.",
    ja="質問に答えるサーバーレスのDiscord Botです。"
    "名前は、決まった周期で帰ってくるハレー彗星から。",
)
VERSION_NAME = Text(en="Version", ja="バージョン")
MODEL_NAME = Text(en="Model", ja="モデル")
OFFLINE = Text(en="offline model (no key is set)", ja="オフラインモデル（キー未設定）")
PRIVACY_NAME = Text(en="Privacy", ja="プライバシー")
PRIVACY = Text(
    en="`/privacy` tells what is kept, and deletes it.",
    ja="`/プライバシー` で保存内容の確認と削除ができます。",
)
INVITE = Text(en="Invite me", ja="サーバーに招待")
COLOR = 0x5B7FFF
# Send Messages, Embed Links, Attach Files, Read Message History; View Channel, Connect, Speak.
PERMISSIONS = (1 << 11) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 10) | (1 << 20) | (1 << 21)


def show_about(context: Context) -> Message:
    """A card, with a button that invites the bot."""
    locale = context.locale
    default = chat.cards_of(context.settings)[0]
    is_offline = default.provider is ports.Provider.OFFLINE
    model = OFFLINE.in_(locale) if is_offline else default.name
    embed = Embed(
        title="Halley",
        description=DESCRIPTION.in_(locale),
        color=COLOR,
        fields=(
            EmbedField(name=VERSION_NAME.in_(locale), value=VERSION, inline=True),
            EmbedField(name=MODEL_NAME.in_(locale), value=model, inline=True),
            EmbedField(name=PRIVACY_NAME.in_(locale), value=PRIVACY.in_(locale)),
        ),
    )
    invite = Button(label=INVITE.in_(locale), url=invite_url(context.interaction.application_id))
    return Message(embeds=(embed,), rows=((invite,),), ephemeral=True)


def invite_url(application_id: str) -> str:
    """Where somebody adds the bot to a guild of theirs."""
    return (
        "https://discord.com/oauth2/authorize"
        f"?client_id={application_id}&scope=bot+applications.commands&permissions={PERMISSIONS}"
    )


command = Command(
    name=Text(en="about", ja="このbotについて"),
    description=Text(
        en="Version, invite link and privacy", ja="バージョン、招待リンク、プライバシーについて"
    ),
    group=Group.BOT,
    handler=Instant(run=show_about),
    everywhere=True,
)
