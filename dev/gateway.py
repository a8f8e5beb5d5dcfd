"""The local stand-in for Supabase's front door: keys in, PostgREST and the sign-in behind.

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
from dev.keys import LocalKeys, Role, is_signed_with

LARGEST_BODY_BYTES = 32 * 1024 * 1024
REST_PREFIX = "/rest/v1"
# Headers that belong to one connection, or that the other side of it makes anew.
_NOT_PASSED_ON = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server",
     "apikey", "upgrade", "te", "trailer")
)  # fmt: skip
_NO_KEY = {
    "message": "No API key found in request",
    "hint": "No `apikey` request header or url param was found.",
}
_WRONG_KEY = {
    "message": "Invalid API key",
    "hint": "Double check your Supabase `anon` or `service_role` API key.",
}
_SECRET_IN_BROWSER = {
    "message": "Forbidden use of secret API key in browser",
    "hint": "Secret API keys can only be used in a protected environment.",
}
_AWAY = {"message": "The local PostgREST does not answer.", "hint": "It may be starting."}
_NO_ROUTE = {"message": "no Route matched with those values"}

_SESSION = web.AppKey("session", aiohttp.ClientSession)


class Refusal(Exception):  # noqa: N818 - an answer rather than a fault
    """What the gateway itself answers to a request that it does not let through."""

    def __init__(self, body: Mapping[str, str]) -> None:
        super().__init__(body["message"])
        self.body = body


class Keyring:
    """Which token a request's key stands for."""

    def __init__(self, keys: LocalKeys) -> None:
        self._secret = keys.jwt_secret
        self._secret_key = keys.secret_key
        self._tokens = {
            keys.publishable_key: keys.role_token(Role.ANON),
            keys.secret_key: keys.role_token(Role.SERVICE),
        }

    def authorization(self, request: web.Request) -> str:
        """The Authorization header to hand on: the signed-in user's own, or the key's role.

        Raises Refusal, worded as Supabase does.
        """
        key, token = self.opened(request)
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or bearer == key:
            return f"Bearer {token}"
        if bearer.startswith("sb_"):
            raise Refusal(_WRONG_KEY)  # two keys that differ
        return f"Bearer {bearer}"

    def opened(self, request: web.Request) -> tuple[str, str]:
        """The request's key, from its header or address, and the token that this stands for.

        Raises Refusal, worded as Supabase does.
        """
        key = request.headers.get("apikey") or request.query.get("apikey")
        if not key:
            raise Refusal(_NO_KEY)
        if key == self._secret_key and "Mozilla/" in request.headers.get("User-Agent", ""):
            raise Refusal(_SECRET_IN_BROWSER)
        return key, self.token_for(key)

    def token_for(self, key: str) -> str:
        """The token that a key stands for. Raises Refusal."""
        token = self._tokens.get(key)
        if token is None and is_signed_with(key, secret=self._secret):
            token = key
        if token is None:
            raise Refusal(_WRONG_KEY)
        return token


def create_gateway(keys: LocalKeys, *, postgrest: Path, database_url: str) -> web.Application:
    """The gateway's application.

    Behind it are PostgREST, at the Unix socket `postgrest`, and the sign-in, on the database.
    """
    keyring = Keyring(keys)

    def check_key(request: web.Request) -> None:
        keyring.opened(request)

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
    LocalAuth(keys, database_url=database_url, check_key=check_key).add_to(app)
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
