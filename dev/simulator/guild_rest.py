"""What the REST API tells of servers, of channels, of who is in voice, and of the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from dev.simulator.errors import DiscordError, Refusal
from dev.simulator.guilds import Guild
from dev.simulator.simulator import Simulator

DISCORD_GATEWAY: Final = "wss://gateway.discord.gg"
"""Told where this simulator has no gateway of its own."""
_STARTS_A_DAY: Final = 1000
_A_DAY_MS: Final = 86_400_000


class GuildRoutes:
    """The handlers, one method a route. Refusals leave them as DiscordError."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/gateway", self.gateway)
        for path, handler in (
            ("/gateway/bot", self.gateway_of_bot),
            ("/guilds/{guild_id}", self.guild),
            ("/guilds/{guild_id}/voice-states/{user_id}", self.voice_state),
            ("/channels/{channel_id}", self.channel),
        ):
            app.router.add_get(path, self._as_bot(handler))

    def _as_bot(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def authorised(request: web.Request) -> web.Response:
            self._simulator.check_bot_token(request.headers.get("Authorization"))
            return await handler(request)

        return authorised

    @property
    def _gateway_url(self) -> str:
        return self._simulator.gateway_url or DISCORD_GATEWAY

    async def gateway(self, _: web.Request) -> web.Response:
        return web.json_response({"url": self._gateway_url})

    async def gateway_of_bot(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "url": self._gateway_url,
                "shards": 1,
                "session_start_limit": {
                    "total": _STARTS_A_DAY,
                    "remaining": _STARTS_A_DAY,
                    "reset_after": _A_DAY_MS,
                    "max_concurrency": 1,
                },
            }
        )

    async def guild(self, request: web.Request) -> web.Response:
        return web.json_response(self._guild(request).as_json())

    async def channel(self, request: web.Request) -> web.Response:
        channel_id = request.match_info["channel_id"]
        guild = self._simulator.guilds.with_channel(channel_id)
        channel = guild.channel(channel_id) if guild else None
        if guild is None or channel is None:
            raise DiscordError(Refusal.UNKNOWN_CHANNEL)
        return web.json_response(guild.channel_json(channel))

    async def voice_state(self, request: web.Request) -> web.Response:
        """Where a member is; @me is the bot."""
        guild = self._guild(request)
        user_id = request.match_info["user_id"]
        member = guild.member(self._simulator.world.bot.id if user_id == "@me" else user_id)
        state = self._simulator.voice_states.of(guild.id, member.id) if member else None
        if member is None or state is None:
            raise DiscordError(Refusal.UNKNOWN_VOICE_STATE)
        return web.json_response(state.as_json(guild, member))

    def _guild(self, request: web.Request) -> Guild:
        guild = self._simulator.guilds.get(request.match_info["guild_id"])
        if guild is None:
            raise DiscordError(Refusal.UNKNOWN_GUILD)
        return guild
