"""The interactions that Discord posts, field by field.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dev.simulator import limits
from dev.simulator.errors import JsonObject
from dev.simulator.message_bodies import InteractionType
from dev.simulator.world import (
    APP_PERMISSIONS,
    APP_PERMISSIONS_IN_DM,
    GUILD_ID,
    Channel,
    User,
    World,
)

GUILD_CONTEXT = 0
BOT_DM_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Invoker:
    """Who does something, where, with their client in which language.

    `user_install` stands for an application that only this user has installed.
    """

    user: User
    channel: Channel
    locale: str
    user_install: bool = False

    @property
    def in_guild(self) -> bool:
        return not self.channel.is_dm

    @property
    def integration_owners(self) -> dict[str, str]:
        if self.user_install:
            return {"1": self.user.id}
        return {"0": GUILD_ID if self.in_guild else "0"}


@dataclass(frozen=True, slots=True)
class PayloadWriter:
    """Writes the payloads of one application."""

    application_id: str
    world: World
    next_id: Callable[[], str]
    new_token: Callable[[str], str]

    def ping(self) -> JsonObject:
        """What Discord posts to see whether the endpoint answers."""
        interaction_id = self.next_id()
        return {
            "id": interaction_id,
            "application_id": self.application_id,
            "type": int(InteractionType.PING),
            "token": self.new_token(interaction_id),
            "user": self.world.people[0].as_json(),
            "version": 1,
            "entitlements": [],
        }

    def write(
        self,
        kind: InteractionType,
        *,
        invoker: Invoker,
        data: JsonObject,
        message: JsonObject | None = None,
    ) -> JsonObject:
        """An interaction of any other kind; `message` is the one its component stands on."""
        interaction_id = self.next_id()
        payload: JsonObject = {
            "app_permissions": str(
                int(APP_PERMISSIONS if invoker.in_guild else APP_PERMISSIONS_IN_DM)
            ),
            "application_id": self.application_id,
            "attachment_size_limit": limits.ATTACHMENT_BYTES,
            "authorizing_integration_owners": invoker.integration_owners,
            "channel": self.world.channel_json(invoker.channel, invoker.user),
            "channel_id": invoker.channel.id,
            "context": GUILD_CONTEXT if invoker.in_guild else BOT_DM_CONTEXT,
            "data": data,
            "entitlements": [],
            "id": interaction_id,
            "locale": invoker.locale,
            "token": self.new_token(interaction_id),
            "type": int(kind),
            "version": 1,
        }
        if message is not None:
            payload["message"] = message
        if invoker.in_guild:
            locale = self.world.guild_locale
            payload["guild"] = {"id": GUILD_ID, "locale": locale, "features": []}
            payload["guild_id"] = GUILD_ID
            payload["guild_locale"] = locale
            payload["member"] = {
                **self.world.member_json(invoker.user),
                "deaf": False,
                "mute": False,
                "user": invoker.user.as_json(),
            }
        else:
            payload["user"] = invoker.user.as_json()
        return payload
