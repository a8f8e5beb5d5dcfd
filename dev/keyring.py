"""Which database role a request's key stands for, as Supabase's front door has it."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from dev.keys import LocalKeys, Role, is_signed_with

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


class Refusal(Exception):  # noqa: N818 - an answer rather than a fault
    """What the gateway itself answers to a request that it does not let through."""

    def __init__(self, body: Mapping[str, str]) -> None:
        super().__init__(body["message"])
        self.body = body


class Keyring:
    """Which token a request's key stands for."""

    def __init__(self, keys: LocalKeys) -> None:
        self.jwt_secret = keys.jwt_secret
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

    def opened(self, request: web.Request, *, in_address: bool = False) -> tuple[str, str]:
        """The request's key, and the token that this stands for.

        A browser's WebSocket can have no headers, and so has it in the address. Raises Refusal,
        worded as Supabase does.
        """
        found = request.query if in_address else request.headers
        key = found.get("apikey")
        if not key:
            raise Refusal(_NO_KEY)
        if key == self._secret_key and "Mozilla/" in request.headers.get("User-Agent", ""):
            raise Refusal(_SECRET_IN_BROWSER)
        return key, self.token_for(key)

    def token_for(self, key: str) -> str:
        """The token that a key stands for; a signed one is itself. Raises Refusal."""
        token = self._tokens.get(key)
        if token is None and is_signed_with(key, secret=self.jwt_secret):
            token = key
        if token is None:
            raise Refusal(_WRONG_KEY)
        return token
