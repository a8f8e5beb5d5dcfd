"""What the database's log tells of changes, as the local Realtime reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from dev.realtime_changes import BATCH, Action, Change, ChangeFeed

pytestmark = pytest.mark.stack


@pytest.fixture
def own(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The database with a published table of the test's own."""
    database.execute(
        "create table notes (shelf text, place int, text text, is_read bool,"
        " primary key (shelf, place));"
        "alter publication supabase_realtime add table notes"
    )
    yield database
    database.execute("drop table notes")


def changes_of(database_url: str, *statements: str) -> list[list[Change]]:
    """The batches that are read after each of these is committed."""

    async def scenario() -> list[list[Change]]:
        async with (
            ChangeFeed.opened(database_url) as feed,
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        ):
            for statement in statements:
                await connection.execute(statement.encode())
            return [batch async for batch in feed.batches()]

    return asyncio.run(scenario())


def test_each_change_has_its_key_and_what_was_written(
    own: psycopg.Connection[Any], database_url: str
) -> None:
    (batch,) = changes_of(
        database_url,
        "insert into notes values ('本', 1, 'a', true)",
        "update notes set text = null, is_read = false",
        "update notes set place = 2",
        "delete from notes",
    )
    assert [(one.action, one.key, one.old_key, dict(one.values)) for one in batch] == [
        (
            Action.INSERT,
            {"shelf": "本", "place": 1},
            {"shelf": "本", "place": 1},
            {"shelf": "本", "place": "1", "text": "a", "is_read": "true"},
        ),
        (
            Action.UPDATE,
            {"shelf": "本", "place": 1},
            {"shelf": "本", "place": 1},
            {"shelf": "本", "place": "1", "is_read": "false"},
        ),
        (
            Action.UPDATE,
            {"shelf": "本", "place": 2},
            {"shelf": "本", "place": 1},
            {"shelf": "本", "place": "2", "is_read": "false"},
        ),
        (
            Action.DELETE,
            {"shelf": "本", "place": 2},
            {"shelf": "本", "place": 2},
            {"shelf": "本", "place": "2"},
        ),
    ]
    assert [column.type for column in batch[0].table.columns] == ["text", "int4", "text", "bool"]


def test_of_a_table_that_writes_whole_rows_down_nothing_is_told(
    own: psycopg.Connection[Any], database_url: str
) -> None:
    batches = changes_of(
        database_url,
        "alter table notes replica identity full",
        "insert into notes values ('a', 1, 'secret', true)",
        "delete from notes",
    )
    assert batches == []


def test_what_is_undone_or_not_published_is_not_told(
    own: psycopg.Connection[Any], database_url: str
) -> None:
    batches = changes_of(
        database_url,
        "begin; insert into notes values ('a', 1, 'x', true); rollback",
        "insert into dashboard_admins (discord_id) values ('1')",
        "truncate notes",
    )
    assert batches == []


def test_a_transaction_of_any_size_comes_in_parts(
    own: psycopg.Connection[Any], database_url: str
) -> None:
    rows = 2 * BATCH + 1
    batches = changes_of(
        database_url, f"insert into notes select 'a', n from generate_series(1, {rows}) as n"
    )
    assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]
    places = [one.key["place"] for batch in batches for one in batch]
    assert places == list(range(1, rows + 1))
