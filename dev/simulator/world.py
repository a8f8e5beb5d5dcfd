"""The little server the playground shows: its people, roles and channels.

The ids are fixed, so that settings such as OWNER_IDS or ALLOWED_GUILDS can name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from dev.simulator.errors import JsonObject

GUILD_ID = "1180000000000000001"
OWNER_ID = "1180000000000000101"
LOUNGE_ID = "1180000000000000304"
BOOTH_ID = "1180000000000000306"
"""A voice channel that holds one person."""
BACKSTAGE_ID = "1180000000000000307"
"""A voice channel that the bot sees and may not join."""
JOINED_AT = "2024-02-11T09:00:00.000000+00:00"


class Permission(IntFlag):
    """The few of Discord's permission bits that matter here."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    USE_APPLICATION_COMMANDS = 1 << 31


NOTHING = Permission(0)
MEMBER_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.USE_APPLICATION_COMMANDS
)
ALL_PERMISSIONS = Permission(sum(Permission))
APP_PERMISSIONS = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
APP_PERMISSIONS_IN_DM = (
    Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
)


class ChannelType(IntEnum):
    """Discord's channel types that the playground has."""

    TEXT = 0
    DM = 1
    VOICE = 2


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the guild; `color` is 0xRRGGBB, 0 for none."""

    id: str
    name: str
    color: int
    position: int
    permissions: Permission

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "name": self.name,
            "color": self.color,
            "colors": {
                "primary_color": self.color,
                "secondary_color": None,
                "tertiary_color": None,
            },
            "hoist": self.position > 0,
            "icon": None,
            "unicode_emoji": None,
            "position": self.position,
            "permissions": str(int(self.permissions)),
            "managed": False,
            "mentionable": True,
            "flags": 0,
        }


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the bot. `locale` is what their Discord client is set to."""

    id: str
    username: str
    global_name: str | None
    locale: str
    roles: tuple[str, ...] = ()
    bot: bool = False

    def as_json(self) -> JsonObject:
        user: JsonObject = {
            "id": self.id,
            "username": self.username,
            "discriminator": "0",
            "global_name": self.global_name,
            "avatar": None,
            "avatar_decoration_data": None,
            "clan": None,
            "collectibles": None,
            "display_name_styles": None,
            "primary_guild": None,
            "public_flags": 0,
        }
        if self.bot:
            user["bot"] = True
        return user


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a role or a member may or may not do in one channel, whatever holds elsewhere."""

    subject_id: str
    deny: Permission
    allow: Permission = NOTHING

    def as_json(self, *, is_role: bool) -> JsonObject:
        return {
            "id": self.subject_id,
            "type": 0 if is_role else 1,
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; a direct message names the person it is with in `recipient_id`.

    `user_limit` is how many a voice channel holds, 0 for any number.
    """

    id: str
    name: str
    type: ChannelType
    topic: str | None = None
    recipient_id: str | None = None
    user_limit: int = 0
    overwrites: tuple[Overwrite, ...] = ()

    @property
    def is_dm(self) -> bool:
        return self.type is ChannelType.DM


@dataclass(frozen=True, slots=True)
class World:
    """Everything that stands still while interactions come and go."""

    bot: User
    people: tuple[User, ...]
    roles: tuple[Role, ...]
    channels: tuple[Channel, ...]
    guild_name: str = "Comet Watchers"
    guild_locale: str = "ja"

    def user(self, user_id: str) -> User | None:
        everyone = (*self.people, self.bot)
        return next((user for user in everyone if user.id == user_id), None)

    def role(self, role_id: str) -> Role | None:
        return next((role for role in self.roles if role.id == role_id), None)

    def channel(self, channel_id: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.id == channel_id), None)

    def channel_for(self, user: User, *, dm: bool) -> Channel:
        """Where a user speaks when no channel is named: the first text channel, or their DM."""
        if dm:
            return next(channel for channel in self.channels if channel.recipient_id == user.id)
        return next(channel for channel in self.channels if channel.type is ChannelType.TEXT)

    def permissions(self, user: User) -> Permission:
        """What a member may do in the guild; its owner may do everything."""
        held = MEMBER_PERMISSIONS
        for role in self.roles:
            if role.id in user.roles:
                held |= role.permissions
        if user.id == OWNER_ID or Permission.ADMINISTRATOR in held:
            return ALL_PERMISSIONS
        return held

    def member_json(self, user: User) -> JsonObject:
        """A guild member without its user, as `resolved` holds it."""
        return {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "flags": 0,
            "joined_at": JOINED_AT,
            "nick": None,
            "pending": False,
            "permissions": str(int(self.permissions(user))),
            "premium_since": None,
            "roles": list(user.roles),
            "unusual_dm_activity_until": None,
        }

    def channel_json(self, channel: Channel, user: User) -> JsonObject:
        """A partial channel, as interactions carry it."""
        described: JsonObject = {
            "id": channel.id,
            "type": int(channel.type),
            "flags": 0,
            "last_message_id": None,
            "permissions": str(int(self.permissions(user))),
        }
        if channel.is_dm:
            return {**described, "recipients": [user.as_json()]}
        return {
            **described,
            "name": channel.name,
            "guild_id": GUILD_ID,
            "parent_id": None,
            "position": self.channels.index(channel),
            "nsfw": False,
            "rate_limit_per_user": 0,
            "topic": channel.topic,
        }


def small_world(application_id: str) -> World:
    """The server of the playground. The bot's user has the application's id, as new ones do."""
    admin_role = Role("1180000000000000201", "Admin", 0xE67E22, 2, Permission.ADMINISTRATOR)
    observer_role = Role("1180000000000000202", "Observer", 0x3498DB, 1, Permission(0))
    everyone = Role(GUILD_ID, "@everyone", 0, 0, MEMBER_PERMISSIONS)
    people = (
        User(OWNER_ID, "aoi.tanaka", "田中 葵", "ja", roles=(admin_role.id,)),
        User("1180000000000000102", "sam_rivera", "Sam Rivera", "en-US", roles=(observer_role.id,)),
        User("1180000000000000103", "haruto", "陽斗", "ja"),
        # May do everything in the guild and is yet no owner of the bot: what is the owner's alone
        # is shown to her, and refused.
        User("1180000000000000104", "mina_park", "Mina Park", "en-US", roles=(admin_role.id,)),
    )
    return World(
        bot=User(application_id, "Halley", None, "en-US", bot=True),
        people=people,
        roles=(everyone, observer_role, admin_role),
        channels=(
            Channel(
                "1180000000000000301", "general", ChannelType.TEXT, topic="Clear skies, everyone"
            ),
            Channel(
                "1180000000000000302", "質問部屋", ChannelType.TEXT, topic="なんでも聞いてください"
            ),
            Channel("1180000000000000303", "telescopes", ChannelType.TEXT),
            Channel(LOUNGE_ID, "Lounge", ChannelType.VOICE),
            Channel("1180000000000000305", "星見台", ChannelType.VOICE),
            Channel(BOOTH_ID, "Booth for one", ChannelType.VOICE, user_limit=1),
            Channel(
                BACKSTAGE_ID,
                "Backstage",
                ChannelType.VOICE,
                overwrites=(Overwrite(application_id, deny=Permission.CONNECT),),
            ),
            *(
                Channel(
                    f"11800000000000004{number:02}",
                    "",
                    ChannelType.DM,
                    recipient_id=person.id,
                )
                for number, person in enumerate(people, start=1)
            ),
        ),
    )
