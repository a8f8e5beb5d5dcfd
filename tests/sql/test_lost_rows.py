"""What becomes of rows whose holders died, whose time is over, or whose head blocks the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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


def logged(service: Connection) -> list[str]:
    rows = service.execute("select level, message from bot_logs order by id").fetchall()
    assert {row["level"] for row in rows} <= {"warning"}
    return [str(row["message"]) for row in rows]


def expire(service: Connection, *ids: object) -> None:
    service.execute(
        "update command_queue set expires_at = now() - interval '1 s' where id = any (%s)",
        (list(ids),),
    )


class TestLapsedRows:
    def test_a_row_whose_holder_died_goes_before_what_is_due(self, service: Connection) -> None:
        died = add(service)
        claim(service)
        older = add(service, created_at=datetime.now(UTC) - timedelta(hours=1))
        end_lease(service, died)
        assert [row["id"] for row in claim(service)] == [died]
        assert [row["id"] for row in claim(service)] == [older]

    def test_it_goes_alone_so_that_it_takes_no_others_with_it_again(
        self, service: Connection
    ) -> None:
        died = [add(service) for _ in range(3)]
        claim(service)
        for id_ in died:
            end_lease(service, id_)
        add(service)
        alone = [claim(service) for _ in died]
        assert sorted(row["id"] for rows in alone for row in rows) == sorted(died)
        assert {len(rows) for rows in alone} == {1}

    def test_the_one_that_was_held_longest_ago_is_first(self, service: Connection) -> None:
        late, early = add(service), add(service)
        claim(service)
        for id_, seconds in ((late, 10), (early, 60)):
            service.execute(
                "update command_queue set locked_until = now() - make_interval(secs => %s)"
                " where id = %s",
                (seconds, id_),
            )
        assert [claim(service)[0]["id"] for _ in range(2)] == [early, late]

    def test_it_keeps_its_order_key_meanwhile(self, service: Connection) -> None:
        head, _ = add(service, order_key="g"), add(service, order_key="g")
        claim(service)
        end_lease(service, head)
        (row,) = claim(service)
        assert row["id"] == head
        assert claim(service) == []

    def test_no_row_is_claimed_where_none_is_asked_for(self, service: Connection) -> None:
        id_ = add(service)
        claim(service)
        end_lease(service, id_)
        add(service)
        assert claim(service, limit=0) == []


class TestExpiry:
    def test_an_order_is_never_carried_out_late(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        expire(service, id_)
        call(service, "fail_command", id_, row["lease_id"], "503")
        make_due(service, id_)
        assert claim(service) == []
        assert row_of(service, id_)["failure_reason"] == "expired"

    def test_nor_when_its_holder_died(self, service: Connection) -> None:
        id_ = add(service)
        claim(service)
        expire(service, id_)
        end_lease(service, id_)
        assert claim(service) == []
        assert row_of(service, id_)["failure_reason"] == "expired"

    def test_a_row_that_expires_before_its_time_comes_is_ended_then(
        self, service: Connection
    ) -> None:
        id_ = add(service, run_at=datetime(2090, 1, 1, tzinfo=UTC))
        expire(service, id_)
        claim(service)
        assert row_of(service, id_)["failure_reason"] == "expired"

    def test_a_head_that_waits_for_its_retry_holds_its_key_until_it_expires(
        self, service: Connection
    ) -> None:
        head, following = (add(service, order_key="guild 1") for _ in range(2))
        (row,) = claim(service)
        call(service, "fail_command", head, row["lease_id"], "503")
        assert claim(service) == []
        expire(service, head)
        assert [row["id"] for row in claim(service)] == [following]

    def test_more_rows_than_one_claim_ends_are_ended_by_the_next(self, service: Connection) -> None:
        ids = [add(service) for _ in range(120)]
        expire(service, *ids)
        assert claim(service) == []
        assert claim(service) == []
        rows = service.execute("select distinct status from command_queue").fetchall()
        assert rows == [{"status": "failed"}]

    def test_expired_rows_are_not_claimed_though_there_are_more_than_one_claim_ends(
        self, service: Connection
    ) -> None:
        expire(service, *[add(service) for _ in range(120)])
        fresh = add(service)
        assert [row["id"] for row in claim(service)] == [fresh]


class TestWhatIsTold:
    def test_every_row_that_is_given_up_is_a_line_in_the_log(self, service: Connection) -> None:
        expired, unknown, worn_out = add(service), add(service, command="fly"), add(service)
        expire(service, expired)
        service.execute("update command_queue set max_attempts = 1 where id = %s", (worn_out,))
        claim(service)
        end_lease(service, worn_out)
        claim(service)
        assert sorted(logged(service)) == sorted(
            [
                f"command_given_up  command=answer id={expired} reason=expired",
                f"command_given_up  command=fly id={unknown} reason=unknown_command",
                f"command_given_up  command=answer id={worn_out} reason=attempts",
            ]
        )

    def test_it_is_told_once(self, service: Connection) -> None:
        expire(service, add(service))
        for _ in range(3):
            claim(service)
        assert len(logged(service)) == 1

    def test_it_tells_neither_the_token_nor_the_question(self, service: Connection) -> None:
        id_, _ = begin(service)
        expire(service, id_)
        end_lease(service, id_)
        claim(service)
        (line,) = logged(service)
        assert "token" not in line
        assert service.execute("select * from command_secrets").fetchall() == []

    def test_what_ends_well_is_not_told(self, service: Connection) -> None:
        id_ = add(service)
        (row,) = claim(service)
        call(service, "complete_command", id_, row["lease_id"])
        assert logged(service) == []
