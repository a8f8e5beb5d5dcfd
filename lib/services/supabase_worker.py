"""What a worker leaves behind of itself, on Supabase: one lean call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from lib.ports import BotEvent
from lib.ports.player import WorkerReading
from lib.services.postgrest_rpc import PostgrestRpc


class SupabaseWorkerRecords:
    """A WorkerRecords (see lib.ports.player)."""

    def __init__(self, rpc: PostgrestRpc) -> None:
        self._rpc = rpc

    def record_worker(
        self, *, events: Sequence[BotEvent], reading: WorkerReading | None = None
    ) -> None:
        self._rpc.call(
            "record_worker",
            {
                "p_events": [asdict(event) for event in events],
                "p_reading": None if reading is None else asdict(reading),
            },
        )
