"""Every server that the bot is on: the playground's own, and more of them made on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dev.simulator.errors import JsonObject
from dev.simulator.world import (
    ALL_PERMISSIONS,
    GUILD_ID,
    JOINED_AT,
    OWNER_ID,
    Channel,
    ChannelType,
    Permission,
    Role,
    User,
    World,
)

FIRST_SPARE_GUILD: Final = 1180000000000100000
_SPARE_GUILD_STEP: Final = 100  # room for the ids of a server's channels
_VOICE_BITRATE: Final = 64_000


@dataclass(frozen=True, slots=True)
class Guild:
    """One server as it stands now. Changing it is putting another one in its place."""

    id: str
    name: str
    locale: str
    owner_id: str
    roles: tuple[Role, ...]
    members: tuple[User, ...]
    channels: tuple[Channel, ...]

    def member(self, user_id: str) -> User | None:
        return next((member for member in self.members if member.id == user_id), None)

    def channel(self, channel_id: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.id == channel_id), None)

    def voice_channel(self) -> Channel:
        """The first voice channel; LookupError when there is none."""
        for channel in self.channels:
            if channel.type is ChannelType.VOICE:
                return channel
        raise LookupError(f"{self.name} has no voice channel")

    def permissions(self, user: User, channel: Channel | None = None) -> Permission:
        """What a member may do, in the whole server or in one channel of it."""
        held = Permission(0)
        for role in self.roles:
            if role.id == self.id or role.id in user.roles:
                held |= role.permissions
        if user.id == self.owner_id or Permission.ADMINISTRATOR in held:
            return ALL_PERMISSIONS
        for overwrite in channel.overwrites if channel else ():
            if overwrite.subject_id in (self.id, user.id, *user.roles):
                held = (held & ~overwrite.deny) | overwrite.allow
        return held

    # --- as Discord tells of it ----------------------------------------------------------------

    def channel_json(self, channel: Channel) -> JsonObject:
        """A channel as the gateway and `GET /channels/{id}` have it."""
        roles = {role.id for role in self.roles}
        described: JsonObject = {
            "id": channel.id,
            "type": int(channel.type),
            "guild_id": self.id,
            "name": channel.name,
            "position": self.channels.index(channel),
            "parent_id": None,
            "nsfw": False,
            "flags": 0,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "permission_overwrites": [
                overwrite.as_json(is_role=overwrite.subject_id in roles)
                for overwrite in channel.overwrites
            ],
        }
        if channel.type is ChannelType.VOICE:
            return described | {
                "bitrate": _VOICE_BITRATE,
                "user_limit": channel.user_limit,
                "rtc_region": None,
            }
        return described | {"topic": channel.topic}

    def member_json(self, user: User) -> JsonObject:
        """A member with its user, as voice states carry it."""
        return {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "deaf": False,
            "flags": 0,
            "joined_at": JOINED_AT,
            "mute": False,
            "nick": None,
            "pending": False,
            "premium_since": None,
            "roles": list(user.roles),
            "user": user.as_json(),
        }

    def as_json(self) -> JsonObject:
        """The server itself, as `GET /guilds/{id}` has it."""
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "description": None,
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "features": [],
            "owner_id": self.owner_id,
            "application_id": None,
            "region": "japan",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 0,
            "roles": [role.as_json() for role in self.roles],
            "default_message_notifications": 0,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_presences": None,
            "max_members": 500000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": self.locale,
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "premium_progress_bar_enabled": False,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": None,
        }


class Guilds:
    """The servers by their ids. Only for the simulator's own thread."""

    def __init__(self, world: World) -> None:
        home = Guild(
            id=GUILD_ID,
            name=world.guild_name,
            locale=world.guild_locale,
            owner_id=OWNER_ID,
            roles=world.roles,
            members=(*world.people, world.bot),
            channels=tuple(channel for channel in world.channels if not channel.is_dm),
        )
        self._home = home
        self._guilds = {home.id: home}
        self._made = 0

    def all(self) -> list[Guild]:
        return list(self._guilds.values())

    def get(self, guild_id: str) -> Guild | None:
        return self._guilds.get(guild_id)

    def with_channel(self, channel_id: str) -> Guild | None:
        """The server that has a channel of this id."""
        return next((guild for guild in self.all() if guild.channel(channel_id)), None)

    def make(self) -> Guild:
        """One more server, with the same people, a text channel and a voice channel."""
        self._made += 1
        number = self._made
        first_id = FIRST_SPARE_GUILD + number * _SPARE_GUILD_STEP
        guild_id = str(first_id)
        guild = replace(
            self._home,
            id=guild_id,
            name=f"Comet Watchers {number + 1}",
            roles=tuple(
                replace(role, id=guild_id) if role.id == GUILD_ID else role
                for role in self._home.roles
            ),
            channels=(
                Channel(str(first_id + 1), "general", ChannelType.TEXT),
                Channel(str(first_id + 2), "Lounge", ChannelType.VOICE),
            ),
        )
        self._guilds[guild_id] = guild
        return guild

    def remove(self, guild_id: str) -> Guild:
        """Take the bot out of a server; KeyError when it is not on it."""
        return self._guilds.pop(guild_id)

    def remove_channel(self, channel_id: str) -> tuple[Guild, Channel]:
        """Delete a channel: the server without it, and what it was. LookupError for no channel."""
        guild = self.with_channel(channel_id)
        channel = guild.channel(channel_id) if guild else None
        if guild is None or channel is None:
            raise LookupError(f"there is no channel {channel_id}")
        without = tuple(one for one in guild.channels if one.id != channel_id)
        self._guilds[guild.id] = replace(guild, channels=without)
        return guild, channel
