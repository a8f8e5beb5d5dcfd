"""Who may use a command, and where."""

from __future__ import annotations

from lib.interactions.command import Context
from lib.interactions.errors import UserFacingError
from lib.locales import Text

NOT_HERE = Text(
    en="I don't answer in this place: my owner hasn't allowed it.",
    ja="この場所では応答できません。Botのオーナーが許可したサーバーでご利用ください。",
)
OWNERS_ONLY = Text(
    en="Only the bot's owner can use this command.",
    ja="このコマンドはBotのオーナーだけが使えます。",
)


def in_allowed_guild(context: Context) -> None:
    """ALLOWED_GUILDS, if set, names the guilds that may spend the owner's key.

    The owner may ask anywhere; nobody else in direct messages.
    """
    allowed = context.settings.allowed_guilds
    if (
        allowed
        and context.interaction.guild_id not in allowed
        and context.interaction.user.id not in context.settings.owner_ids
    ):
        raise UserFacingError(NOT_HERE)


def owners_only(context: Context) -> None:
    """For those whom OWNER_IDS names."""
    if context.interaction.user.id not in context.settings.owner_ids:
        raise UserFacingError(OWNERS_ONLY)
