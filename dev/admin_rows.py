"""The rows of `dashboard_admins`: in a database at hand, or in a hosted one by its secret key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psycopg
import requests

from dev.errors import StackError
from dev.migrations import connect, told_plainly

SECONDS = 20.0
_TABLE = "/rest/v1/dashboard_admins"


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who sees the dashboard and acts there, by their Discord id."""

    discord_id: str
    since: datetime


class Admins(Protocol):
    """The list of them. Every method raises StackError if the database cannot be asked."""

    def listed(self) -> list[Admin]:
        """All, in the order in which they came."""

    def add(self, ids: Sequence[str]) -> list[str]:
        """Those of `ids` that were not in it before."""

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Those of `ids` that were in it."""


class DatabaseAdmins:
    """By the database's own address."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def listed(self) -> list[Admin]:
        rows = self._run(
            "select discord_id, created_at from public.dashboard_admins order by created_at", ()
        )
        return [Admin(*row) for row in rows]

    def add(self, ids: Sequence[str]) -> list[str]:
        return self._ids(
            "insert into public.dashboard_admins (discord_id) select unnest(%s::text[])"
            " on conflict do nothing returning discord_id",
            ids,
        )

    def remove(self, ids: Sequence[str]) -> list[str]:
        return self._ids(
            "delete from public.dashboard_admins where discord_id = any (%s) returning discord_id",
            ids,
        )

    def _ids(self, statement: str, ids: Sequence[str]) -> list[str]:
        return [str(row[0]) for row in self._run(statement, (list(ids),))]

    def _run(self, statement: str, values: Sequence[object]) -> list[tuple[str, datetime]]:
        with connect(self._url) as connection, told_plainly():
            try:
                return connection.execute(statement.encode(), values).fetchall()
            except psycopg.errors.UndefinedTable as error:
                raise StackError(
                    "This database has no table dashboard_admins yet: python3 dev migrate"
                ) from error


class HostedAdmins:
    """By a hosted project's address and secret key."""

    def __init__(self, supabase_url: str, secret_key: str) -> None:
        self._url = supabase_url + _TABLE
        self._secret_key = secret_key

    def listed(self) -> list[Admin]:
        rows = self._ask("GET", {"select": "discord_id,created_at", "order": "created_at"})
        return [Admin(row["discord_id"], datetime.fromisoformat(row["created_at"])) for row in rows]

    def add(self, ids: Sequence[str]) -> list[str]:
        rows = [{"discord_id": one} for one in ids]
        return [row["discord_id"] for row in self._ask("POST", {"select": "discord_id"}, rows)]

    def remove(self, ids: Sequence[str]) -> list[str]:
        these = {"discord_id": f"in.({','.join(ids)})", "select": "discord_id"}
        return [row["discord_id"] for row in self._ask("DELETE", these)]

    def _ask(
        self, method: str, query: dict[str, str], rows: list[dict[str, str]] | None = None
    ) -> list[dict[str, str]]:
        headers = {
            "apikey": self._secret_key,
            "Prefer": "return=representation,resolution=ignore-duplicates",
        }
        try:
            answer = requests.request(
                method, self._url, params=query, json=rows, headers=headers, timeout=SECONDS
            )
        except requests.RequestException as error:
            raise StackError("The Supabase of SUPABASE_URL does not answer.") from error
        if not answer.ok:
            raise StackError(_told(answer))
        found: list[dict[str, str]] = answer.json()
        return found


def _told(answer: requests.Response) -> str:
    if answer.status_code in {401, 403}:
        return "Supabase refuses: SUPABASE_SECRET_KEY must hold the project's secret key."
    if answer.status_code == 404:  # noqa: PLR2004 - its name says more than a name could
        return "This project has no table dashboard_admins yet: python3 dev migrate"
    return f"Supabase answers with status {answer.status_code}."
