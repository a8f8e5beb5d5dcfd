"""Halley's queue as deployed: her own Store over PostgREST, ten rows at a claim."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from bench.queues.contender import Address, Claimed, Connection, Queue
from bench.queues.halley import AT_ONCE, COMMAND, LEASE_SECONDS, HalleyQueue
from lib.ports import Lease
from lib.services.supabase import SupabaseStore
from lib.settings import Secret


class HalleyRestQueue(HalleyQueue):
    """Rows come and go over HTTP; only what prepares the measurement goes another way."""

    def __init__(self, address: Address, connection: Connection) -> None:
        super().__init__(connection, at_once=AT_ONCE)
        self._address = address
        self._store = SupabaseStore(address.rest, Secret(address.key))

    def enqueue(self, at: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(self._address.rest).netloc)
        try:
            connection.request(
                "POST",
                "/rest/v1/command_queue",
                json.dumps({"command": COMMAND, "payload": {"at": at}}),
                {"apikey": self._address.key, "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.CREATED:
                raise RuntimeError(f"PostgREST answered {answer.status}")
        finally:
            connection.close()

    def claim(self) -> list[Claimed]:
        rows = self._store.claim_commands(
            kinds=(COMMAND,), limit=self._at_once, lease_seconds=LEASE_SECONDS
        )
        return [Claimed(Lease(row.id, row.lease_id), int(str(row.payload["at"]))) for row in rows]

    def finish(self, row: Claimed) -> None:
        self._store.complete_command(row.key)


def enter(address: Address, connection: Connection) -> Queue:
    return HalleyRestQueue(address, connection)
