"""Discord's REST API under /api/v10, as far as the bot uses it: routes over the simulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from dev.simulator.api_edge import RECEIVED
from dev.simulator.commands import check_commands, require_list
from dev.simulator.errors import DiscordError, JsonObject, Refusal
from dev.simulator.guild_rest import GuildRoutes
from dev.simulator.interactions import ORIGINAL, Interaction
from dev.simulator.message_bodies import CallbackType, MessageFlag, check_message, flags_of
from dev.simulator.request_bodies import Received, receive, receive_json
from dev.simulator.simulator import Simulator
from dev.simulator.specification import Operation
from dev.simulator.traces import AcknowledgedBy
from dev.simulator.world import GUILD_ID

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 100


class RestRoutes:
    """The handlers, one method a route. Refusals leave them as DiscordError."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_to(self, app: web.Application) -> None:
        GuildRoutes(self._simulator).add_to(app)
        original = "/webhooks/{webhook_id}/{token}/messages/@original"
        follow_up = "/webhooks/{webhook_id}/{token}/messages/{message_id}"
        app.router.add_get("/users/@me", self._as_bot(self.current_user))
        for path in ("/applications/@me", "/oauth2/applications/@me"):
            app.router.add_get(path, self._as_bot(self.current_application))
        for scope in ("", "/guilds/{guild_id}"):
            commands = f"/applications/{{application_id}}{scope}/commands"
            app.router.add_get(commands, self._as_bot(self.get_commands))
            app.router.add_put(commands, self._as_bot(self.set_commands))
        app.router.add_post("/interactions/{interaction_id}/{token}/callback", self.callback)
        for path in (original, follow_up):
            app.router.add_get(path, self.get_reply)
            app.router.add_patch(path, self.edit_reply)
            app.router.add_delete(path, self.delete_reply)
        app.router.add_post("/webhooks/{webhook_id}/{token}", self.follow_up)
        app.router.add_get("/channels/{channel_id}/messages", self._as_bot(self.list_messages))
        app.router.add_post("/channels/{channel_id}/messages", self._as_bot(self.create_message))
        one = "/channels/{channel_id}/messages/{message_id}"
        app.router.add_get(one, self._as_bot(self.get_message))
        app.router.add_patch(one, self._as_bot(self.edit_message))
        app.router.add_delete(one, self._as_bot(self.delete_message))

    def _as_bot(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def authorised(request: web.Request) -> web.Response:
            self._simulator.check_bot_token(request.headers.get("Authorization"))
            return await handler(request)

        return authorised

    # --- the application -----------------------------------------------------------------------

    async def current_user(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                **self._simulator.world.bot.as_json(),
                "verified": True,
                "email": None,
                "mfa_enabled": False,
                "flags": 0,
                "banner": None,
                "accent_color": None,
                "bio": "",
            }
        )

    async def current_application(self, _: web.Request) -> web.Response:
        world = self._simulator.world
        return web.json_response(
            {
                "id": self._simulator.config.application_id,
                "name": world.bot.username,
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": self._simulator.signer.public_key,
                "interactions_endpoint_url": self._simulator.interactions_url,
                "owner": world.people[0].as_json(),
                "team": None,
                "flags": 0,
                "approximate_guild_count": len(self._simulator.guilds.all()),
                "integration_types_config": {"0": {}},
            }
        )

    def _scope(self, request: web.Request) -> str | None:
        if request.match_info["application_id"] != self._simulator.config.application_id:
            raise DiscordError(Refusal.UNKNOWN_APPLICATION)
        guild_id = request.match_info.get("guild_id")
        if guild_id not in (None, GUILD_ID):
            raise DiscordError(Refusal.UNKNOWN_GUILD)
        return guild_id

    async def get_commands(self, request: web.Request) -> web.Response:
        return web.json_response(self._simulator.commands.registered(self._scope(request)))

    async def set_commands(self, request: web.Request) -> web.Response:
        guild_id = self._scope(request)
        body = require_list(await receive_json(request))
        in_guild = guild_id is not None
        registered = self._simulator.take(
            Operation.SET_GUILD_COMMANDS if in_guild else Operation.SET_COMMANDS,
            body,
            check=lambda: check_commands(body, in_guild=in_guild),
            apply=lambda: self._simulator.set_commands(body, guild_id=guild_id),
        )
        return web.json_response(registered)

    # --- interactions --------------------------------------------------------------------------

    async def callback(self, request: web.Request) -> web.Response:
        interactions = self._simulator.interactions
        interaction = interactions.answerable(
            interaction_id=request.match_info["interaction_id"],
            token=request.match_info["token"],
        )
        received = await self._receive(request)
        message = self._simulator.acknowledge(
            interaction, received.body, by=AcknowledgedBy.REST, files=received.files
        )
        if request.query.get("with_response", "").lower() in ("true", "1"):
            return web.json_response(_callback_response(interaction, message))
        return web.Response(status=204)

    def _interaction(self, request: web.Request) -> Interaction:
        return self._simulator.interactions.acknowledged_with(
            webhook_id=request.match_info["webhook_id"], token=request.match_info["token"]
        )

    async def get_reply(self, request: web.Request) -> web.Response:
        interactions = self._simulator.interactions
        which = request.match_info.get("message_id", ORIGINAL)
        message_id = interactions.message_id(self._interaction(request), which)
        return web.json_response(self._simulator.messages.get(message_id))

    async def edit_reply(self, request: web.Request) -> web.Response:
        which = request.match_info.get("message_id", ORIGINAL)
        interaction = self._interaction(request)
        received = await self._receive(request)
        body = received.body
        message = self._simulator.take(
            Operation.EDIT_ORIGINAL if which == ORIGINAL else Operation.EDIT_FOLLOW_UP,
            body,
            check=lambda: check_message(body, flags=flags_of(body)),
            apply=lambda: self._simulator.interactions.edit(
                interaction, which, body, files=received.files
            ),
        )
        self._simulator.note_edit(interaction)
        return web.json_response(message)

    async def delete_reply(self, request: web.Request) -> web.Response:
        which = request.match_info.get("message_id", ORIGINAL)
        self._simulator.interactions.delete(self._interaction(request), which)
        return web.Response(status=204)

    async def follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        received = await self._receive(request)
        body = received.body
        message = self._simulator.take(
            Operation.FOLLOW_UP,
            body,
            check=lambda: check_message(body, flags=flags_of(body)),
            apply=lambda: self._simulator.interactions.follow_up(
                interaction, body, files=received.files
            ),
        )
        self._simulator.note_edit(interaction)
        return web.json_response(message)

    async def _receive(self, request: web.Request) -> Received:
        received = await receive(request, store=self._simulator.store_file)
        request[RECEIVED] = received
        return received

    # --- channels ------------------------------------------------------------------------------

    def _channel_id(self, request: web.Request) -> str:
        channel_id: str = request.match_info["channel_id"]
        if self._simulator.world.channel(channel_id) is None:
            raise DiscordError(Refusal.UNKNOWN_CHANNEL)
        return channel_id

    async def list_messages(self, request: web.Request) -> web.Response:
        channel_id = self._channel_id(request)
        after = int(request.query.get("after", "0"))
        before = int(request.query.get("before", str(2**63)))
        limit = min(int(request.query.get("limit", str(DEFAULT_PAGE))), LARGEST_PAGE)
        found = [
            message
            for message in self._simulator.messages.in_channel(channel_id)
            if after < int(message["id"]) < before
            and MessageFlag.EPHEMERAL not in flags_of(message)
        ]
        page = found[:limit] if "after" in request.query else found[-limit:]
        return web.json_response(page[::-1])

    async def get_message(self, request: web.Request) -> web.Response:
        channel_id = self._channel_id(request)
        message_id = request.match_info["message_id"]
        return web.json_response(self._simulator.messages.get(message_id, channel_id=channel_id))

    async def create_message(self, request: web.Request) -> web.Response:
        channel_id = self._channel_id(request)
        received = await self._receive(request)
        body = received.body
        message = self._simulator.take(
            Operation.CREATE_MESSAGE,
            body,
            check=lambda: check_message(body, flags=flags_of(body)),
            apply=lambda: self._simulator.create_channel_message(
                channel_id, body, files=received.files
            ),
        )
        return web.json_response(message)

    def _own_message_id(self, request: web.Request) -> str:
        message = self._simulator.messages.get(
            request.match_info["message_id"], channel_id=self._channel_id(request)
        )
        if message["author"]["id"] != self._simulator.world.bot.id:
            raise DiscordError(Refusal.NOT_YOUR_MESSAGE)
        return str(message["id"])

    async def edit_message(self, request: web.Request) -> web.Response:
        message_id = self._own_message_id(request)
        received = await self._receive(request)
        body = received.body
        message = self._simulator.take(
            Operation.EDIT_MESSAGE,
            body,
            check=lambda: check_message(body, flags=flags_of(body)),
            apply=lambda: self._simulator.edit_channel_message(
                message_id, body, files=received.files
            ),
        )
        return web.json_response(message)

    async def delete_message(self, request: web.Request) -> web.Response:
        self._simulator.delete_channel_message(self._own_message_id(request))
        return web.Response(status=204)


def _callback_response(interaction: Interaction, message: JsonObject | None) -> JsonObject:
    described: JsonObject = {"id": interaction.id, "type": int(interaction.kind)}
    answer: JsonObject = {"interaction": described}
    if message is None or interaction.acknowledged is None:
        return answer
    flags = flags_of(message)
    described["response_message_id"] = message["id"]
    described["response_message_loading"] = MessageFlag.LOADING in flags
    described["response_message_ephemeral"] = MessageFlag.EPHEMERAL in flags
    if interaction.acknowledged in (CallbackType.MESSAGE, CallbackType.UPDATE_MESSAGE):
        answer["resource"] = {"type": int(interaction.acknowledged), "message": message}
    return answer
