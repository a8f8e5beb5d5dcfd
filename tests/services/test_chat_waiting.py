"""Who has to wait for whom on the real database: in turn, and never each for the other."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Final
from uuid import uuid4

import psycopg
import pytest

from lib.ports import Reservation, Reserved
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_chat import SupabaseChatStore
from lib.settings import Secret
from tests.services.chat_steps import (
    ANNA,
    BEN,
    ask,
    begin,
    question,
    reservation,
    settlement,
    share,
)

pytestmark = pytest.mark.stack

PATIENCE_SECONDS: Final = 20.0
WAITING: Final = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


@pytest.fixture
def chat(supabase_url: str, secret_key: str) -> SupabaseChatStore:
    return SupabaseChatStore(PostgrestRpc(supabase_url, Secret(secret_key), timeout_seconds=60))


@pytest.fixture
def holder(database_url: str) -> Iterator[psycopg.Connection]:
    """Somebody who keeps rows locked until they commit."""
    with psycopg.connect(database_url) as connection:
        yield connection


class Threads:
    """Works that are begun one after the other, each once the one before it waits, or is done."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(4)
        self._begun: list[Future[object]] = []

    def begin(self, work: Callable[[], object]) -> None:
        self._begun.append(self._pool.submit(work))
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while self._waiting() < sum(not each.done() for each in self._begun):
            assert time.monotonic() < ends_at, "it neither waits nor ends"
            time.sleep(0.02)

    def results(self) -> list[object]:
        return [each.result(PATIENCE_SECONDS) for each in self._begun]

    def close(self) -> None:
        self._pool.shutdown()

    def _waiting(self) -> int:
        row = self._database.execute(WAITING.encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def threads(database: psycopg.Connection, holder: psycopg.Connection) -> Iterator[Threads]:
    begun = Threads(database)
    yield begun
    holder.rollback()
    begun.close()


def calling(database_url: str, statement: str) -> Callable[[], object]:
    """A call of an SQL function in a transaction of its own."""

    def work() -> object:
        with psycopg.connect(database_url) as connection:
            return connection.execute(statement.encode()).fetchone()

    return work


def run_of_anna() -> Reservation:
    """One that calls a model whose price is known."""
    return reservation(
        ANNA,
        run_id=uuid4(),
        question=question(),
        model="gemini-3",
        prompt_tokens=400,
        prompt_cost_usd=Decimal("0.002"),
    )


def test_who_deletes_what_is_theirs_while_old_rows_go(
    chat: SupabaseChatStore,
    database: psycopg.Connection,
    database_url: str,
    holder: psycopg.Connection,
    threads: Threads,
) -> None:
    for place in (BEN, ANNA):
        ask(chat, "long ago", place)
    database.execute(
        "update reservations set expires_at = now() - interval '3 days'"
        " - make_interval(days => (user_id = '302')::integer);"
        "insert into interaction_log (command, kind, outcome, user_id, created_at)"
        " values ('ask', 'command', 'answered', '301', now() - interval '2 years')"
    )
    holder.execute("select from reservations where user_id = '302' for update")
    threads.begin(calling(database_url, "select delete_old_rows(1000)"))
    threads.begin(calling(database_url, "select delete_user_data('301')"))
    holder.commit()
    assert len(threads.results()) == 2


def test_who_forgets_two_conversations_while_questions_of_both_go(
    chat: SupabaseChatStore,
    database: psycopg.Connection,
    database_url: str,
    holder: psycopg.Connection,
    threads: Threads,
) -> None:
    begun = [begin(chat, "his own", BEN)]
    share(chat)
    begun.append(begin(chat, "for all", ANNA))
    ids = [
        row[0]
        for row in database.execute(
            "select exchange_id from messages order by conversation_id desc"
        ).fetchall()
    ]
    assert len(ids) == len(begun)
    for days, exchange_id in zip((4, 3), ids, strict=True):
        database.execute(
            "update reservations set expires_at = now() - make_interval(days => %s)"
            " where exchange_id = %s",
            (days, exchange_id),
        )
    holder.execute("select from conversations order by id limit 1 for update")
    threads.begin(lambda: chat.forget(BEN, everybody=True))
    threads.begin(calling(database_url, "select delete_old_rows(1000)"))
    holder.commit()
    assert len(threads.results()) == 2


def test_who_asks_while_a_question_of_yesterday_is_asked_again(
    chat: SupabaseChatStore,
    database: psycopg.Connection,
    holder: psycopg.Connection,
    threads: Threads,
) -> None:
    yesterday = run_of_anna()
    assert chat.reserve(yesterday) == Reserved()
    database.execute("update reservations set day = day - 1; update used_days set day = day - 1")
    holder.execute("select from used_months for update")
    again = dataclasses.replace(yesterday, run_id=uuid4())
    threads.begin(lambda: chat.reserve(again))
    threads.begin(lambda: chat.reserve(reservation(ANNA, run_id=uuid4(), question=question())))
    holder.commit()
    assert threads.results() == [Reserved(), Reserved()]


def test_a_run_that_was_slow_while_its_user_deletes_what_is_theirs(
    chat: SupabaseChatStore,
    database: psycopg.Connection,
    database_url: str,
    holder: psycopg.Connection,
    threads: Threads,
) -> None:
    first = run_of_anna()
    assert chat.reserve(first) == Reserved()
    assert chat.reserve(dataclasses.replace(first, run_id=uuid4())) == Reserved()
    database.execute(
        "update reservations set expires_at = now() - interval '1 hour' where settled_at is null"
    )
    holder.execute("select from used_months for update")
    threads.begin(calling(database_url, "select delete_user_data('301')"))
    threads.begin(lambda: chat.settle(settlement(first, run_id=first.run_id)))
    holder.commit()
    assert threads.results()[1] is True
