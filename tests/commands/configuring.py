"""/config as its tests send it, and what holds afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.ports import GuildSettings
from tests.bot import Bot
from tests.commands.steering import managing
from tests.payloads import GUILD, InteractionBuilder, subcommand


def config(name: str, /, **options: str | float | bool) -> InteractionBuilder:
    return managing(subcommand("config", name, **options))


def holds(bot: Bot) -> GuildSettings:
    return bot.chat.settings.get(GUILD, GuildSettings())


def fields(body: Mapping[str, Any]) -> dict[str, str]:
    (embed,) = body["embeds"]
    return {field["name"]: field["value"] for field in embed["fields"]}
