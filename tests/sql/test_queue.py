"""command_queue by its SQL functions: rows begin and end, and nothing is run twice to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.queue_rows import (
    Connection,
    add,
    begin,
    call,
    claim,
    end_lease,
    make_due,
    row_of,
)


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
