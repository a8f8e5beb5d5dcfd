"""Who looks at the dashboard, as the database sees them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg

ADMIN, STRANGER = "42", "43"
"""Discord ids."""


def become(
    connection: psycopg.Connection, discord_id: str, *, provider: str = "discord", **claims: object
) -> None:
    """Have the rest of the connection act as a user who signed in so, with a token of these claims;
    ADMIN is made an admin.
    """
    user_id = str(uuid4())
    connection.execute("reset role")
    if discord_id == ADMIN and provider == "discord":
        connection.execute(
            "insert into dashboard_admins (discord_id) values (%s) on conflict do nothing", (ADMIN,)
        )
    connection.execute(
        "insert into auth.identities (user_id, provider, provider_id) values (%s, %s, %s)"
        " on conflict (provider_id, provider) do update set user_id = excluded.user_id",
        (user_id, provider, discord_id),
    )
    connection.execute(
        "select set_config('request.jwt.claims', %s, false)",
        (json.dumps({"sub": user_id, "role": "authenticated", **claims}),),
    )
    connection.execute("set role authenticated")


def asked(connection: psycopg.Connection, call: str, *arguments: object) -> Any:  # noqa: ANN401 - as SQL has it
    """What a function answers; `call` is such as `queue_counts()`."""
    row = connection.execute(f"select {call}".encode(), arguments).fetchone()
    assert row is not None
    return row[0]
