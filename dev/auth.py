"""The local stand-in for Supabase's sign-in (GoTrue), as far as a page with Discord needs it.

Nobody is asked for a password: `GET /authorize` signs one of the local accounts in, and everything
from there on is as hosted: a code that only the browser which asked for it can exchange, access
tokens that end, refresh tokens that rotate. Source: https://supabase.com/docs/reference/self-hosting-auth
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from http import HTTPStatus
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from aiohttp import web
from aiohttp.typedefs import Handler

from dev.auth_accounts import ADMIN, local_accounts
from dev.auth_store import AuthRefusal, AuthStore, Flow, Session
from dev.keyring import Keyring
from dev.keys import JsonObject, claims_of, sign_jwt

AUTH_PREFIX = "/auth/v1"
TOKEN_SECONDS = 3600
AWAY = "The local database does not answer."
OWN_HOSTS = frozenset(("127.0.0.1", "localhost", "::1"))


class LocalAuth:
    """Answers under `/auth/v1`, on the tables of `auth`."""

    def __init__(self, keyring: Keyring, *, database_url: str) -> None:
        self._keyring = keyring
        self._secret = keyring.jwt_secret
        self._database_url = database_url
        self._accounts = {account.name: account for account in local_accounts()}

    def add_to(self, app: web.Application) -> None:
        """Take the paths."""
        for method, path, handler in (
            ("GET", "/settings", self._settings),
            ("POST", "/token", self._token),
            ("GET", "/user", self._show_user),
            ("PUT", "/user", self._edit_user),
            ("POST", "/logout", self._logout),
        ):
            app.router.add_route(method, AUTH_PREFIX + path, self._answering(handler))
        # A browser goes there by itself, without a key.
        app.router.add_get(AUTH_PREFIX + "/authorize", self._answering(self._authorize, key=False))
        app.router.add_route("OPTIONS", AUTH_PREFIX + "/{tail:.*}", _preflight)

    def _answering(self, handler: Handler, *, key: bool = True) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            if key:
                self._keyring.opened(request)
            try:
                response = await handler(request)
            except AuthRefusal as refusal:
                response = _refused(refusal.status, refusal.code, refusal.message)
            except psycopg.OperationalError:
                response = _refused(503, "unexpected_failure", AWAY)
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Cache-Control"] = "no-store"
            return response

        return answer

    async def _settings(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "external": {"discord": True, "email": False, "phone": False},
                "disable_signup": False,
                "mailer_autoconfirm": False,
                "phone_autoconfirm": False,
                "local_accounts": [account.as_json() for account in self._accounts.values()],
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        if asked.get("provider") != "discord":
            raise _invalid("Unsupported provider: provider is not enabled")
        account = self._accounts.get(asked.get("local_account", ADMIN))
        if account is None:
            raise _invalid("There is no such local account")
        challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "")
        if not challenge or method.lower() not in {"s256", "plain"}:
            raise _invalid("The local sign-in takes the PKCE flow alone: flowType 'pkce'")
        target = urlsplit(asked.get("redirect_to", ""))
        if target.scheme not in {"http", "https"} or target.hostname not in OWN_HOSTS:
            raise _invalid("The local sign-in leads back to pages of this machine alone")
        try:
            async with AuthStore.opened(self._database_url) as store:
                user_id = await store.sign_in(account)
                code = await store.begin_flow(Flow(user_id, challenge, method.lower()))
        except psycopg.OperationalError:
            # The browser has left the page: what went wrong is for the page to say, as hosted.
            return _led_back(
                target,
                error="server_error",
                error_code="unexpected_failure",
                error_description=AWAY,
            )
        return _led_back(target, code=code)

    async def _token(self, request: web.Request) -> web.Response:
        body = await _body(request)
        match request.query.get("grant_type"):
            case "pkce":
                return await self._exchange(body)
            case "refresh_token":
                return await self._refresh(body)
        raise AuthRefusal(400, "unsupported_grant_type", "unsupported_grant_type")

    async def _exchange(self, body: JsonObject) -> web.Response:
        code, verifier = str(body.get("auth_code") or ""), str(body.get("code_verifier") or "")
        if not code or not verifier:
            raise _invalid("invalid request: both auth code and code verifier should be non-empty")
        # A refusal inside the block gives the code back, as the transaction does not end well.
        async with AuthStore.opened(self._database_url) as store:
            flow = await store.take_flow(code)
            if not _is_proof(verifier, flow):
                raise AuthRefusal(
                    400,
                    "bad_code_verifier",
                    "code challenge does not match previously saved code verifier",
                )
            return await self._session(store, await store.begin_session(flow.user_id))

    async def _refresh(self, body: JsonObject) -> web.Response:
        token = str(body.get("refresh_token") or "")
        async with AuthStore.opened(self._database_url) as store:
            session = await store.renew(token)
            if session is not None:
                return await self._session(store, session)
        raise AuthRefusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")

    async def _session(self, store: AuthStore, session: Session) -> web.Response:
        user = await store.user(str(session.user_id))
        if user is None:
            raise AuthRefusal(403, "user_not_found", "User from sub claim in JWT does not exist")
        now = int(time.time())
        claims: JsonObject = {
            "aud": "authenticated",
            "exp": now + TOKEN_SECONDS,
            "iat": now,
            "sub": user["id"],
            "email": user["email"],
            "phone": "",
            "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"],
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "oauth", "timestamp": now}],
            "session_id": str(session.id),
            "is_anonymous": False,
        }
        return web.json_response(
            {
                "access_token": sign_jwt(claims, secret=self._secret),
                "token_type": "bearer",
                "expires_in": TOKEN_SECONDS,
                "expires_at": now + TOKEN_SECONDS,
                "refresh_token": session.refresh_token,
                "user": user,
            }
        )

    async def _show_user(self, request: web.Request) -> web.Response:
        async with AuthStore.opened(self._database_url) as store:
            user_id, _ = await self._signed_in(request, store)
            return await _told(store, user_id)

    async def _edit_user(self, request: web.Request) -> web.Response:
        changes = (await _body(request)).get("data", {})
        if not isinstance(changes, dict):
            raise _invalid("data must be an object")
        async with AuthStore.opened(self._database_url) as store:
            user_id, _ = await self._signed_in(request, store)
            await store.edit_metadata(user_id, changes)
            return await _told(store, user_id)

    async def _logout(self, request: web.Request) -> web.Response:
        async with AuthStore.opened(self._database_url) as store:
            user_id, session_id = await self._signed_in(request, store)
            match request.query.get("scope", "global"):
                case "local":
                    await store.end_session(session_id)
                case "others":
                    await store.end_sessions(user_id, but=session_id)
                case _:
                    await store.end_sessions(user_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _signed_in(self, request: web.Request, store: AuthStore) -> tuple[str, str]:
        """The ids of who asks and of their session. Raises AuthRefusal."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise AuthRefusal(401, "no_authorization", "This endpoint requires a Bearer token")
        claims = claims_of(token, secret=self._secret, now=time.time())
        if claims is None or "sub" not in claims:
            raise AuthRefusal(
                403, "bad_jwt", "invalid JWT: unable to parse or verify signature, or it is expired"
            )
        session_id = str(claims.get("session_id", ""))
        if not await store.has_session(session_id):
            raise AuthRefusal(
                403, "session_not_found", "Session from session_id claim in JWT does not exist"
            )
        return str(claims["sub"]), session_id


