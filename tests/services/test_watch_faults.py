"""What a Watch says when its database is away, or answers what it should not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lib.ports import Record, StoreError
from lib.services.clock import SYSTEM_CLOCK
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_watch import SupabaseWatch
from lib.settings import Secret
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch
from tests.servers.scripted import Answer, nobody, scripted_server

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OPERATIONS = {
    "record_invocation": lambda watch: watch.record(Record(deployment="x")),
    "health_reading": lambda watch: watch.read_health(deployment="x"),
    "interaction_window": lambda watch: watch.read_window(),
    "interaction_windows": lambda watch: watch.read_windows(within=DAY, width=HOUR),
    "system_stats_windows": lambda watch: watch.read_stats(within=DAY, width=HOUR),
    "interaction_counts": lambda watch: watch.read_counts(),
    "slowest_interactions": lambda watch: watch.read_slowest(limit=1, within=DAY),
    "failed_interactions": lambda watch: watch.read_errors(limit=1),
    "set_log_level": lambda watch: watch.set_log_level(level=None, seconds=0),
    "roll_up_stats": lambda watch: watch.roll_up_stats(),
    "delete_old_rows": lambda watch: watch.delete_old_rows(limit=1),
}


def watch_at(url: str) -> SupabaseWatch:
    rpc = PostgrestRpc(url, Secret("a-key"))
    return SupabaseWatch(rpc, rpc, SYSTEM_CLOCK)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_is_a_store_error_that_names_the_operation(operation: str) -> None:
    clock = ManualClock()
    store = MemoryStore(clock)
    store.is_down = True
    with nobody() as url:
        for watch in (MemoryWatch(store, clock), watch_at(url)):
            with pytest.raises(StoreError) as caught:
                OPERATIONS[operation](watch)
            assert (caught.value.operation, caught.value.code) == (operation, "unreachable")


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "set_log_level"])
@pytest.mark.parametrize(
    "body", [b"<html>", 5.5, "x", {}, {"x": 1}, [{"x": 1}], [5], True], ids=repr
)
def test_an_answer_of_another_shape_is_a_store_error(operation: str, body: object) -> None:
    if operation == "delete_old_rows" and isinstance(body, dict):
        body = {"x": "many"}  # it may be any table's count
    with scripted_server(Answer(200, body)) as server:
        with pytest.raises(StoreError) as caught:
            OPERATIONS[operation](watch_at(server.url))
        assert caught.value.operation == operation
