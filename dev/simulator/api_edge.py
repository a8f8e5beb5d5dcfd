"""The edge of the REST API: what every request meets before and after its handler."""

from __future__ import annotations

import json
import time
from typing import Final, cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dev.simulator.errors import DiscordError, Refusal
from dev.simulator.rate_limits import RateLimitedError
from dev.simulator.request_bodies import Received
from dev.simulator.simulator import Simulator
from dev.simulator.snowflakes import timestamp
from dev.simulator.traces import Call

RECEIVED: Final = web.RequestKey("received", Received)
"""Where a request keeps its parsed body, which may have come in parts."""
RESOURCES: Final = ("channel_id", "guild_id", "webhook_id", "token")


def edge(simulator: Simulator) -> Middleware:
    """A middleware: user agent, rate limits, Discord's error shapes, and the record of calls."""

    @web.middleware
    async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        response = await _answer(simulator, request, handler)
        simulator.record(
            Call(
                method=request.method,
                path=_shown_path(request),
                status=response.status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                at=timestamp(simulator.clock()),
                request=await _shown_request(request),
                response=json.loads(response.body) if isinstance(response.body, bytes) else None,
                interaction_id=_interaction_id(simulator, request),
            )
        )
        return response

    return pass_through


async def _answer(simulator: Simulator, request: web.Request, handler: Handler) -> web.Response:
    headers: dict[str, str] = {}
    try:
        _check_user_agent(request)
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical if resource else ''}"
        top_level = "/".join(request.match_info.get(name, "") for name in RESOURCES)
        headers = simulator.take_from_bucket(route, top_level)
        response = cast("web.Response", await handler(request))
    except RateLimitedError as error:
        headers = error.headers
        response = web.json_response(error.as_json(), status=429)
    except DiscordError as error:
        response = web.json_response(error.as_json(), status=error.status)
    except web.HTTPException as error:
        response = web.json_response(
            {"message": f"{error.status}: {error.reason}", "code": 0}, status=error.status
        )
    response.headers.update(headers)
    if response.content_type == "application/json":
        # Without a charset, as Discord has it: there are clients that look for these very words.
        response.headers["Content-Type"] = "application/json"
    return response


def _check_user_agent(request: web.Request) -> None:
    if "DiscordBot (" not in request.headers.get("User-Agent", ""):
        raise DiscordError(Refusal.BAD_USER_AGENT)


def _shown_path(request: web.Request) -> str:
    token = request.match_info.get("token")
    return request.path.replace(token, "{token}") if token else request.path


async def _shown_request(request: web.Request) -> object:
    received = request.get(RECEIVED)
    if received is not None and received.files:
        return {"payload_json": received.body, "files": received.files}
    if request.content_type != "application/json" or not request.body_exists:
        return None
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _interaction_id(simulator: Simulator, request: web.Request) -> str | None:
    interaction = simulator.interactions.with_token(request.match_info.get("token", ""))
    return interaction.id if interaction else None
