"""Where somebody asks, and where and by whom a guild lets the assistant be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lib.interactions.errors import UserFacingError
from lib.locales import Text
from lib.ports import ChatPlace

if TYPE_CHECKING:
    from lib.interactions.interaction import Interaction
    from lib.ports import GuildSettings

MOST_NAMED: Final = 5
OTHER_CHANNEL: Final = Text(
    en="The administrators of this server let me answer in {channels} only.",
    ja="このサーバーでは、{channels} でのみ応答できます。",
)
OTHER_ROLE: Final = Text(
    en="The administrators of this server let me answer to {roles} only.",
    ja="このサーバーでは、{roles} のメンバーのみ利用できます。",
)


def place_of(interaction: Interaction, *, private: bool = False) -> ChatPlace:
    """Where the interaction's user asks. In direct messages nobody else reads, so that nothing is
    kept apart there, `private` or not.
    """
    return ChatPlace(
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or interaction.user.id,
        user_id=interaction.user.id,
        private=private and interaction.guild_id is not None,
    )


def require_allowed_place(settings: GuildSettings, interaction: Interaction) -> None:
    """Raises UserFacingError where the guild's administrators do not want it.

    A thread counts as its channel. Who manages the guild needs no role.
    """
    if interaction.guild_id is None:
        return
    here = {interaction.channel_id, interaction.parent_channel_id}
    if settings.channel_ids and not here & settings.channel_ids:
        raise UserFacingError(
            OTHER_CHANNEL, private=True, channels=_some(settings.channel_ids, "<#{}>")
        )
    user = interaction.user
    if settings.role_ids and not user.manages_guild and not user.role_ids & settings.role_ids:
        raise UserFacingError(OTHER_ROLE, private=True, roles=_some(settings.role_ids, "<@&{}>"))


def _some(ids: frozenset[str], mention: str) -> str:
    """Mentions, which Discord shows by their names; allowed_mentions lets none of them ping."""
    named = " ".join(mention.format(each) for each in sorted(ids)[:MOST_NAMED])
    return f"{named} …" if len(ids) > MOST_NAMED else named
