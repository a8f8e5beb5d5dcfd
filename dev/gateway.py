"""The local stand-in for Supabase's front door: keys in; PostgREST, sign-in and Realtime behind.

A key of the new kind (`sb_publishable_...`, `sb_secret_...`) becomes the token of its role, as the
hosted gateway does it; the old kind (anon, service_role) is such a token already. Paths that
nothing stands behind answer 404.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict
from yarl import URL

from dev.auth import LocalAuth
from dev.keyring import Keyring, Refusal
from dev.keys import LocalKeys
from dev.realtime import Realtime

LARGEST_BODY_BYTES = 32 * 1024 * 1024
REST_PREFIX = "/rest/v1"
# Headers that belong to one connection, or that the other side of it makes anew.
_NOT_PASSED_ON = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server",
     "apikey", "upgrade", "te", "trailer")
)  # fmt: skip
_AWAY = {"message": "The local PostgREST does not answer.", "hint": "It may be starting."}
_NO_ROUTE = {"message": "no Route matched with those values"}

_SESSION = web.AppKey("session", aiohttp.ClientSession)


def create_gateway(
    keys: LocalKeys, *, postgrest: Path, database_url: str, realtime: Realtime
) -> web.Application:
    """The gateway's application; `postgrest` is the Unix socket of the PostgREST behind it."""
    keyring = Keyring(keys)

    async def rest(request: web.Request) -> web.StreamResponse:
        headers = _passed_on(request.headers)
        # A browser's preflight carries no key; PostgREST answers it.
        if request.method != "OPTIONS":
            headers["Authorization"] = keyring.authorization(request)
        return await _forward(request, headers)

    app = web.Application(client_max_size=LARGEST_BODY_BYTES, middlewares=[_refuse])
    app.cleanup_ctx.append(lambda app: _sessions(app, postgrest))
    app.router.add_route("*", REST_PREFIX, rest)
    app.router.add_route("*", REST_PREFIX + "/{tail:.*}", rest)
    LocalAuth(keyring, database_url=database_url).add_to(app)
    realtime.add_to(app, keyring)
    app.router.add_route("*", "/{tail:.*}", _no_route)
    return app


async def _forward(request: web.Request, headers: CIMultiDict[str]) -> web.StreamResponse:
    path = request.raw_path.removeprefix(REST_PREFIX)
    url = URL(f"http://postgrest{path if path.startswith('/') else f'/{path}'}", encoded=True)
    try:
        async with request.app[_SESSION].request(
            request.method, url, headers=headers, data=await request.read(), allow_redirects=False
        ) as answer:
            return web.Response(
                status=answer.status,
                reason=answer.reason,
                headers=_passed_on(answer.headers),
                body=await answer.read(),
            )
    except aiohttp.ClientError:
        return web.json_response(_AWAY, status=503)


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON
    )


async def _sessions(app: web.Application, postgrest: Path) -> AsyncIterator[None]:
    connector = aiohttp.UnixConnector(str(postgrest), limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        app[_SESSION] = session
        yield


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response(
            refusal.body, status=401, headers={"Access-Control-Allow-Origin": "*"}
        )


async def _no_route(_: web.Request) -> web.Response:
    return web.json_response(_NO_ROUTE, status=404)
