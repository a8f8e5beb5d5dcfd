"""What a worker leaves behind of itself, in the tables where a dashboard looks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from lib.ports import BotEvent, StoreError
from lib.ports.player import WorkerReading
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_worker import SupabaseWorkerRecords
from lib.settings import Secret
from tests.servers.scripted import nobody

READING = WorkerReading(
    cpu_usage=4.25, ram_rss=91.5, ram_heap=400.0, ping_gateway=41, ping_lavalink=None
)
EVENT = BotEvent("warning", "voice_lost  guild_id=1", datetime(2026, 11, 21, 20, tzinfo=UTC))


@pytest.fixture
def records(supabase_url: str, secret_key: str) -> SupabaseWorkerRecords:
    return SupabaseWorkerRecords(PostgrestRpc(supabase_url, Secret(secret_key)))


@pytest.mark.stack
def test_its_process_and_its_log_are_kept(
    records: SupabaseWorkerRecords, database: psycopg.Connection
) -> None:
    records.record_worker(events=[EVENT], reading=READING)
    records.record_worker(events=[])
    stats = database.execute(
        "select cpu_usage, ram_rss, ram_heap, ping_gateway, ping_lavalink, source from system_stats"
    ).fetchall()
    assert [tuple(map(str, row)) for row in stats] == [
        ("4.25", "91.5", "400.0", "41", "None", "worker")
    ]
    logged = database.execute("select level, message, created_at from bot_logs").fetchall()
    assert logged == [(EVENT.level, EVENT.message, EVENT.created_at)]


def test_a_database_that_is_away_is_a_store_error() -> None:
    with nobody() as url, pytest.raises(StoreError, match="record_worker"):
        SupabaseWorkerRecords(PostgrestRpc(url, Secret("a-key"))).record_worker(events=[EVENT])
