"""`python3 dev admin`: who sees the dashboard, in a database at hand and in a hosted project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from dev import admin
from dev.errors import StackError
from dev.local_supabase import LocalSupabase

pytestmark = pytest.mark.stack

Owner = Callable[..., tuple[int, str]]
ALL = "select discord_id from dashboard_admins order by discord_id"


@pytest.fixture(params=["database", "hosted"])
def owner(
    request: pytest.FixtureRequest,
    local_supabase: LocalSupabase,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Owner:
    """Types a command; its status and what it shows."""
    monkeypatch.delenv("OWNER_IDS", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if request.param == "hosted":
        monkeypatch.setenv("SUPABASE_URL", local_supabase.url)
        monkeypatch.setenv("SUPABASE_SECRET_KEY", local_supabase.keys.secret_key)

    def types(*arguments: str) -> tuple[int, str]:
        address = ["--database-url", database_url] if request.param == "database" else []
        code = admin.main([*address, *arguments])
        return code, capsys.readouterr().out

    return types


def ids(database: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in database.execute(ALL)]


def test_people_are_let_in_listed_and_taken_out(
    owner: Owner, database: psycopg.Connection[Any]
) -> None:
    code, shown = owner("list")
    assert (code, "Nobody sees the dashboard" in shown) == (0, True)
    code, shown = owner("add", "42", "43", "42")
    assert (code, ids(database)) == (0, ["42", "43"])
    assert shown.count("sees the dashboard now") == 2
    code, shown = owner("add", "42")
    assert (code, "42 was in the list before" in shown) == (0, True)
    code, shown = owner("list")
    assert code == 0
    assert "42  since 20" in shown
    assert "43  since 20" in shown
    code, shown = owner("remove", "43")
    assert (code, ids(database)) == (0, ["42"])
    assert "43 sees the dashboard no more" in shown
    code, shown = owner("remove", "43")
    assert (code, "43 was not in the list" in shown) == (1, True)


def test_without_an_id_the_owners_are_meant(
    owner: Owner, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNER_IDS", "7, 8")
    assert owner("add")[0] == 0
    assert ids(database) == ["7", "8"]


def test_without_owners_nobody_is_let_in(owner: Owner, database: psycopg.Connection[Any]) -> None:
    with pytest.raises(StackError, match="Name a Discord id"):
        owner("add")
    assert ids(database) == []


@pytest.mark.parametrize("value", ["abc", "1" * 21, "１２"])
def test_only_ids_are_taken(owner: Owner, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        owner("add", value)
    assert "a Discord id: digits only" in capsys.readouterr().err


@pytest.mark.parametrize("owner", ["hosted"], indirect=True)
@pytest.mark.parametrize("key", ["publishable", "sb_secret_of-another-project"])
def test_a_key_that_may_not_is_told_in_one_line(
    owner: Owner, key: str, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = local_supabase.keys.publishable_key if key == "publishable" else key
    monkeypatch.setenv("SUPABASE_SECRET_KEY", value)
    with pytest.raises(StackError, match="must hold the project's secret key") as told:
        owner("add", "42")
    assert value not in str(told.value)


@pytest.mark.parametrize("owner", ["hosted"], indirect=True)
def test_a_project_that_cannot_be_reached_is_told_in_one_line(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", "http://127.0.0.1:9")
    with pytest.raises(StackError, match="does not answer"):
        owner("list")
    monkeypatch.delenv("SUPABASE_SECRET_KEY")
    with pytest.raises(StackError, match="no SUPABASE_SECRET_KEY"):
        owner("list")
