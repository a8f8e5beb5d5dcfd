"""The playground's own routes: what its page asks of the simulator, and what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Final

from aiohttp import BodyPartReader, web

from dev.simulator import limits
from dev.simulator.commands import CommandType
from dev.simulator.deliveries import Deliveries
from dev.simulator.errors import DiscordError, JsonObject
from dev.simulator.events import Event
from dev.simulator.interactions import Interaction
from dev.simulator.invocations import CommandCall
from dev.simulator.message_bodies import InteractionType
from dev.simulator.options import InvalidInputError
from dev.simulator.payloads import Invoker
from dev.simulator.request_bodies import UploadedFile
from dev.simulator.simulator import Simulator
from dev.simulator.world import GUILD_ID

HEARTBEAT_SECONDS: Final = 15.0


class PlaygroundRoutes:
    """The handlers, one method a route."""

    def __init__(self, simulator: Simulator, deliveries: Deliveries) -> None:
        self._simulator = simulator
        self._deliveries = deliveries

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/playground/state", self.state)
        app.router.add_get("/playground/events", self.events)
        app.router.add_post("/playground/interactions", self.interact)
        app.router.add_post("/playground/messages", self.say)
        app.router.add_post("/playground/attachments", self.upload)
        app.router.add_post("/playground/switches", self.switch)
        app.router.add_post("/playground/voice", self.move)
        app.router.add_get("/attachments/{file_id}/{name}", self.attachment)
        app.cleanup_ctx.append(self._telling_of_voice)

    async def _telling_of_voice(self, _: web.Application) -> AsyncIterator[None]:
        with self._simulator.voice_rooms.told():
            yield

    async def state(self, _: web.Request) -> web.Response:
        """Everything the page needs to draw itself; events after `last_event` keep it current."""
        simulator = self._simulator
        world = simulator.world
        return web.json_response(
            {
                "application": {
                    "id": simulator.config.application_id,
                    "public_key": simulator.signer.public_key,
                    "interactions_url": simulator.interactions_url,
                },
                "bot": world.bot.as_json(),
                "guild": {"id": GUILD_ID, "name": world.guild_name, "locale": world.guild_locale},
                "users": [
                    {
                        **user.as_json(),
                        "locale": user.locale,
                        "roles": list(user.roles),
                        "permissions": str(int(world.permissions(user))),
                    }
                    for user in world.people
                ],
                "roles": [role.as_json() for role in world.roles],
                "channels": [
                    {
                        "id": channel.id,
                        "name": channel.name,
                        "type": int(channel.type),
                        "topic": channel.topic,
                        "recipient_id": channel.recipient_id,
                        "user_limit": channel.user_limit,
                    }
                    for channel in world.channels
                ],
                "commands": simulator.usable_commands(),
                "messages": simulator.messages.everything(),
                "unanswered": simulator.interactions.unanswered_messages(),
                "traces": [trace.as_json() for trace in simulator.traces.values()],
                "switches": simulator.switch_positions(),
                "voice": simulator.voice_rooms.as_json(),
                "run": simulator.events.name,
                "last_event": simulator.events.last_number,
            }
        )

    # --- events --------------------------------------------------------------------------------

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: which run it is, those kept since `after`, then each as it happens.

        With `interaction_id`, only that interaction's, from its beginning.
        """
        wanted = request.query.get("interaction_id")
        after = int(request.headers.get("Last-Event-ID") or request.query.get("after") or 0)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        queue: asyncio.Queue[Event] = asyncio.Queue()
        # The page was closed, or went to sleep: it comes back with the number it had reached.
        gone = suppress(ConnectionResetError)
        with gone, self._simulator.events.listening(queue.put_nowait):
            run = json.dumps({"run": self._simulator.events.name})
            await response.write(f"event: run\ndata: {run}\n\n".encode())
            for event in self._simulator.events.since(after):
                queue.put_nowait(event)
            await self._send_events(response, queue=queue, wanted=wanted)
        return response

    async def _send_events(
        self,
        response: web.StreamResponse,
        *,
        queue: asyncio.Queue[Event],
        wanted: str | None,
    ) -> None:
        last = 0
        while not self._deliveries.closing:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event.number <= last or (wanted and wanted not in event.interaction_ids):
                continue
            last = event.number
            data = json.dumps(event.data, ensure_ascii=False)
            await response.write(
                f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n".encode()
            )

    # --- what the user does --------------------------------------------------------------------

    async def interact(self, request: web.Request) -> web.Response:
        """Opens an interaction and has it delivered behind the scenes."""
        try:
            interaction = self._open(await _json_object(request))
        except (InvalidInputError, DiscordError) as error:
            return _bad_request(str(error))
        self._deliveries.start(interaction)
        return web.json_response({"interaction_id": interaction.id})

    def _open(self, body: JsonObject) -> Interaction:
        invoker = self._invoker(body)
        invocations = self._simulator.invocations
        match body.get("type", int(InteractionType.COMMAND)):
            case InteractionType.COMMAND | InteractionType.AUTOCOMPLETE as kind:
                focused = body.get("focused") if kind == InteractionType.AUTOCOMPLETE else None
                call = CommandCall(
                    name=_text(body, "command"),
                    options=_mapping(body, "options"),
                    kind=CommandType(body.get("command_type", int(CommandType.CHAT_INPUT))),
                    focused=focused,
                    target_id=body.get("target_id"),
                )
                return invocations.command(call, invoker=invoker)
            case InteractionType.COMPONENT:
                return invocations.component(
                    message_id=_text(body, "message_id"),
                    custom_id=_text(body, "custom_id"),
                    values=body.get("values"),
                    invoker=invoker,
                )
            case InteractionType.MODAL_SUBMIT:
                return invocations.modal_submit(
                    interaction_id=_text(body, "interaction_id"),
                    values=_mapping(body, "values"),
                    invoker=invoker,
                )
            case other:
                raise InvalidInputError(f"no interaction of type {other} can be sent")

    def _invoker(self, body: JsonObject) -> Invoker:
        return self._simulator.invocations.invoker(
            user_id=body.get("user_id"),
            channel_id=body.get("channel_id"),
            locale=body.get("locale"),
            dm=bool(body.get("dm", False)),
            user_install=bool(body.get("user_install", False)),
        )

    async def say(self, request: web.Request) -> web.Response:
        """A plain message of a user in a channel, with files that were uploaded before."""
        body = await _json_object(request)
        try:
            invoker = self._invoker(body)
            message = self._simulator.create_channel_message(
                invoker.channel.id,
                {"content": _text(body, "content"), "allowed_mentions": {"parse": ["users"]}},
                author=invoker.user,
                files=[self._uploaded(file_id) for file_id in body.get("attachment_ids") or ()],
            )
        except (InvalidInputError, DiscordError) as error:
            return _bad_request(str(error))
        return web.json_response({"id": message["id"]})

    def _uploaded(self, file_id: object) -> JsonObject:
        file = self._simulator.uploads.get(str(file_id))
        if file is None:
            raise InvalidInputError(f"there is no file {file_id}")
        return file

    async def upload(self, request: web.Request) -> web.Response:
        """Keeps a file for an attachment option, and gives its attachment object."""
        part = await (await request.multipart()).next()
        if not isinstance(part, BodyPartReader):
            return _bad_request("one file is wanted")
        content = bytes(await part.read(decode=False))
        if len(content) > limits.ATTACHMENT_BYTES:
            return _bad_request("the file is too large")
        kind = part.headers.get("Content-Type", "application/octet-stream")
        return web.json_response(
            self._simulator.store_file(UploadedFile(part.filename or "file", kind, content))
        )

    async def attachment(self, request: web.Request) -> web.Response:
        """A file as it was given, in a sandbox: it may be anything, also a page with scripts."""
        file = self._simulator.files.get(request.match_info["file_id"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(
            body=file.content,
            headers={
                "Content-Type": file.content_type,
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def move(self, request: web.Request) -> web.Response:
        """Has a user join the voice channel that the body names, or leave voice without one."""
        body = await _json_object(request)
        rooms = self._simulator.voice_rooms
        try:
            if body.get("channel_id") is None:
                rooms.leave(_text(body, "user_id"))
            else:
                rooms.enter(_text(body, "user_id"), _text(body, "channel_id"))
        except InvalidInputError as error:
            return _bad_request(str(error))
        return web.json_response(rooms.as_json())

    async def switch(self, request: web.Request) -> web.Response:
        """Sets what shall go wrong on purpose; only what the body names is changed."""
        body = await _json_object(request)
        try:
            self._simulator.set_switches(body)
        except (TypeError, ValueError) as error:
            return _bad_request(str(error))
        self._simulator.publish_switches()
        return web.json_response(self._simulator.switch_positions())


async def _json_object(request: web.Request) -> JsonObject:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text")
    return value


def _mapping(body: JsonObject, name: str) -> Mapping[str, object]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise InvalidInputError(f"{name} must be an object")
    return value


def _bad_request(message: str) -> web.Response:
    return web.json_response({"message": message}, status=400)
