"""The worker's client of Discord: what becomes of a fault in an event."""

from __future__ import annotations

import pytest

from tests.worker.fakes.scene import run
from worker.client import WorkerClient


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
