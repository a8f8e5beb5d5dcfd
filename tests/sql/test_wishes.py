"""What an owner may wish of a row: that it be tried again, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb

from tests.sql.queue_rows import (
    Connection,
    add,
    begin,
    call,
    claim,
    end_lease,
    row_of,
)


def failed(service: Connection, **columns: object) -> object:
    """A row that has ended badly; its id."""
    id_ = add(service, command="alert", max_attempts=1, **columns)
    (row,) = claim(service, "alert")
    assert call(service, "fail_command", id_, row["lease_id"], "404") == "failed"
    return id_


class TestTryingAgain:
    def test_a_failed_row_runs_again_with_all_its_attempts_and_a_new_term(
        self, service: Connection
    ) -> None:
        id_ = add(service, command="alert", expires_at=datetime.now(UTC) - timedelta(hours=1))
        assert claim(service, "alert") == []
        assert call(service, "retry_command", id_) == "pending"
        row = row_of(service, id_)
        assert (row["status"], row["attempts"], row["failure_reason"]) == ("pending", 0, None)
        assert row["expires_at"] > datetime.now(UTC) + timedelta(hours=5)
        assert row["finished_at"] is None
        (claimed,) = claim(service, "alert")
        assert (claimed["id"], claimed["attempts"]) == (id_, 1)

    def test_it_goes_to_the_end_of_its_order(self, service: Connection) -> None:
        first = failed(service, order_key="guild 1")
        second = add(service, command="alert", order_key="guild 1")
        assert call(service, "retry_command", first) == "pending"
        (head,) = claim(service, "alert")
        assert head["id"] == second
        call(service, "complete_command", second, head["lease_id"])
        assert [row["id"] for row in claim(service, "alert")] == [first]

    def test_its_progress_is_forgotten(self, service: Connection) -> None:
        id_ = add(service, command="alert", max_attempts=1)
        (row,) = claim(service, "alert")
        call(service, "renew_command", id_, row["lease_id"], 60, Jsonb({"follow_ups": ["1"]}))
        call(service, "fail_command", id_, row["lease_id"], "404")
        call(service, "retry_command", id_)
        assert row_of(service, id_)["progress"] is None

    def test_only_a_failed_row_can_be_tried_again(self, service: Connection) -> None:
        waiting = add(service, command="alert")
        assert call(service, "retry_command", waiting) == "not_failed"
        (row,) = claim(service, "alert")
        assert call(service, "retry_command", waiting) == "not_failed"
        call(service, "complete_command", waiting, row["lease_id"])
        assert call(service, "retry_command", waiting) == "not_failed"
        assert row_of(service, waiting)["status"] == "completed"

    def test_an_answer_whose_interaction_is_forgotten_cannot_be_given_any_more(
        self, service: Connection
    ) -> None:
        id_, said = begin(service)
        call(service, "fail_command", id_, said["lease_id"], "bad", "error", False)
        assert call(service, "retry_command", id_) == "secrets_gone"
        assert row_of(service, id_)["status"] == "failed"

    def test_there_may_be_no_such_row(self, service: Connection) -> None:
        assert call(service, "retry_command", uuid4()) is None


class TestCancelling:
    def test_a_waiting_row_is_not_carried_out(self, service: Connection) -> None:
        id_ = add(service)
        assert call(service, "cancel_command", id_) == "failed"
        row = row_of(service, id_)
        assert (row["failure_reason"], row["last_error"]) == ("cancelled", "It was cancelled.")
        assert row["finished_at"] is not None
        assert claim(service) == []

    def test_whoever_works_on_it_can_end_it_no_longer(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        assert call(service, "cancel_command", id_) == "failed"
        assert call(service, "renew_command", id_, row["lease_id"]) is False
        assert call(service, "complete_command", id_, row["lease_id"]) is False
        assert call(service, "fail_command", id_, row["lease_id"], "no") is None
        assert call(service, "release_command", id_, row["lease_id"]) is False
        assert row_of(service, id_)["failure_reason"] == "cancelled"

    def test_its_token_goes_with_it(self, service: Connection) -> None:
        id_, _ = begin(service)
        assert call(service, "cancel_command", id_) == "failed"
        assert service.execute("select * from command_secrets").fetchall() == []

    def test_the_next_of_its_order_takes_its_place(self, service: Connection) -> None:
        head, following = (add(service, order_key="guild 1") for _ in range(2))
        claim(service)
        assert claim(service) == []
        call(service, "cancel_command", head)
        assert [row["id"] for row in claim(service)] == [following]

    def test_what_has_ended_stays_as_it_ended(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        call(service, "complete_command", id_, row["lease_id"])
        assert call(service, "cancel_command", id_) == "not_open"
        assert row_of(service, id_)["status"] == "completed"

    def test_there_may_be_no_such_row(self, service: Connection) -> None:
        assert call(service, "cancel_command", uuid4()) is None

    def test_a_cancelled_row_can_be_wished_back(self, service: Connection) -> None:
        id_ = add(service, command="alert")
        call(service, "cancel_command", id_)
        assert call(service, "retry_command", id_) == "pending"
        assert [row["id"] for row in claim(service, "alert")] == [id_]


def test_a_cancelled_row_is_never_taken_up_again_when_its_lease_would_have_ended(
    service: Connection,
) -> None:
    id_ = add(service)
    claim(service)
    call(service, "cancel_command", id_)
    end_lease(service, id_)
    assert claim(service) == []
