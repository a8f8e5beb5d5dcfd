"""command_queue by its SQL functions: nothing is lost, and nothing is run twice to its end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]

KIND = "answer"  # one that migrations list in command_kinds


def add(service: Connection, command: str = KIND, **columns: object) -> UUID:
    """A pending row with these columns; its id."""
    names = ["command", *columns]
    values = [command, *columns.values()]
    row = service.execute(
        sql.SQL("insert into command_queue ({}) values ({}) returning id").format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        ),
        values,
    ).fetchone()
    assert row is not None
    return UUID(str(row["id"]))


def claim(service: Connection, *, limit: int = 10, lease_seconds: int = 60) -> list[Row]:
    return service.execute(
        "select * from claim_commands(%s, %s, %s, 'test')", ([KIND], limit, lease_seconds)
    ).fetchall()


def call(service: Connection, function: str, *arguments: object) -> Any:  # noqa: ANN401 - as SQL has it
    row = service.execute(
        sql.SQL("select {}({}) as value").format(
            sql.Identifier(function),
            sql.SQL(", ").join([sql.Placeholder()] * len(arguments)),
        ),
        arguments,
    ).fetchone()
    assert row is not None
    return row["value"]


def begin(service: Connection, **changes: object) -> tuple[UUID, Row]:
    """Begin a command; its id and what begin_command said."""
    arguments: dict[str, object] = {
        "p_id": uuid4(),
        "p_command": KIND,
        "p_payload": Jsonb({"command": "ask"}),
        "p_token": "token",
        "p_interaction": Jsonb({"member": {"user": {"id": "7"}}}),
        "p_lease_seconds": 60,
        "p_expires_at": datetime.now(UTC) + timedelta(minutes=15),
        **changes,
    }
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in arguments
    )
    row = service.execute(
        sql.SQL("select begin_command({}) as said").format(named), arguments
    ).fetchone()
    assert row is not None
    return UUID(str(arguments["p_id"])), row["said"]


def row_of(service: Connection, id: UUID) -> Row:  # noqa: A002 - the column's name
    row = service.execute("select * from command_queue where id = %s", (id,)).fetchone()
    assert row is not None
    return row


def end_lease(service: Connection, id: UUID) -> None:  # noqa: A002 - the column's name
    """As if its time had passed."""
    service.execute(
        "update command_queue set locked_until = now() - interval '1 second' where id = %s", (id,)
    )


def make_due(service: Connection, id: UUID) -> None:  # noqa: A002 - the column's name
    service.execute("update command_queue set run_at = now() where id = %s", (id,))


class TestBeginning:
    def test_a_command_is_under_way_from_its_first_moment(self, service: Connection) -> None:
        id_, said = begin(service)
        row = row_of(service, id_)
        assert row["status"] == "processing"
        assert row["attempts"] == 1
        assert str(row["lease_id"]) == said["lease_id"]
        assert said["retry_after_seconds"] == 0
        assert row["payload"] == {"command": "ask"}

    def test_nobody_else_can_claim_it(self, service: Connection) -> None:
        begin(service)
        assert claim(service) == []

    def test_the_token_lies_apart_and_goes_with_the_row_s_end(self, service: Connection) -> None:
        id_, said = begin(service)
        assert service.execute("select token from command_secrets").fetchall() == [
            {"token": "token"}
        ]
        assert call(service, "complete_command", id_, said["lease_id"]) is True
        assert service.execute("select token from command_secrets").fetchall() == []

    def test_the_same_interaction_cannot_begin_twice(self, service: Connection) -> None:
        id_, _ = begin(service)
        with pytest.raises(psycopg.errors.UniqueViolation):
            begin(service, p_id=id_)

    def test_a_user_who_has_just_asked_is_told_how_long_to_wait(self, service: Connection) -> None:
        cooldown = {"p_user_id": "7", "p_cooldown_key": "ask", "p_cooldown_seconds": 30}
        _, first = begin(service, **cooldown)
        refused, second = begin(service, **cooldown)
        assert first["lease_id"] is not None
        assert second["lease_id"] is None
        assert 0 < second["retry_after_seconds"] <= 30
        rows = service.execute("select id from command_queue").fetchall()
        assert refused not in [row["id"] for row in rows]

    def test_the_wait_is_for_that_user_and_command_alone(self, service: Connection) -> None:
        begin(service, p_user_id="7", p_cooldown_key="ask", p_cooldown_seconds=30)
        _, other_user = begin(service, p_user_id="8", p_cooldown_key="ask", p_cooldown_seconds=30)
        _, other_key = begin(service, p_user_id="7", p_cooldown_key="draw", p_cooldown_seconds=30)
        assert other_user["lease_id"] is not None
        assert other_key["lease_id"] is not None

    def test_the_wait_ends(self, service: Connection) -> None:
        cooldown = {"p_user_id": "7", "p_cooldown_key": "ask", "p_cooldown_seconds": 30}
        begin(service, **cooldown)
        service.execute("update cooldowns set until = now()")
        _, said = begin(service, **cooldown)
        assert said["lease_id"] is not None

    def test_a_refused_row_costs_no_wait(self, service: Connection) -> None:
        id_, _ = begin(service)
        with pytest.raises(psycopg.errors.UniqueViolation):
            begin(service, p_id=id_, p_user_id="7", p_cooldown_key="ask", p_cooldown_seconds=30)
        assert service.execute("select * from cooldowns").fetchall() == []


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


class TestEnding:
    def test_complete_ends_a_row_once(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        assert call(service, "complete_command", id_, row["lease_id"]) is True
        assert call(service, "complete_command", id_, row["lease_id"]) is False
        ended = row_of(service, id_)
        assert ended["status"] == "completed"
        assert ended["finished_at"] is not None
        assert ended["lease_id"] is None

    def test_whoever_lost_the_lease_can_end_nothing(self, service: Connection) -> None:
        id_ = add(service)
        (old,) = claim(service)
        end_lease(service, id_)
        (new,) = claim(service)
        assert call(service, "complete_command", id_, old["lease_id"]) is False
        assert call(service, "fail_command", id_, old["lease_id"], "no") is None
        assert call(service, "renew_command", id_, old["lease_id"]) is False
        assert call(service, "release_command", id_, old["lease_id"]) is False
        assert call(service, "complete_command", id_, new["lease_id"]) is True

    def test_a_late_worker_may_still_end_what_nobody_else_took(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        end_lease(service, id_)
        assert call(service, "complete_command", id_, row["lease_id"]) is True

    def test_a_failed_attempt_is_tried_again_later_each_time(self, service: Connection) -> None:
        id_ = add(service)
        waits: list[float] = []
        for _ in range(4):
            (row,) = claim(service)
            assert call(service, "fail_command", id_, row["lease_id"], "503") == "pending"
            after = row_of(service, id_)
            assert after["last_error"] == "503"
            assert after["failure_reason"] is None
            waits.append((after["run_at"] - datetime.now(UTC)).total_seconds())
            assert claim(service) == []
            make_due(service, id_)
        bounds = [(0, 5), (3, 10), (8, 20), (15, 40)]
        for wait, (least, most) in zip(waits, bounds, strict=True):
            assert least < wait <= most

    def test_the_last_attempt_s_failure_is_final(self, service: Connection) -> None:
        id_ = add(service, max_attempts=1)
        (row,) = claim(service)
        assert call(service, "fail_command", id_, row["lease_id"], "503") == "failed"
        ended = row_of(service, id_)
        assert (ended["failure_reason"], ended["last_error"]) == ("attempts", "503")

    def test_a_failure_that_no_repeat_would_mend_is_final(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        status = call(service, "fail_command", id_, row["lease_id"], "bad", "cancelled", False)
        assert status == "failed"
        assert row_of(service, id_)["failure_reason"] == "cancelled"

    def test_a_reason_that_is_none_of_ours_is_refused(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        with pytest.raises(psycopg.errors.CheckViolation):
            call(service, "fail_command", id_, row["lease_id"], "bad", "whatever", False)

    def test_renewing_holds_a_row_longer_and_keeps_its_progress(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service, lease_seconds=1)
        progress = Jsonb({"follow_ups": ["1"]})
        assert call(service, "renew_command", id_, row["lease_id"], 60, progress) is True
        assert call(service, "renew_command", id_, row["lease_id"], 60, None) is True
        kept = row_of(service, id_)
        assert kept["progress"] == {"follow_ups": ["1"]}
        assert kept["locked_until"] > datetime.now(UTC) + timedelta(seconds=30)

    def test_a_row_given_back_costs_no_attempt(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        assert call(service, "release_command", id_, row["lease_id"]) is True
        (again,) = claim(service)
        assert again["attempts"] == row["attempts"] == 1


class TestByHand:
    def test_the_oldest_pending_are_read_as_ever(self, service: Connection) -> None:
        ids = [add(service) for _ in range(12)]
        rows = service.execute(
            "select id from command_queue where status = 'pending' order by created_at limit 10"
        ).fetchall()
        assert [row["id"] for row in rows] == ids[:10]

    def test_a_row_set_to_processing_gets_a_lease(self, service: Connection) -> None:
        id_ = add(service)
        service.execute("update command_queue set status = 'processing' where id = %s", (id_,))
        row = row_of(service, id_)
        assert row["lease_id"] is not None
        assert row["locked_until"] > datetime.now(UTC)
        assert claim(service) == []
        end_lease(service, id_)
        assert [row["id"] for row in claim(service)] == [id_]

    def test_a_row_ended_by_hand_is_ended(self, service: Connection) -> None:
        done, broken = add(service), add(service)
        for status, id_ in (("completed", done), ("failed", broken)):
            service.execute("update command_queue set status = 'processing' where id = %s", (id_,))
            service.execute("update command_queue set status = %s where id = %s", (status, id_))
        assert row_of(service, done)["failure_reason"] is None
        assert row_of(service, broken)["failure_reason"] == "error"
        assert claim(service) == []

    def test_a_row_set_back_to_pending_runs_again(self, service: Connection) -> None:
        id_ = add(service)
        service.execute("update command_queue set status = 'failed' where id = %s", (id_,))
        service.execute("update command_queue set status = 'pending' where id = %s", (id_,))
        row = row_of(service, id_)
        assert (row["failure_reason"], row["finished_at"]) == (None, None)
        assert [row["id"] for row in claim(service)] == [id_]

    def test_a_slot_can_be_taken_once(self, service: Connection) -> None:
        add(service, slot_key="daily_report:2026-11-20")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(service, slot_key="daily_report:2026-11-20")


class TestDeletingUserData:
    def test_everything_of_that_user_goes_and_nothing_of_others(self, service: Connection) -> None:
        for user in ("7", "8"):
            service.execute("insert into gemini_usage (user_id) values (%s)", (user,))
            service.execute("insert into music_history (requested_by) values (%s)", (user,))
            service.execute("insert into cooldowns values (%s, 'ask', now())", (user,))
            service.execute(
                "insert into interaction_log (command, kind, outcome, user_id)"
                " values ('ask', 'command', 'answered', %s)",
                (user,),
            )
            add(service, payload=Jsonb({"user_id": user}))
        assert call(service, "delete_user_data", "7") == {
            "gemini_usage": 1,
            "command_queue": 1,
            "music_history": 1,
            "interaction_log": 1,
            "cooldowns": 1,
        }
        left = service.execute(
            "select (select array_agg(user_id) from gemini_usage) as usage,"
            " (select array_agg(requested_by) from music_history) as music,"
            " (select array_agg(user_id) from cooldowns) as cooldowns,"
            " (select array_agg(user_id) from interaction_log where user_id is not null) as ledger,"
            " (select array_agg(payload ->> 'user_id') from command_queue) as queue"
        ).fetchone()
        assert left is not None
        assert list(left.values()) == [["8"]] * 5

    def test_a_waiting_question_of_theirs_goes(self, service: Connection) -> None:
        id_, said = begin(service)
        call(service, "fail_command", id_, said["lease_id"], "503")
        assert call(service, "delete_user_data", "7")["command_queue"] == 1
        assert service.execute("select * from command_secrets").fetchall() == []

    def test_an_answer_under_way_is_left_to_end(self, service: Connection) -> None:
        id_, said = begin(service)
        assert call(service, "delete_user_data", "7")["command_queue"] == 0
        assert call(service, "complete_command", id_, said["lease_id"]) is True


def test_an_answer_is_claimed_only_by_the_application_that_was_asked(service: Connection) -> None:
    mine = add(service, payload=Jsonb({"application_id": "1"}))
    add(service, payload=Jsonb({"application_id": "2"}))
    anybodys = add(service, payload=Jsonb({"position": 3}))
    claimed = service.execute(
        "select id from claim_commands(%s, p_application_id => '1')", ([KIND],)
    ).fetchall()
    assert {row["id"] for row in claimed} == {mine, anybodys}
