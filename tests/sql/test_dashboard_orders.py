"""Two admins who press the same button at the same moment give one order."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.sql.queue_rows import Connection
from tests.sql.signed_in import ADMIN, asked, become

GUILD = "1180200000000000001"
PATIENCE_SECONDS = 30


def stop(admin: psycopg.Connection) -> dict[str, Any]:
    answer: dict[str, Any] = asked(admin, "admin_control_player(%s, 'stop', '7')", GUILD)
    return answer


def test_who_comes_second_is_told_of_the_order_of_who_came_first(
    service: Connection, database_url: str
) -> None:
    service.execute(
        "insert into active_sessions (guild_id, play_id, is_playing) values (%s, '7', true)",
        (GUILD,),
    )
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        become(first, ADMIN)
        (claims,) = first.execute("select current_setting('request.jwt.claims')").fetchone() or ()
        second.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        second.execute("set role authenticated")
        first.commit()
        second.commit()
        answer = stop(first)
        with ThreadPoolExecutor(1) as elsewhere:
            other = elsewhere.submit(stop, second)
            is_waiting = waits(service)
            first.commit()
            assert other.result(timeout=PATIENCE_SECONDS) == answer
            assert is_waiting
        second.commit()
    assert len(service.execute("select id from command_queue").fetchall()) == 1


def waits(service: Connection) -> bool:
    """Whether somebody comes to wait for somebody else's lock."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found = service.execute("select from pg_locks where not granted").fetchall()
        if found:
            return True
    return False
