"""Discord, as the worker sees it: the guilds, who is in their voice channels, and nothing else."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Final

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from lib.logs import get_logger
from worker.players import Players

log = get_logger(__name__)
# It warns at every start that commands come by HTTP, which is as it should be.
logging.getLogger("discord.client").setLevel(logging.ERROR)

GUILD_SECONDS: Final = 0.5
"""After the last guild has come for so long all are taken to be there."""
LONGEST_LATENCY_SECONDS: Final = 30.0
"""Longer than this is no latency: discord.py measures an answer that is there before it has noted
its heartbeat from the one before, some 41 seconds ago."""


def direct(*, api_url: str, gateway_url: str | None) -> None:
    """Have discord.py talk to these addresses. For the whole process: it knows no other way."""
    Route.BASE = api_url
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(f"{gateway_url}/")


class WorkerClient(discord.Client):
    """A client that keeps no messages, and of members only those who are in voice channels."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, voice_states=True)
        super().__init__(
            intents=intents,
            member_cache_flags=discord.MemberCacheFlags.from_intents(intents),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILD_SECONDS,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.players: Players | None = None
        self.is_there = asyncio.Event()
        """Set once Discord has told of the guilds."""
        self._connections = 0

    @property
    def latency_ms(self) -> int | None:
        """The way to the gateway and back, by the last heartbeat; None where it is not known."""
        seconds = self.latency  # not a number without a connection, infinite before a heartbeat
        return round(seconds * 1000) if 0 <= seconds < LONGEST_LATENCY_SECONDS else None

    async def on_connect(self) -> None:
        self._connections += 1
        if self._connections > 1 and self.players is not None:
            # A session from scratch: Discord has taken the bot out of all voice channels.
            log.warning("gateway_session_lost")
            await self.is_there.wait()
            self.players.reconnect()

    async def on_ready(self) -> None:
        log.info("gateway_ready", guilds=len(self.guilds))
        self.is_there.set()

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        player = None if self.players is None else self.players.find(str(member.guild.id))
        if player is None or before.channel == after.channel:
            return
        is_self = self.user is not None and member.id == self.user.id
        if not is_self:
            player.listeners_changed()
        elif after.channel is not None and before.channel is not None:
            player.moved()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        if self.players is not None:
            self.players.end(str(guild.id))

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        log.error("event_failed", event_name=event_method, error=sys.exc_info()[1])
