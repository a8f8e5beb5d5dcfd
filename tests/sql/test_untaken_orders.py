"""Orders that no worker got round to: what answering takes passes on to the functions."""

from __future__ import annotations

from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.sql.player_rows import GUILD, be_silent, beat
from tests.sql.queue_rows import Connection, Row, call

INTERACTION = {"id": "1", "application_id": "7", "token": "a-token", "type": 2, "locale": "ja"}


@pytest.fixture(autouse=True)
def with_a_worker(service: Connection) -> None:
    beat(service)


def order(service: Connection, interaction: Row = INTERACTION) -> None:
    payload = Jsonb({"guild_id": GUILD, "application_id": "7"})
    call(service, "order_player", uuid4(), "skip", payload, "a-token", Jsonb(interaction))


def expire(service: Connection) -> None:
    service.execute("update command_queue set expires_at = now() where command = 'skip'")
    be_silent(service)


def claimed(service: Connection, kind: str) -> list[Row]:
    query = "select * from claim_commands(array[%s], 10, 60, 'somebody', '7')"
    return service.execute(query.encode(), (kind,)).fetchall()


def test_who_waits_for_an_answer_is_answered_by_the_functions(service: Connection) -> None:
    order(service)
    expire(service)
    claimed(service, "snapshot")  # whoever comes by next
    (row,) = claimed(service, "untaken")
    assert row["payload"] == {
        "command": "skip",
        "reason": "expired",
        "guild_id": GUILD,
        "application_id": "7",
    }
    assert row["interaction"] == INTERACTION
    assert row["token"] == "a-token"


def test_of_one_that_a_worker_took_and_never_ended_that_is_told(service: Connection) -> None:
    order(service)
    service.execute("select * from claim_commands(array['skip'], 1, 60, 'run-1', '7')")
    service.execute("update command_queue set locked_until = now() where command = 'skip'")
    expire(service)
    claimed(service, "snapshot")
    (row,) = claimed(service, "untaken")
    assert row["payload"]["reason"] == "expired"
    assert row["payload"]["is_begun"] is True


def test_the_token_is_kept_once_and_goes_with_that_answer(service: Connection) -> None:
    order(service)
    expire(service)
    claimed(service, "snapshot")
    (row,) = claimed(service, "untaken")
    assert call(service, "complete_command", row["id"], row["lease_id"])
    assert service.execute("select from command_secrets").fetchall() == []


def test_so_is_who_gave_one_that_was_cancelled(service: Connection) -> None:
    order(service)
    (row,) = service.execute("select id from command_queue where command = 'skip'").fetchall()
    call(service, "cancel_command", row["id"])
    (answer,) = claimed(service, "untaken")
    assert answer["payload"]["reason"] == "cancelled"


def test_a_dashboards_order_has_nobody_who_waits(service: Connection) -> None:
    service.execute(
        "insert into command_queue (command, payload) values ('skip', %s)",
        (Jsonb({"guild_id": GUILD, "by": "1"}),),
    )
    expire(service)
    claimed(service, "snapshot")
    assert claimed(service, "untaken") == []


def test_one_that_was_carried_out_or_refused_has_had_its_answer(service: Connection) -> None:
    for ending in ("complete_command", "fail_command"):
        order(service)
        query = "select * from claim_commands(array['skip'], 1, 60, 'run-1', '7')"
        (row,) = service.execute(query.encode()).fetchall()
        if ending == "complete_command":
            call(service, ending, row["id"], row["lease_id"])
        else:
            call(service, ending, row["id"], row["lease_id"], "no", "refused", False)
    assert claimed(service, "untaken") == []
    assert service.execute("select from command_secrets").fetchall() == []
