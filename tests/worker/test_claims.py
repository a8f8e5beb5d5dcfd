"""Orders from the queue: each is carried out once, and its row says how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import pytest

from lib.music.orders import PlayerCommand
from lib.ports import ClaimedCommand, FailureReason, JsonObject, Lease, StoreError
from tests.worker.fakes.orders import given
from tests.worker.fakes.scene import run, until
from worker import claims
from worker.claims import KINDS, Claims
from worker.ending import DONE, Ending
from worker.threads import Threads

SKIP = PlayerCommand.SKIP
AWAY = StoreError("claim_commands", "unreachable", "nobody answers")


class Rows:
    """A queue of rows: those of one guild one after another, as the database gives them."""

    def __init__(self, *commands: ClaimedCommand, one_by_one: bool = False) -> None:
        self.waiting = list(commands)
        self.one_by_one = one_by_one
        self.ended: dict[UUID, object] = {}
        self.renewed: list[UUID] = []
        self.errors: list[StoreError] = []
        self.claims = 0

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        assert set(kinds) == {command.value for command in PlayerCommand}
        self.claims += 1
        if self.errors:
            raise self.errors.pop(0)
        count = 1 if self.one_by_one else limit
        claimed, self.waiting = self.waiting[:count], self.waiting[count:]
        return claimed

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        self.renewed.append(lease.command_id)
        return True

    def release_command(self, lease: Lease) -> bool:
        self.ended[lease.command_id] = "released"
        return True

    def complete_command(self, lease: Lease) -> bool:
        self.ended[lease.command_id] = "completed"
        return True

    def fail_command(self, lease: Lease, *, error: str, reason: FailureReason, retry: bool) -> None:
        assert not retry
        self.ended[lease.command_id] = (reason, error)


def worked_off(
    rows: Rows,
    carry_out: Callable[[ClaimedCommand], Awaitable[Ending]],
    until_then: Callable[[], object],
    *,
    wake: bool = True,
) -> None:
    """Have the rows be worked off until something holds."""

    async def act() -> None:
        threads = Threads("test", count=2)
        working = Claims(rows, threads, carry_out)  # type: ignore[arg-type]  # the queue's part
        running = asyncio.create_task(working.run())
        if wake:
            working.wake()
        await until(until_then)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await working.finish(seconds=5)
        threads.close()

    run(act())


async def well(_: ClaimedCommand) -> Ending:
    return DONE


def test_every_kind_of_order_is_claimed() -> None:
    assert set(KINDS) == {command.value for command in PlayerCommand}


def test_orders_end_as_they_ended() -> None:
    good, wrong, faulty = given(SKIP), given(SKIP), given(SKIP)

    async def carry_out(command: ClaimedCommand) -> Ending:
        if command is faulty:
            raise RuntimeError("with a secret in it")
        return DONE if command is good else Ending(FailureReason.DISMISSED, "too late")

    rows = Rows(good, wrong, faulty)
    worked_off(rows, carry_out, lambda: len(rows.ended) == 3)
    assert rows.ended == {
        good.id: "completed",
        wrong.id: (FailureReason.DISMISSED, "too late"),
        faulty.id: (FailureReason.ERROR, "RuntimeError"),
    }


def test_the_next_of_a_guild_is_claimed_as_soon_as_one_has_ended() -> None:
    rows = Rows(*(given(SKIP) for _ in range(20)), one_by_one=True)
    worked_off(rows, well, lambda: len(rows.ended) == 20)


def test_a_slow_order_holds_no_other_up() -> None:
    slow, quick = given(PlayerCommand.PLAY, query="a"), given(SKIP)
    may_end = asyncio.Event()

    async def carry_out(command: ClaimedCommand) -> Ending:
        if command is slow:
            await may_end.wait()
        else:
            may_end.set()
        return DONE

    rows = Rows(slow, quick)
    worked_off(rows, carry_out, lambda: len(rows.ended) == 2)
    assert list(rows.ended) == [quick.id, slow.id]


def test_what_takes_long_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
    order = given(SKIP)
    rows = Rows(order)

    async def carry_out(_: ClaimedCommand) -> Ending:
        await until(lambda: len(rows.renewed) > 1)
        return DONE

    worked_off(rows, carry_out, lambda: rows.ended)
    assert set(rows.renewed) == {order.id}


def test_an_order_is_given_back_where_the_database_does_not_tell_whose_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "PUT_BACK_SECONDS", 0.01)
    order = given(SKIP)
    rows = Rows(order)

    async def carry_out(_: ClaimedCommand) -> Ending:
        raise StoreError("adopt_sessions", "timed_out", "no answer in time")

    worked_off(rows, carry_out, lambda: rows.ended)
    assert rows.ended == {order.id: "released"}


def test_an_order_is_not_given_back_in_the_moment_in_which_it_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would be claimed again at once, and ask somebody's site, or a database that has enough to
    do, over and over.
    """
    monkeypatch.setattr(claims, "PUT_BACK_SECONDS", 3600)
    play, skips = given(PlayerCommand.PLAY, query="a"), [given(SKIP) for _ in range(20)]
    rows = Rows(play, *skips, one_by_one=True)

    async def carry_out(command: ClaimedCommand) -> Ending:
        if command is play:
            raise StoreError("save_session", "refused", "another worker has the guild")
        return DONE

    ended_before: set[UUID] = set()

    def all_skipped() -> bool:
        ended_before.update(rows.ended)
        return len(rows.ended) >= len(skips)

    worked_off(rows, carry_out, all_skipped)
    assert ended_before == {skip.id for skip in skips}
    assert rows.ended[play.id] == "released"  # but at once where the worker ends


def test_it_polls_on_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "POLL_SECONDS", 0.01)
    order = given(SKIP)
    rows = Rows(order)
    rows.errors = [AWAY, AWAY, AWAY]
    worked_off(rows, well, lambda: rows.ended, wake=False)
    assert rows.ended == {order.id: "completed"}


class Kinds(Rows):
    """A queue that gives only what is asked for, as the database does."""

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        claimed = [command for command in self.waiting if command.command in kinds][:limit]
        self.waiting = [command for command in self.waiting if command not in claimed]
        return claimed


def test_searches_that_take_their_time_keep_no_pause_waiting() -> None:
    """However many servers look for something at once."""
    searches = [given(PlayerCommand.PLAY, query="slow") for _ in range(100)]
    skip = given(SKIP)
    rows = Kinds(*searches, skip)

    async def carry_out(command: ClaimedCommand) -> Ending:
        if command.command == PlayerCommand.PLAY:
            await asyncio.Event().wait()
        return DONE

    worked_off(rows, carry_out, lambda: rows.ended)
    assert rows.ended == {skip.id: "completed"}
    assert rows.waiting  # the rest stays for other workers, or expires
