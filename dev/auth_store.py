"""The rows of the local sign-in: users and their identities, sessions and their tokens."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from dev.auth_accounts import LocalAccount
from dev.keys import JsonObject

CODE_LIFETIME = timedelta(minutes=5)
REUSE_INTERVAL = timedelta(seconds=10)
"""In which a token that was just used still leads to its successor: two tabs may use it at once."""


class AuthRefusal(Exception):  # noqa: N818 - an answer rather than a fault
    """What the sign-in answers instead, in the words of Supabase's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way: who signs in, and what their browser must prove."""

    user_id: UUID
    challenge: str
    method: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and the token that renews it next."""

    id: UUID
    user_id: UUID
    refresh_token: str


class AuthStore:
    """Each method is one statement or a few in the transaction of `opened`."""

    def __init__(self, connection: AsyncConnection[DictRow]) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def opened(cls, database_url: str) -> AsyncIterator[AuthStore]:
        """A transaction of its own, which ends with the block."""
        async with await AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
            yield cls(connection)

    async def sign_in(self, account: LocalAccount) -> UUID:
        """The user behind a Discord account, made when they come for the first time."""
        await self._run("select pg_advisory_xact_lock(hashtextextended(%s, 0))", account.user.id)
        found = await self._row(
            "select u.id from auth.users as u join auth.identities as i on i.user_id = u.id"
            " where i.provider = 'discord' and i.provider_id = %s",
            account.user.id,
        )
        user_id: UUID = found["id"] if found else uuid4()
        metadata = Jsonb(account.metadata)
        await self._run(
            "insert into auth.users (id, email, raw_app_meta_data, raw_user_meta_data,"
            " last_sign_in_at) values (%s, %s, %s, %s, now()) on conflict (id) do update set"
            # What Discord says goes over what was edited, as hosted.
            " raw_user_meta_data = users.raw_user_meta_data || excluded.raw_user_meta_data,"
            " last_sign_in_at = now(), updated_at = now()",
            user_id,
            account.email,
            Jsonb({"provider": "discord", "providers": ["discord"]}),
            metadata,
        )
        await self._run(
            "insert into auth.identities (user_id, provider, provider_id, identity_data,"
            " last_sign_in_at) values (%s, 'discord', %s, %s, now())"
            " on conflict (provider_id, provider) do update set user_id = excluded.user_id,"
            " identity_data = excluded.identity_data, last_sign_in_at = now(), updated_at = now()",
            user_id,
            account.user.id,
            metadata,
        )
        return user_id

    async def begin_flow(self, flow: Flow) -> str:
        """The code by which the browser's next request goes on."""
        code = str(uuid4())
        await self._run(
            "insert into auth.flow_state (auth_code, user_id, code_challenge,"
            " code_challenge_method) values (%s, %s, %s, %s)",
            code,
            flow.user_id,
            flow.challenge,
            flow.method,
        )
        return code

    async def take_flow(self, code: str) -> Flow:
        """The flow of a code, which is good for once. Raises AuthRefusal."""
        row = await self._row("delete from auth.flow_state where auth_code = %s returning *", code)
        if row is None:
            raise AuthRefusal(
                404, "flow_state_not_found", "invalid flow state, no valid flow state found"
            )
        if row["created_at"] < _now() - CODE_LIFETIME:
            raise AuthRefusal(
                422, "flow_state_expired", "invalid flow state, flow state has expired"
            )
        return Flow(row["user_id"], row["code_challenge"], row["code_challenge_method"])

    async def begin_session(self, user_id: UUID) -> Session:
        session = Session(uuid4(), user_id, _token())
        await self._run(
            "insert into auth.sessions (id, user_id) values (%s, %s)", session.id, user_id
        )
        await self._keep(session)
        return session

    async def renew(self, token: str) -> Session | None:
        """The session with its next token; None where a stolen token ended it. Raises AuthRefusal.

        Whoever brings a token that was used longer ago than the interval ends the session.
        """
        row = await self._row(
            "select t.*, s.user_id from auth.refresh_tokens as t"
            " join auth.sessions as s on s.id = t.session_id where t.token = %s for update",
            token,
        )
        if row is None:
            raise AuthRefusal(
                400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"
            )
        session_id, user_id = row["session_id"], row["user_id"]
        if row["used_at"] is not None:
            if row["used_at"] < _now() - REUSE_INTERVAL:
                await self.end_session(session_id)
                return None
            return Session(session_id, user_id, row["successor"])
        session = Session(session_id, user_id, _token())
        await self._keep(session)
        await self._run(
            "update auth.refresh_tokens set used_at = now(), successor = %s where token = %s",
            session.refresh_token,
            token,
        )
        return session

    async def has_session(self, session_id: str) -> bool:
        row = await self._row("select 1 as one from auth.sessions where id::text = %s", session_id)
        return row is not None

    async def end_session(self, session_id: UUID | str) -> None:
        await self._run("delete from auth.sessions where id::text = %s", str(session_id))

    async def end_sessions(self, user_id: str, *, but: str = "") -> None:
        """All of a user's sessions, or all but one."""
        await self._run(
            "delete from auth.sessions where user_id::text = %s and id::text <> %s", user_id, but
        )

    async def edit_metadata(self, user_id: str, changes: JsonObject) -> None:
        """The user's own part of what is known of them; the identities stay as they are."""
        await self._run(
            "update auth.users set raw_user_meta_data = raw_user_meta_data || %s,"
            " updated_at = now() where id::text = %s",
            Jsonb(changes),
            user_id,
        )

    async def user(self, user_id: str) -> JsonObject | None:
        """A user as the sign-in tells them to their browser."""
        row = await self._row("select * from auth.users where id::text = %s", user_id)
        if row is None:
            return None
        identities = await self._rows(
            "select * from auth.identities where user_id::text = %s order by created_at", user_id
        )
        signed_in, made = _iso(row["last_sign_in_at"]), _iso(row["created_at"])
        return {
            "id": str(row["id"]),
            "aud": "authenticated",
            "role": "authenticated",
            "email": row["email"],
            "email_confirmed_at": made,
            "phone": "",
            "confirmed_at": made,
            "last_sign_in_at": signed_in,
            "app_metadata": row["raw_app_meta_data"],
            "user_metadata": row["raw_user_meta_data"],
            "identities": [_identity(entry) for entry in identities],
            "created_at": made,
            "updated_at": _iso(row["updated_at"]),
            "is_anonymous": False,
        }

    async def _keep(self, session: Session) -> None:
        await self._run(
            "insert into auth.refresh_tokens (token, session_id) values (%s, %s)",
            session.refresh_token,
            session.id,
        )

    async def _run(self, statement: str, *values: object) -> None:
        await self._connection.execute(statement.encode(), values)

    async def _row(self, statement: str, *values: object) -> DictRow | None:
        return await (await self._connection.execute(statement.encode(), values)).fetchone()

    async def _rows(self, statement: str, *values: object) -> list[DictRow]:
        return await (await self._connection.execute(statement.encode(), values)).fetchall()


def _identity(row: DictRow) -> JsonObject:
    return {
        "identity_id": str(row["id"]),
        "id": row["provider_id"],
        "user_id": str(row["user_id"]),
        "identity_data": row["identity_data"],
        "provider": row["provider"],
        "last_sign_in_at": _iso(row["last_sign_in_at"]),
        "created_at": _iso(row["created_at"]),
        "updated_at": _iso(row["updated_at"]),
        "email": row["identity_data"].get("email"),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _token() -> str:
    return secrets.token_urlsafe(9)  # twelve characters, as Supabase's are


def _now() -> datetime:
    return datetime.now(UTC)
