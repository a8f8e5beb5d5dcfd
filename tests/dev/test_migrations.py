from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from dev.checkout import Checkout
from dev.errors import StackError
from dev.local_supabase import LocalSupabase
from dev.migrations import (
    Migration,
    apply_migrations,
    read_migrations,
    told_ahead,
    unknown_migrations,
)

NAME = "migrated"
FIRST = Migration("0001_first.sql", "create table first (id int); insert into first values (1);")
SECOND = Migration("0002_second.sql", "insert into first values (2);")


@pytest.fixture
def url(running_supabase: LocalSupabase) -> Iterator[str]:
    """A database without any table of ours."""
    home = running_supabase.postgres.url
    with psycopg.connect(home, autocommit=True) as connection:
        connection.execute(f"create database {NAME}")
        yield urlunsplit(urlsplit(home)._replace(path=f"/{NAME}"))
        connection.execute(f"drop database {NAME} with (force)")


def values(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("select id from first order by 1").fetchall()]


def test_each_file_is_applied_once_and_in_order(url: str) -> None:
    heard: list[str] = []
    assert apply_migrations(url, [FIRST], on_applied=heard.append) == 1
    assert apply_migrations(url, [FIRST, SECOND], on_applied=heard.append) == 1
    assert apply_migrations(url, [FIRST, SECOND], on_applied=heard.append) == 0
    assert heard == [FIRST.name, SECOND.name]
    assert values(url) == [1, 2]


def test_a_database_that_is_ahead_is_told_by_what(url: str) -> None:
    apply_migrations(url, [FIRST, SECOND])
    assert unknown_migrations(url, [FIRST, SECOND]) == []
    unknown = unknown_migrations(url, [FIRST])
    assert told_ahead(unknown) == (
        "The database is ahead of this checkout by 1 migration: 0002_second.sql."
    )


def test_a_changed_file_is_refused_by_name_before_anything_is_applied(url: str) -> None:
    apply_migrations(url, [FIRST])
    changed = Migration(FIRST.name, FIRST.text + " -- and more")
    with pytest.raises(StackError, match=r"0001_first\.sql has changed since it was applied"):
        apply_migrations(url, [changed, SECOND])
    assert values(url) == [1]


def test_a_file_that_fails_is_undone_whole_and_may_be_mended(url: str) -> None:
    broken = Migration(SECOND.name, SECOND.text + " insert into nowhere values (1);")
    with pytest.raises(StackError) as failure:
        apply_migrations(url, [FIRST, broken])
    assert failure.value.message == (
        '0002_second.sql failed and was undone: relation "nowhere" does not exist.'
    )
    assert values(url) == [1]
    apply_migrations(url, [FIRST, SECOND])
    assert values(url) == [1, 2]


def test_two_runs_at_once_are_harmless(url: str) -> None:
    slow = Migration("0003_slow.sql", "insert into first values (3); select pg_sleep(0.2);")
    counts: list[int] = []
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        counts.append(apply_migrations(url, [FIRST, SECOND, slow]))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 3
    assert values(url) == [1, 2, 3]


def test_line_ends_do_not_change_a_file(tmp_path: Path) -> None:
    for folder, text in (
        ("unix", b"select 1;\nselect 2;\n"),
        ("dos", b"select 1;\r\nselect 2;\r\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0001_same.sql").write_bytes(text)
    (unix,), (dos,) = (read_migrations(tmp_path / folder) for folder in ("unix", "dos"))
    assert unix.checksum == dos.checksum


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["1_first.sql"], "1_first.sql is no name"),
        (["0001_a.sql", "0001_b.sql"], "Two migrations have the number 0001"),
    ],
)
def test_names_are_checked(tmp_path: Path, names: list[str], problem: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(StackError, match=problem):
        read_migrations(tmp_path)


def test_ours_are_numbered_without_a_gap() -> None:
    migrations = read_migrations(Checkout.here().migrations)
    numbers = [int(migration.name[:4]) for migration in migrations]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://postgres:s3cr3t@127.0.0.1:1/x", "at 127.0.0.1:1 cannot be reached: nothing"),
        ("postgresql://postgres:s3cr3t@no-such-host.invalid/x", "there is no such host"),
        ("postgresql://postgres:s3cr3t@x@127.0.0.1/x", "not well formed"),
        ("postgresql://postgres:s3cr3t/x@127.0.0.1/x", "not well formed"),
        ("postgresql://postgres:s3cr3t@[::1/x", "not well formed"),
        ("s3cr3t", "not well formed"),
    ],
)
def test_a_database_out_of_reach_is_told_without_its_password(address: str, told: str) -> None:
    with pytest.raises(StackError) as failure:
        apply_migrations(address, [FIRST])
    assert told in failure.value.message
    assert "\n" not in failure.value.message
    assert "s3cr3t" not in "".join(traceback.format_exception(failure.value))


def test_a_wrong_password_is_told_as_that(running_supabase: LocalSupabase) -> None:
    postgres = running_supabase.postgres
    wrong = postgres.url.replace(postgres.password, "wrong")
    with pytest.raises(StackError, match="it refuses this user or password"):
        apply_migrations(wrong, [FIRST])


def test_a_database_that_is_no_supabase_is_left_alone(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter role service_role rename to another_role")
        try:
            with pytest.raises(StackError, match="it has no role service_role"):
                apply_migrations(url, [FIRST])
            tables = connection.execute(
                "select count(*) from pg_tables where schemaname = 'public'"
            ).fetchone()
        finally:
            connection.execute("alter role another_role rename to service_role")
    assert tables == (0,)