async def _told(store: AuthStore, user_id: str) -> web.Response:
    user = await store.user(user_id)
    if user is None:
        raise AuthRefusal(403, "user_not_found", "User from sub claim in JWT does not exist")
    return web.json_response(user)


def _led_back(target: SplitResult, **told: str) -> web.Response:
    """Send the browser to the page that it came from, with what became of the sign-in."""
    query = urlencode([*parse_qsl(target.query, keep_blank_values=True), *told.items()])
    return web.Response(
        status=HTTPStatus.FOUND, headers={"Location": urlunsplit(target._replace(query=query))}
    )


def _is_proof(verifier: str, flow: Flow) -> bool:
    """Whether who brings `verifier` is who began the flow. Source: RFC 7636, section 4.6."""
    proof = verifier.encode()
    if flow.method == "s256":
        proof = base64.urlsafe_b64encode(hashlib.sha256(proof).digest()).rstrip(b"=")
    return hmac.compare_digest(proof, flow.challenge.encode())


async def _body(request: web.Request) -> JsonObject:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AuthRefusal(400, "bad_json", "Could not read JSON from the request's body")
    return body


def _invalid(message: str) -> AuthRefusal:
    return AuthRefusal(400, "validation_failed", message)


def _refused(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": status, "error_code": code, "msg": message}, status=status)


async def _preflight(request: web.Request) -> web.Response:
    return web.Response(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, PATCH, OPTIONS",
            "Access-Control-Allow-Headers": request.headers.get(
                "Access-Control-Request-Headers", "apikey, authorization, content-type"
            ),
            "Access-Control-Max-Age": "3600",
        },
    )
