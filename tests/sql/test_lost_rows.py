"""What becomes of rows whose holders died, whose time is over, or whose head blocks the others."""

from __future__ import annotations

from collections.abc import Iterator
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


INTERACTION: dict[str, object] = {
    "id": "1180000000000000001",
    "type": 2,
    "guild_id": "1180000000000000100",
    "member": {"user": {"id": "1180000000000000300"}},
    "data": {"name": "ask"},
}


class TestTheLedger:
    """An answer whose process died stands in it all the same."""

    def entries(self, service: Connection) -> list[dict[str, object]]:
        return service.execute("select * from interaction_log order by id").fetchall()

    def test_an_answer_that_expired_unanswered_is_a_failure(self, service: Connection) -> None:
        id_, _ = begin(service, p_interaction=Jsonb(INTERACTION))
        expire(service, id_)
        end_lease(service, id_)
        for _ in range(2):
            claim(service)
        (entry,) = self.entries(service)
        assert (entry["command"], entry["kind"], entry["deferred"]) == ("ask", "command", True)
        assert (entry["outcome"], entry["error"]) == ("failed", "expired")
        assert entry["interaction_id"] == "1180000000000000001"
        assert entry["guild_id"] == "1180000000000000100"
        assert (entry["acknowledged_ms"], entry["finished_ms"]) == (None, None)
        (window,) = service.execute("select * from interaction_window()").fetchall()
        assert (window["executed"], window["errors"]) == (1, 1)

    def test_it_does_not_say_whose_it_was(self, service: Connection) -> None:
        id_, _ = begin(
            service,
            p_interaction=Jsonb(INTERACTION),
            p_payload=Jsonb({"command": "privacy:delete"}),
        )
        expire(service, id_)
        end_lease(service, id_)
        claim(service)
        (entry,) = self.entries(service)
        assert (entry["command"], entry["user_id"]) == ("privacy:delete", None)

    @pytest.mark.parametrize(("type_", "kind"), [(2, "command"), (3, "component"), (5, "modal")])
    def test_one_that_was_tried_too_often_says_so_and_what_it_was(
        self, service: Connection, type_: int, kind: str
    ) -> None:
        id_, _ = begin(service, p_interaction=Jsonb({**INTERACTION, "type": type_}))
        service.execute("update command_queue set max_attempts = 1 where id = %s", (id_,))
        end_lease(service, id_)
        claim(service)
        (entry,) = self.entries(service)
        assert (entry["kind"], entry["error"]) == (kind, "attempts")

    def test_what_its_invocation_wrote_down_stays(self, service: Connection) -> None:
        service.execute(
            "insert into interaction_log (interaction_id, command, kind, outcome)"
            " values ('1180000000000000001', 'ask', 'command', 'answered')"
        )
        id_, _ = begin(service, p_interaction=Jsonb(INTERACTION))
        expire(service, id_)
        end_lease(service, id_)
        claim(service)
        assert [entry["outcome"] for entry in self.entries(service)] == ["answered"]

    def test_what_is_no_interaction_is_not_in_it(self, service: Connection) -> None:
        expire(service, add(service), add(service, command="snapshot"))
        claim(service)
        assert self.entries(service) == []


class TestALogOfTheOwners:
    """It may refuse what it likes; the queue goes on."""

    @pytest.fixture(autouse=True)
    def _refuses_warnings(
        self, service: Connection, database: psycopg.Connection
    ) -> Iterator[None]:
        database.execute(
            "alter table bot_logs add constraint theirs check (level in ('info', 'warn', 'error'))"
        )
        yield
        database.execute("alter table bot_logs drop constraint theirs")

    def test_a_claim_ends_what_is_lost_and_takes_what_waits(self, service: Connection) -> None:
        lost, due = add(service, command="fly"), add(service)
        assert [row["id"] for row in claim(service)] == [due]
        assert row_of(service, lost)["failure_reason"] == "unknown_command"

    def test_a_line_that_is_refused_takes_no_other_with_it(self, service: Connection) -> None:
        lines = [{"level": level, "message": level} for level in ("warning", "error", "info")]
        call(service, "write_log", Jsonb(lines))
        rows = service.execute("select level from bot_logs order by id").fetchall()
        assert [row["level"] for row in rows] == ["error", "info"]


@pytest.mark.parametrize(
    "lines", [None, {}, "x", [], [None], [5], [{}], [{"level": None}], [["x"]]], ids=repr
)
def test_lines_that_are_none_are_left_out(service: Connection, lines: object) -> None:
    service.execute("select write_log(%s::jsonb)", (Jsonb(lines),))
    assert service.execute("select * from bot_logs").fetchall() == []
