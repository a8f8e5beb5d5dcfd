"""A worker takes an order when it is told of one, and looks now and then in case it was not."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from lib.music.orders import PlayerCommand
from lib.ports import ClaimedCommand
from tests.worker.fakes.orders import given
from tests.worker.fakes.scene import run, until
from tests.worker.test_claims import Rows
from worker import claims
from worker.claims import Claims
from worker.ending import DONE, Ending
from worker.threads import Threads

NEVER_SECONDS = 3600.0


async def well(_: ClaimedCommand) -> Ending:
    return DONE


def taken(*, is_told: bool, has_news: bool) -> bool:
    """Have an order be given after the first look at the queue, and wait until it is taken."""
    order = given(PlayerCommand.SKIP)
    rows = Rows()

    async def act() -> None:
        threads = Threads("test", count=1)
        working = Claims(rows, threads, well)  # type: ignore[arg-type]  # the queue's part
        working.has_news = has_news
        running = asyncio.create_task(working.run())
        working.wake()
        await until(lambda: rows.claims)
        rows.waiting.append(order)
        if is_told:
            working.wake()
        await until(lambda: rows.ended)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        threads.close()

    run(act())
    return rows.ended == {order.id: "completed"}


def test_what_it_is_told_of_it_takes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "POLL_SECONDS", NEVER_SECONDS)
    monkeypatch.setattr(claims, "NET_SECONDS", NEVER_SECONDS)
    assert taken(is_told=True, has_news=True)


def test_what_it_is_not_told_of_it_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "POLL_SECONDS", NEVER_SECONDS)
    monkeypatch.setattr(claims, "NET_SECONDS", 0.01)
    assert taken(is_told=False, has_news=True)


def test_where_nobody_tells_it_anything_it_looks_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(claims, "NET_SECONDS", NEVER_SECONDS)
    assert taken(is_told=False, has_news=False)
