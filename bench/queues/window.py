"""The window between Discord's acknowledgement and the durable row: what dies in it is lost.

The client notes when it has the whole body of the acknowledgement, and when the database tells of
the row, which it does as soon as the row is committed.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import psycopg

from bench.contender import PATH
from bench.interaction import PAYLOAD
from bench.queues.functions import own_functions
from bench.queues.stage import own_supabase
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.keys import LocalKeys
from dev.simulator.signing import Signer
from dev.simulator.snowflakes import SnowflakeSource

LONGEST_SECONDS = 10.0
TELL_OF_ROWS = """
create function public.bench_tell() returns trigger language plpgsql as $$
begin
  notify bench_window;
  return null;
end $$;
create trigger bench_tell after insert on public.command_queue
  for each row when (new.command = 'answer') execute function public.bench_tell();
"""


@dataclass(frozen=True, slots=True)
class Windows:
    """Nanoseconds, of a process's first command and of later ones."""

    cold: Sequence[int]
    warm: Sequence[int]


async def measure_windows(
    checkout: Checkout, *, starts: int, warm: int, console: Console
) -> Windows:
    """Ask `starts` fresh processes one question each, and the last of them `warm` more."""
    cold_ns, warm_ns = [], []
    async with own_supabase(checkout, console=console) as supabase:
        with psycopg.connect(supabase.postgres.socket_url(), autocommit=True) as listener:
            listener.execute(TELL_OF_ROWS)
            listener.execute("listen bench_window")
            asker = Asker(supabase.keys, listener)
            for number in range(starts):
                async with own_functions(checkout, supabase, console=console) as functions:
                    cold_ns.append(await asyncio.to_thread(asker.ask, functions))
                    if number == starts - 1:
                        warm_ns += [
                            await asyncio.to_thread(asker.ask, functions) for _ in range(warm)
                        ]
    return Windows(cold_ns, warm_ns)


class Asker:
    """Sends signed `/ask`s, each of another user, so that none waits for the last one's cool-down.

    `listener` is a connection that is told of new rows.
    """

    def __init__(self, keys: LocalKeys, listener: psycopg.Connection) -> None:
        self._application_id = keys.application_id
        self._signer = Signer(keys.signing_key)
        self._snowflake = SnowflakeSource(lambda: datetime.now(UTC))
        self._listener = listener

    def ask(self, functions: str) -> int:
        """One question: the nanoseconds from its acknowledgement to its row."""
        connection = http.client.HTTPConnection(urlsplit(functions).netloc, timeout=LONGEST_SECONDS)
        try:
            body = self._question()
            headers = self._signer.headers(body, timestamp=int(time.time()))
            connection.request("POST", PATH, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            answer.read()
            acknowledged = time.monotonic_ns()
            if answer.status != HTTPStatus.OK:
                raise StackError(f"/ask was answered with {answer.status}.")
            for _ in self._listener.notifies(timeout=LONGEST_SECONDS, stop_after=1):
                return time.monotonic_ns() - acknowledged
        finally:
            connection.close()
        raise StackError("/ask was acknowledged, but no row came of it.")

    def _question(self) -> bytes:
        user = PAYLOAD["member"]["user"] | {"id": self._snowflake()}
        return json.dumps(
            PAYLOAD
            | {
                "id": self._snowflake(),
                "application_id": self._application_id,
                "member": PAYLOAD["member"] | {"user": user},
                "data": {
                    "id": "1100000000000000006",
                    "name": "ask",
                    "type": 1,
                    "options": [{"name": "prompt", "type": 3, "value": "When will you be back?"}],
                },
            }
        ).encode()
