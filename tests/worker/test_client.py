"""The worker's client of Discord: what becomes of a fault in an event."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.worker.fakes.scene import run
from worker.client import WorkerClient


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0421, 42), (12.5, 12_500), (41.26, None), (float("inf"), None), (float("nan"), None)],
    ids=str,
)
def test_only_what_can_be_the_way_to_discord_is_told_as_that(
    seconds: float, told: int | None
) -> None:
    async def act() -> int | None:
        client = WorkerClient()
        client.ws = cast("Any", SimpleNamespace(latency=seconds))
        return client.latency_ms

    assert run(act()) == told


def test_a_fault_in_an_event_is_logged_with_where_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def act() -> None:
        client = WorkerClient()
        try:
            next(iter(()))
        except StopIteration:
            await client.on_error("on_voice_state_update")
        await client.close()

    run(act())
    (record,) = [record for record in caplog.records if record.message == "event_failed"]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], StopIteration)
