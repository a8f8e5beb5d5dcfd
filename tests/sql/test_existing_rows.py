"""A queue as older migrations made it, with rows in every state: the newer ones lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from dev.migrations import apply_migrations, read_migrations

ROWS = """
insert into command_queue (command, payload, status, created_at) values
  ('snapshot', '{"guild_id": "1180000000000000100"}', 'pending', now() - interval '1 day'),
  ('snapshot', '{"guild_id": "no snowflake"}', 'pending', now() - interval '1 hour'),
  ('snapshot', null, 'completed', now() - interval '1 hour'),
  ('snapshot', '[]', 'failed', now() - interval '1 hour'),
  ('play', '{"guild_id": "7"}', 'pending', now());
insert into command_queue (command, payload, status, attempts, lease_id, locked_until, slot_key)
  values
  ('answer', '{"command": "ask"}', 'processing', 1, gen_random_uuid(), now() + interval '1 hour',
   null),
  ('answer', '{"command": "ask"}', 'processing', 1, gen_random_uuid(), now() - interval '1 second',
   'a-slot');
insert into command_secrets (command_id, token, interaction)
  select id, 'a-token', '{"id": "1"}' from command_queue where command = 'answer';
insert into bot_logs (level, message) values ('info', 'started');
insert into system_stats (cpu_usage) values (1.5);
insert into gemini_usage (user_id) values ('7');
insert into cooldowns values ('7', 'ask', now());
"""
KEPT = (
    "select id, command, payload, status, attempts, lease_id, locked_until, created_at, slot_key"
    " from command_queue order by id"
)

Connection = psycopg.Connection[DictRow]


@pytest.fixture
def before_url(empty_database_url: str, migrations_folder: Path) -> str:
    """A database as it was before the queue's rows had handlers, terms and guilds, with rows."""
    older = [entry for entry in read_migrations(migrations_folder) if entry.name < "0005"]
    assert len(older) == 4
    apply_migrations(empty_database_url, older)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(ROWS)
    return empty_database_url


def migrated(url: str, folder: Path) -> Connection:
    apply_migrations(url, read_migrations(folder))
    return psycopg.connect(url, autocommit=True, row_factory=dict_row)


def rows_of(url: str, query: str) -> list[dict[str, object]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def test_every_row_is_as_it_was(before_url: str, migrations_folder: Path) -> None:
    tables = ["command_secrets", "bot_logs", "cooldowns"]
    columns = ["select cpu_usage from system_stats", "select id, user_id from gemini_usage"]
    queries = [KEPT, *columns, *[f"select * from {t}" for t in tables]]
    before = [rows_of(before_url, query) for query in queries]
    migrated(before_url, migrations_folder).close()
    assert [rows_of(before_url, query) for query in queries] == before
    assert all(before)


def test_a_row_that_waits_learns_who_handles_it_and_of_which_guild_it_is(
    before_url: str, migrations_folder: Path
) -> None:
    with migrated(before_url, migrations_folder) as connection:
        rows = connection.execute(
            "select command, handled_by, guild_id from command_queue where status = 'pending'"
            " order by created_at"
        ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("snapshot", "functions", "1180000000000000100"),
        ("snapshot", "functions", None),
        ("play", "worker", "7"),
    ]


def test_what_waited_and_what_was_left_over_is_claimed_in_its_order(
    before_url: str, migrations_folder: Path
) -> None:
    with migrated(before_url, migrations_folder) as connection:
        connection.execute("set role service_role")
        claims = [
            connection.execute(
                "select command, created_at, token from claim_commands(array['snapshot', 'answer'])"
            ).fetchall()
            for _ in range(3)
        ]
    leftover, waiting, nothing = claims
    assert [(row["command"], row["token"]) for row in leftover] == [("answer", "a-token")]
    assert [row["command"] for row in waiting] == ["snapshot", "snapshot"]
    assert waiting[0]["created_at"] < datetime.now(UTC) - timedelta(hours=12)
    assert nothing == []


def test_a_lease_that_holds_is_held_and_can_end_its_row(
    before_url: str, migrations_folder: Path
) -> None:
    with migrated(before_url, migrations_folder) as connection:
        row = connection.execute(
            "select id, lease_id from command_queue where locked_until > now()"
        ).fetchone()
        assert row is not None
        ended = connection.execute(
            "select complete_command(%s, %s) as ended", (row["id"], row["lease_id"])
        ).fetchone()
        assert ended == {"ended": True}
        secrets = connection.execute("select command_id from command_secrets").fetchall()
        assert row["id"] not in [secret["command_id"] for secret in secrets]


def test_a_slot_that_was_taken_stays_taken(before_url: str, migrations_folder: Path) -> None:
    with (
        migrated(before_url, migrations_folder) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(
            "insert into command_queue (command, slot_key) values ('snapshot', 'a-slot')"
        )


def test_applying_them_again_changes_nothing(before_url: str, migrations_folder: Path) -> None:
    migrated(before_url, migrations_folder).close()
    before = rows_of(before_url, KEPT)
    assert apply_migrations(before_url, read_migrations(migrations_folder)) == 0
    assert rows_of(before_url, KEPT) == before
