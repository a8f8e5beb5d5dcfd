"""What every Store keeps to, in memory and on PostgREST: rows begin, are held, and end."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.ports import (
    CommandStatus,
    CoolingDown,
    FailureReason,
    Lease,
    StoreError,
)
from tests.services.store_steps import INTERACTION, OTHER, USER, begin, claim, deferred, held, row
from tests.services.store_worlds import StoreWorld


def test_a_begun_command_is_under_way_with_its_token_apart(world: StoreWorld) -> None:
    lease = begin(world)
    seen = row(world, lease.command_id)
    assert (seen.status, seen.attempts, seen.has_secret) == ("processing", 1, True)
    assert seen.payload == {"command": "ask", "guild_id": None}
    assert claim(world) == []


def test_a_command_is_begun_once(world: StoreWorld) -> None:
    command_id = uuid4()
    begin(world, id=command_id)
    with pytest.raises(StoreError) as caught:
        world.store.begin_command(deferred(world, id=command_id))
    assert (caught.value.operation, caught.value.code) == ("begin_command", "23505")


@pytest.mark.parametrize(
    ("text", "storable"),
    [
        ("\0", "\ufffd"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\udfff!", "\ufffd!"),
        ("\ud800\ud83d\ude00", "\ufffd😀"),
        ("\\u0000", "\\u0000"),
        ("\\\0", "\\\ufffd"),
        ("\\\\ud800", "\\\\ud800"),
        ('😀\n\t"', '😀\n\t"'),
    ],
    ids=ascii,
)
def test_a_question_of_any_characters_can_be_begun(
    world: StoreWorld, text: str, storable: str
) -> None:
    begin(world, interaction={**INTERACTION, "text": text}, lease_seconds=0)
    (claimed,) = claim(world)
    assert claimed.secret is not None
    assert claimed.secret["text"] in {text, storable}


def test_a_cooling_down_user_is_told_how_long_and_nothing_is_written(world: StoreWorld) -> None:
    begin(world, cooldown_seconds=5.0)
    again = deferred(world, cooldown_seconds=5.0)
    world.let_pass(2)
    answer = world.store.begin_command(again)
    assert isinstance(answer, CoolingDown)
    assert 0 < answer.retry_after_seconds <= 3
    assert world.row(again.id) is None
    world.let_pass(4)
    assert isinstance(world.store.begin_command(again), Lease)


def test_a_cool_down_is_one_users_for_one_command(world: StoreWorld) -> None:
    begin(world, cooldown_seconds=5.0)
    begin(world, cooldown_seconds=5.0, user_id=OTHER)
    begin(world, cooldown_seconds=5.0, cooldown_key="other")
    begin(world, cooldown_seconds=0.0)


def given_back(world: StoreWorld, lease: Lease, **changes: str) -> bool:
    named = {"user_id": USER, "cooldown_key": "ask", **changes}
    return world.store.end_cooldown(lease, **named, cooldown_seconds=5.0)


def test_a_cool_down_that_is_given_back_holds_up_nobody(world: StoreWorld) -> None:
    lease = begin(world, cooldown_seconds=5.0)
    assert given_back(world, lease)
    assert not given_back(world, lease)
    begin(world, cooldown_seconds=5.0)


def test_a_cool_down_is_given_back_to_its_user_for_its_command_alone(world: StoreWorld) -> None:
    lease = begin(world, cooldown_seconds=5.0)
    begin(world, cooldown_seconds=5.0, user_id=OTHER)
    begin(world, cooldown_seconds=5.0, cooldown_key="other")
    assert not given_back(world, lease, user_id="1")
    assert given_back(world, lease)
    for others in ({"user_id": OTHER}, {"cooldown_key": "other"}):
        again = deferred(world, cooldown_seconds=5.0, **others)
        assert isinstance(world.store.begin_command(again), CoolingDown)


def test_a_cool_down_that_began_with_a_later_command_stays(world: StoreWorld) -> None:
    lease = begin(world, cooldown_seconds=5.0)
    world.let_pass(6)
    begin(world, cooldown_seconds=5.0)
    assert not given_back(world, lease)
    again = deferred(world, cooldown_seconds=5.0)
    assert isinstance(world.store.begin_command(again), CoolingDown)


def test_who_lost_the_lease_gives_nothing_back(world: StoreWorld) -> None:
    lease = begin(world, cooldown_seconds=5.0)
    assert not given_back(world, Lease(lease.command_id, uuid4()))
    assert world.store.complete_command(lease)
    assert not given_back(world, lease)


def test_the_lease_is_the_one_that_the_beginner_chose(world: StoreWorld) -> None:
    command = deferred(world)
    lease = world.store.begin_command(command)
    assert lease == Lease(command.id, command.lease_id)


def test_the_oldest_are_claimed_first_and_no_more_than_asked_for(world: StoreWorld) -> None:
    ids = [world.insert_plainly("snapshot", {"number": number}) for number in range(5)]
    assert [command.id for command in claim(world, limit=2)] == ids[:2]
    assert [command.id for command in claim(world, limit=10)] == ids[2:]
    assert claim(world) == []


def test_only_the_kinds_asked_for_are_claimed(world: StoreWorld) -> None:
    snapshot = world.insert_plainly("snapshot")
    assert claim(world, "answer") == []
    assert [command.id for command in claim(world, "snapshot")] == [snapshot]


def test_a_command_that_nobody_handles_fails_with_a_reason(world: StoreWorld) -> None:
    command_id = world.insert_plainly("self_destruct")
    assert claim(world) == []
    seen = row(world, command_id)
    assert (seen.status, seen.failure_reason) == ("failed", "unknown_command")
    assert "self_destruct" in (seen.last_error or "")


def test_a_leftover_is_claimed_with_its_interaction_when_its_lease_ends(world: StoreWorld) -> None:
    lease = begin(world, lease_seconds=60)
    world.let_pass(59)
    assert claim(world) == []
    world.let_pass(2)
    (claimed,) = claim(world)
    assert claimed.id == lease.command_id
    assert claimed.attempts == 2
    assert claimed.secret == INTERACTION
    assert claimed.expires_at is not None
    assert claimed.expires_at.tzinfo is not None
    assert claimed.created_at.tzinfo is not None
    assert not world.store.complete_command(lease)
    assert world.store.complete_command(held(claimed))


def test_a_row_whose_holder_died_goes_first_and_alone(world: StoreWorld) -> None:
    died = [world.insert_plainly("snapshot") for _ in range(2)]
    assert len(claim(world, lease_seconds=5)) == 2
    due = world.insert_plainly("snapshot")
    world.let_pass(6)
    alone = [claim(world) for _ in died]
    assert sorted(command.id for commands in alone for command in commands) == sorted(died)
    assert [command.id for command in claim(world)] == [due]


def test_an_order_is_good_for_as_long_as_its_kind_says(world: StoreWorld) -> None:
    command_id = world.insert_plainly("alert")
    world.let_pass(6 * 3600 - 5)
    (claimed,) = claim(world, "alert")
    assert world.store.release_command(held(claimed))
    world.let_pass(6)
    assert claim(world, "alert") == []
    assert row(world, command_id).failure_reason == "expired"


def test_what_is_given_up_is_told_in_the_log(world: StoreWorld) -> None:
    command_id = world.insert_plainly("self_destruct")
    for _ in range(2):
        claim(world)
    message = f"command_given_up  command=self_destruct id={command_id} reason=unknown_command"
    assert world.table("bot_logs") == [{"level": "warning", "message": message}]


def test_what_expired_fails_with_that_reason_and_loses_its_token(world: StoreWorld) -> None:
    lease = begin(world, lease_seconds=60)
    world.let_pass(15 * 60 + 1)
    assert claim(world) == []
    seen = row(world, lease.command_id)
    assert (seen.status, seen.failure_reason, seen.has_secret) == ("failed", "expired", False)


def test_what_was_tried_five_times_fails_with_that_reason(world: StoreWorld) -> None:
    command_id = world.insert_plainly("snapshot")
    for _ in range(5):
        assert len(claim(world, lease_seconds=0)) == 1
    assert claim(world) == []
    seen = row(world, command_id)
    assert (seen.status, seen.failure_reason, seen.attempts) == ("failed", "attempts", 5)


def test_a_completed_row_has_ended_and_its_token_is_gone(world: StoreWorld) -> None:
    lease = begin(world)
    assert world.store.complete_command(lease)
    seen = row(world, lease.command_id)
    assert (seen.status, seen.failure_reason, seen.has_secret) == ("completed", None, False)
    assert not world.store.complete_command(lease)


def test_a_renewed_lease_holds_longer_and_keeps_the_progress(world: StoreWorld) -> None:
    lease = begin(world, lease_seconds=10)
    world.let_pass(8)
    assert world.store.renew_command(lease, lease_seconds=60, progress={"follow_ups": ["1"]})
    world.let_pass(30)
    assert claim(world) == []
    assert world.store.renew_command(lease, lease_seconds=0)
    assert row(world, lease.command_id).progress == {"follow_ups": ["1"]}
    (claimed,) = claim(world)
    assert claimed.progress == {"follow_ups": ["1"]}


def test_a_row_given_back_is_as_it_was_and_is_claimed_again(world: StoreWorld) -> None:
    command_id = world.insert_plainly("snapshot")
    (claimed,) = claim(world)
    assert world.store.release_command(held(claimed))
    seen = row(world, command_id)
    assert (seen.status, seen.attempts) == ("pending", 0)
    (again,) = claim(world)
    assert (again.id, again.attempts) == (command_id, 1)


def test_a_row_given_back_keeps_its_place_among_those_that_wait(world: StoreWorld) -> None:
    ids = [world.insert_plainly("snapshot") for _ in range(3)]
    (first,) = claim(world, limit=1)
    world.let_pass(10)
    assert world.store.release_command(held(first))
    assert [command.id for command in claim(world)] == ids


def test_a_failed_attempt_waits_for_the_next_ever_longer(world: StoreWorld) -> None:
    command_id = world.insert_plainly("snapshot")
    for attempt in range(1, 5):
        (claimed,) = claim(world)
        status = world.store.fail_command(
            held(claimed), error="it broke", reason=FailureReason.ERROR, retry=True
        )
        assert status is CommandStatus.PENDING
        assert claim(world) == []
        world.let_pass(2.4 * 2 ** (attempt - 1))
        assert claim(world) == []
        world.let_pass(2.7 * 2 ** (attempt - 1))
    (claimed,) = claim(world)
    status = world.store.fail_command(
        held(claimed), error="it broke", reason=FailureReason.ERROR, retry=True
    )
    assert status is CommandStatus.FAILED
    seen = row(world, command_id)
    assert (seen.status, seen.failure_reason, seen.last_error) == ("failed", "attempts", "it broke")


@pytest.mark.parametrize("reason", FailureReason)
def test_a_row_fails_for_good_where_another_attempt_is_no_use(
    world: StoreWorld, reason: FailureReason
) -> None:
    lease = begin(world)
    status = world.store.fail_command(lease, error="no", reason=reason, retry=False)
    assert status is CommandStatus.FAILED
    seen = row(world, lease.command_id)
    assert (seen.failure_reason, seen.last_error, seen.has_secret) == (reason.value, "no", False)


def test_who_lost_the_lease_can_do_nothing(world: StoreWorld) -> None:
    lease = begin(world, lease_seconds=0)
    (claimed,) = claim(world)
    stranger = Lease(uuid4(), uuid4())
    for lost in (lease, stranger, Lease(claimed.id, uuid4())):
        assert not world.store.complete_command(lost)
        assert not world.store.release_command(lost)
        assert not world.store.renew_command(lost, lease_seconds=60, progress={"x": 1})
        assert (
            world.store.fail_command(lost, error="no", reason=FailureReason.ERROR, retry=False)
            is None
        )
    seen = row(world, claimed.id)
    assert (seen.status, seen.attempts, seen.progress) == ("processing", 2, None)
    assert world.store.complete_command(held(claimed))
