"""Conversations as tables: what an answer reads of them, and what is kept of them for how long."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, Row, call

EXCHANGES = 25_000
CHANNELS = 50


@pytest.fixture
def full(database: psycopg.Connection, service: Connection) -> Iterator[Connection]:
    """Fifty thousand rows in fifty conversations, the biggest of which holds half of them."""
    database.execute("set session_replication_role = replica")
    database.execute(
        "insert into conversations (channel_id, kind, user_id)"
        " select n::text, 'personal', '7' from generate_series(1, %s) as n",
        (CHANNELS,),
    )
    database.execute(
        "insert into messages (conversation_id, exchange_id, role, author_id, content)"
        " select c.id, x.id, role, '7', repeat('x', 200)"
        " from generate_series(1, %s) as n"
        " join lateral (select md5(n::text)::uuid as id) as x on true"
        " join conversations as c on c.channel_id = (case when n %% 2 = 0 then 1 else n %% %s + 1"
        " end)::text"
        " cross join unnest(array['user', 'model']) as role order by n",
        (EXCHANGES, CHANNELS),
    )
    database.execute("analyze conversations, messages")
    yield service
    database.execute("delete from messages; delete from conversations")
    database.execute("reset session_replication_role")
    database.execute("vacuum analyze conversations, messages")


def reading_of(service: Connection, statement: str) -> Row:
    """How often the whole table was read, and how many rows an index led to."""
    with service.transaction(force_rollback=True):
        service.execute(statement.encode())
        row = service.execute(
            "select seq_scan as scans, idx_tup_fetch as rows"
            " from pg_stat_xact_user_tables where relname = 'messages'"
        ).fetchone()
    assert row is not None
    return row


OPEN = "select open_chat('1', '{channel}', '7', false, gen_random_uuid(), {about})"
SETTLE = (
    "select settle_answer(gen_random_uuid(), '1', '7', 'UTC', '[]',"
    " jsonb_build_object('exchange_id', gen_random_uuid(), 'text', 'x', 'tokens', 1))"
)
RESERVE = (
    "select reserve_answer(gen_random_uuid(), '1', 'none', '7', 'personal', 'UTC', 1, 1, 0, 60,"
    " jsonb_build_object('exchange_id', gen_random_uuid(), 'author_name', 'A', 'text', 'x',"
    " 'tokens', 1))"
)
ABOUT = f"md5('{EXCHANGES}')::uuid"


@pytest.mark.parametrize("about", ["null", ABOUT])
def test_an_answer_reads_no_more_of_a_long_table_than_it_needs(
    full: Connection, about: str
) -> None:
    reading = reading_of(full, OPEN.format(channel=1, about=about))
    assert reading["scans"] == 0
    assert 400 <= reading["rows"] <= 410  # two hundred questions with their answers


@pytest.mark.parametrize(
    "statement",
    [
        OPEN.format(channel="none", about="null"),
        "select read_history('1', 'none', '7', false, 10)",
        "select delete_exchange(gen_random_uuid(), '7')",
        "select forget_conversation('none', '7', true)",
        "select begin_summary(gen_random_uuid(), 0, 5)",
        SETTLE,
        RESERVE,
        "select delete_user_data('8')",
        "select delete_old_chats(1000)",
    ],
)
def test_what_does_not_concern_it_reads_nothing_of_it(full: Connection, statement: str) -> None:
    reading = reading_of(full, statement)
    assert reading["scans"] == 0
    assert reading["rows"] <= 5  # the planner looks at the ends of an index


def converse(
    service: Connection, *, age: str = "0 days", user: str = "7", kind: str = "personal"
) -> UUID:
    """An exchange of that age in the conversation of channel 1; its id."""
    exchange_id, command_id = uuid4(), uuid4()
    question = {"exchange_id": str(exchange_id), "author_name": "A", "text": "q", "tokens": 1}
    call(
        service, "reserve_answer", command_id, None, "1", user, kind, "UTC", 1, 10, 0, 60,
        Jsonb(question),
    )  # fmt: skip
    answer = {"exchange_id": str(exchange_id), "text": "a", "tokens": 1, "model": "m"}
    call(service, "settle_answer", command_id, None, user, "UTC", Jsonb([]), Jsonb(answer))
    service.execute(
        "update messages set created_at = now() - %s::interval where exchange_id = %s",
        (age, exchange_id),
    )
    return exchange_id


def touched(service: Connection, age: str) -> None:
    service.execute("update conversations set updated_at = now() - %s::interval", (age,))


def kept(service: Connection) -> set[UUID]:
    return {row["id"] for row in service.execute("select exchange_id as id from messages")}


def delete(service: Connection, limit: int = 1000) -> dict[str, int]:
    counts: dict[str, int] = call(service, "delete_old_rows", limit)
    return {table: count for table, count in counts.items() if count}


class TestRetention:
    def test_old_exchanges_go_question_and_answer_together(self, service: Connection) -> None:
        for _ in range(3):
            converse(service, age="91 days")
        young = converse(service, age="89 days")
        assert delete(service, 2) == {"messages": 4}
        assert delete(service, 2) == {"messages": 2}
        assert delete(service, 2) == {}
        assert kept(service) == {young}

    def test_a_conversation_that_nobody_went_on_with_goes_with_its_summary(
        self, service: Connection
    ) -> None:
        converse(service, age="91 days")
        touched(service, "89 days")
        assert delete(service) == {"messages": 2}
        touched(service, "91 days")
        assert delete(service) == {"conversations": 1}

    def test_an_owner_may_keep_them_for_ever(self, service: Connection) -> None:
        converse(service, age="900 days")
        touched(service, "900 days")
        with service.transaction(force_rollback=True):
            service.execute("update retention set keep_days = null where rows_of = 'conversations'")
            assert delete(service) == {}

    def test_a_question_that_was_never_answered_goes_soon(self, service: Connection) -> None:
        question = {"exchange_id": str(uuid4()), "author_name": "A", "text": "q", "tokens": 1}
        call(
            service, "reserve_answer", uuid4(), None, "1", "7", "personal", "UTC", 1, 10, 0, 60,
            Jsonb(question),
        )  # fmt: skip
        answered = converse(service)
        assert delete(service) == {}
        service.execute("update reservations set expires_at = now() - interval '3 days'")
        assert delete(service) == {"reservations": 2}
        assert kept(service) == {answered}

    def test_what_a_run_had_asked_that_died_counts_before_it_goes(
        self, service: Connection
    ) -> None:
        question = {"exchange_id": str(uuid4()), "author_name": "A", "text": "q", "tokens": 1}
        for user, guild in (("8", "5"), ("7", None), ("7", None)):
            call(
                service, "reserve_answer", uuid4(), guild, "1", user, "personal", "UTC", 1, 10, 0,
                60, Jsonb(question | {"exchange_id": str(uuid4())}), uuid4(), "m", 300, "0.5",
            )  # fmt: skip
        service.execute("update reservations set expires_at = expires_at - interval '3 days'")
        assert delete(service, 2) == {"reservations": 2}
        assert delete(service, 2) == {"reservations": 1}
        assert delete(service, 2) == {}
        assert kept(service) == set()
        days = service.execute("select user_id, answers, tokens from used_days order by 1")
        assert [tuple(row.values()) for row in days] == [("7", 2, 600), ("8", 1, 300)]
        months = service.execute("select scope, cost_usd::text from used_months order by 1")
        assert [tuple(row.values()) for row in months] == [("5", "0.5"), ("direct", "1.0")]
        calls = service.execute(
            "select distinct outcome, estimated, created_at < now() - interval '2 days' as is_old"
            " from gemini_usage"
        ).fetchall()
        assert calls == [{"outcome": "failed", "estimated": True, "is_old": True}]

    def test_what_was_counted_and_what_is_over_goes(self, service: Connection) -> None:
        service.execute(
            "insert into used_days (user_id, day) values ('7', current_date - 42),"
            " ('7', current_date - 38);"
            "insert into used_months (scope, month) values ('1', current_date - 402),"
            " ('1', current_date - 398);"
            "insert into model_cooldowns values ('a', now() - interval '2 days', 'x'),"
            " ('b', now(), 'x');"
            "insert into sources values ('a', '7', '{}', now()),"
            " ('b', '7', '{}', now() + interval '1 minute')"
        )
        assert delete(service) == {"used_days": 1, "sources": 1}
        left = service.execute(
            "select (select count(*) from used_months) as months,"
            " (select array_agg(model) from model_cooldowns) as models"
        ).fetchone()
        assert left == {"months": 1, "models": ["b"]}


class TestWhoIsForgotten:
    def test_a_summary_knows_whom_it_tells_of_when_their_rows_are_long_gone(
        self, service: Connection
    ) -> None:
        converse(service, age="91 days", kind="shared")
        converse(service, user="8", kind="shared")
        row = service.execute(
            "select conversation_id as id, max(id) as through from messages where role = 'user'"
            " group by 1"
        ).fetchone()
        assert row is not None
        assert call(service, "save_summary", row["id"], "7 and 8 spoke.", 0, row["through"])
        assert delete(service) == {"messages": 2}
        call(service, "delete_user_data", "9")
        assert self.summary(service) == "7 and 8 spoke."
        call(service, "delete_user_data", "7")
        assert self.summary(service) == ""

    def summary(self, service: Connection) -> str:
        row = service.execute("select summary from conversations").fetchone()
        assert row is not None
        return str(row["summary"])

    def test_what_is_under_way_and_what_counts_today_stays(self, service: Connection) -> None:
        converse(service)
        service.execute(
            "insert into used_days (user_id, day) values ('7', current_date - 3),"
            " ('8', current_date - 3)"
        )
        service.execute(
            "insert into guild_settings (guild_id, updated_by) values ('1', '7'), ('2', '8')"
        )
        counts = call(service, "delete_user_data", "7")
        assert {table: count for table, count in counts.items() if count} == {
            "messages": 2,
            "conversations": 1,
            "reservations": 1,
            "used_days": 1,
            "guild_settings": 1,
        }
        left = service.execute(
            "select (select array_agg(user_id) from reservations) as reservations,"
            " (select array_agg(updated_by order by guild_id) from guild_settings) as admins"
        ).fetchone()
        assert left == {"reservations": [None], "admins": [None, "8"]}
        assert call(service, "delete_user_data", "7")["reservations"] == 0
