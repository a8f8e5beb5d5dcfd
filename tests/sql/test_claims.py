"""Claims: what is taken, in which order, and what can never be taken any more."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import (
    KIND,
    Connection,
    add,
    begin,
    call,
    claim,
    end_lease,
    make_due,
    row_of,
)


class TestClaiming:
    def test_the_oldest_come_first(self, service: Connection) -> None:
        now = datetime.now(UTC)
        late, early = (
            add(service, created_at=now),
            add(service, created_at=now - timedelta(hours=1)),
        )
        assert [row["id"] for row in claim(service)] == [early, late]

    def test_no_more_than_asked_for(self, service: Connection) -> None:
        for _ in range(3):
            add(service)
        assert len(claim(service, limit=2)) == 2
        assert len(claim(service, limit=2)) == 1

    def test_a_claimed_row_brings_its_secrets(self, service: Connection) -> None:
        id_, _ = begin(service)
        end_lease(service, id_)
        (row,) = claim(service)
        assert row["token"] == "token"
        assert row["interaction"] == {"member": {"user": {"id": "7"}}}
        assert row["attempts"] == 2

    def test_a_plain_insert_is_pending_and_without_secrets(self, service: Connection) -> None:
        id_ = add(service, payload=Jsonb({"guild_id": "1"}))
        (row,) = claim(service)
        assert row["id"] == id_
        assert row["payload"] == {"guild_id": "1"}
        assert row["interaction"] is None

    def test_rows_of_other_kinds_are_left_alone(self, service: Connection) -> None:
        id_ = add(service, command="snapshot")
        assert claim(service) == []
        assert row_of(service, id_)["status"] == "pending"

    def test_a_row_is_not_due_before_its_time(self, service: Connection) -> None:
        id_ = add(service, run_at=datetime.now(UTC) + timedelta(hours=1))
        assert claim(service) == []
        make_due(service, id_)
        assert [row["id"] for row in claim(service)] == [id_]

    def test_an_expired_lease_makes_a_row_free_again(self, service: Connection) -> None:
        id_ = add(service)
        (first,) = claim(service)
        assert claim(service) == []
        end_lease(service, id_)
        (second,) = claim(service)
        assert second["id"] == id_
        assert second["lease_id"] != first["lease_id"]

    def test_a_command_that_nobody_handles_fails_and_says_so(self, service: Connection) -> None:
        id_ = add(service, command="dance")
        assert claim(service) == []
        row = row_of(service, id_)
        assert (row["status"], row["failure_reason"]) == ("failed", "unknown_command")
        assert "dance" in row["last_error"]

    def test_a_row_that_expired_fails_and_says_so(self, service: Connection) -> None:
        id_ = add(service, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        assert claim(service) == []
        row = row_of(service, id_)
        assert (row["status"], row["failure_reason"]) == ("failed", "expired")
        assert row["last_error"]
        assert row["finished_at"] is not None

    def test_an_expired_row_that_is_being_worked_on_is_left_to_end(
        self, service: Connection
    ) -> None:
        id_, said = begin(service, p_expires_at=datetime.now(UTC) - timedelta(seconds=1))
        claim(service)
        assert call(service, "complete_command", id_, said["lease_id"]) is True

    def test_a_row_whose_workers_keep_dying_fails_in_the_end(self, service: Connection) -> None:
        id_ = add(service, max_attempts=2)
        for _ in range(2):
            assert len(claim(service)) == 1
            end_lease(service, id_)
        assert claim(service) == []
        row = row_of(service, id_)
        assert (row["status"], row["failure_reason"]) == ("failed", "attempts")
        assert "2 attempts" in row["last_error"]

    def test_claims_at_the_same_time_never_share_a_row(
        self, service: Connection, database_url: str
    ) -> None:
        for _ in range(200):
            add(service)
        taken: list[UUID] = []
        start = threading.Barrier(6)

        def work() -> None:
            with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as own:
                start.wait()
                while rows := claim(own, limit=3):
                    taken.extend(row["id"] for row in rows)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 200

    def test_finished_rows_do_not_slow_a_claim_down(self, service: Connection) -> None:
        service.execute(
            "insert into command_queue (command, status) "
            "select 'answer', 'completed' from generate_series(1, 3000)"
        )
        add(service)
        service.execute("set enable_seqscan = off")
        plan = service.execute(
            "explain select id from command_queue where status = 'pending'"
            " and handled_by = 'functions' and run_at <= now() order by run_at, seq limit 10"
        ).fetchall()
        assert any("command_queue_due" in str(line.values()) for line in plan)


class TestOrder:
    def test_only_the_head_of_a_key_can_be_claimed(self, service: Connection) -> None:
        first, second = (add(service, order_key="guild 1") for _ in range(2))
        (row,) = claim(service)
        assert row["id"] == first
        assert claim(service) == []
        call(service, "complete_command", first, row["lease_id"])
        assert [row["id"] for row in claim(service)] == [second]

    def test_rows_of_other_keys_and_without_one_do_not_wait(self, service: Connection) -> None:
        blocked = [add(service, order_key="guild 1") for _ in range(2)]
        free = [add(service, order_key="guild 2"), add(service)]
        assert [row["id"] for row in claim(service)] == [blocked[0], *free]

    def test_a_failed_head_waiting_for_its_next_attempt_still_holds_the_key(
        self, service: Connection
    ) -> None:
        first, _ = add(service, order_key="guild 1"), add(service, order_key="guild 1")
        (row,) = claim(service)
        assert call(service, "fail_command", first, row["lease_id"], "no") == "pending"
        assert claim(service) == []

    def test_an_ended_head_frees_the_next(self, service: Connection) -> None:
        first, second = add(service, order_key="g"), add(service, order_key="g")
        service.execute("update command_queue set status = 'failed' where id = %s", (first,))
        assert [row["id"] for row in claim(service)] == [second]

    def test_a_slow_insert_is_not_overtaken_within_its_key(
        self, service: Connection, database_url: str
    ) -> None:
        done = threading.Event()
        slow = psycopg.connect(database_url)
        with slow:
            slow.execute("insert into command_queue (command, order_key) values ('answer', 'g')")

            def insert_the_second() -> None:
                add(service, order_key="g", payload=Jsonb({"second": True}))
                done.set()

            thread = threading.Thread(target=insert_the_second)
            thread.start()
            waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            with psycopg.connect(database_url, autocommit=True) as watcher:
                while watcher.execute(waiting).fetchone() != (1,):
                    assert not done.is_set()
            slow.commit()
            thread.join()
        (head,) = claim(service)
        assert head["payload"] == {}


def test_an_answer_is_claimed_only_by_the_application_that_was_asked(service: Connection) -> None:
    mine = add(service, payload=Jsonb({"application_id": "1"}))
    add(service, payload=Jsonb({"application_id": "2"}))
    anybodys = add(service, payload=Jsonb({"position": 3}))
    claimed = service.execute(
        "select id from claim_commands(%s, p_application_id => '1')", ([KIND],)
    ).fetchall()
    assert {row["id"] for row in claimed} == {mine, anybodys}
