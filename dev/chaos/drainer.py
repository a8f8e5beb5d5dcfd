"""A drainer: a process that works off the queue until it is ended, as the functions do it.

`python -m dev.chaos.drainer`, started by the harness: the queue is reached over the API with the
functions' own code, the effects are recorded past it. Says `ready` when it begins.
"""

from __future__ import annotations

import os

import psycopg

from dev.chaos.workload import KIND, Task
from lib.bootstrap import assemble
from lib.interactions.dispatch import Dispatcher
from lib.interactions.registry import CommandRegistry
from lib.jobs.queue import QueueDrain
from lib.logs import configure_logs
from lib.ports import ClaimedCommand, Clock, StoreError
from lib.services.clock import SYSTEM_CLOCK
from lib.settings import Settings

DATABASE_VARIABLE = "CHAOS_DATABASE_URL"
READY = "ready"
LEASE_SECONDS = 4
PAUSE_SECONDS = 0.1

_RUN = """
insert into chaos.runs (command_id, attempt, order_key, position) values (%(id)s, %(attempt)s,
  %(order_key)s, %(position)s)
  returning (select count(*) from chaos.runs where command_id = %(id)s)
"""
_EFFECT = """
insert into chaos.effects (command_id, order_key, position)
  values (%(id)s, %(order_key)s, %(position)s) on conflict do nothing
"""


class ToldToFailError(Exception):
    """What a task raises that is to fail."""


class Effects:
    """Carries tasks out. Its connection is made anew when it has broken."""

    def __init__(self, database_url: str, clock: Clock) -> None:
        self._url = database_url
        self._clock = clock
        self._connection: psycopg.Connection | None = None

    def carry_out(self, command: ClaimedCommand) -> bool:
        """Record the run, fail if told to, work, and record the effect under the command's id."""
        task = Task.from_payload(command.payload)
        values = {
            "id": command.id,
            "attempt": command.attempts,
            "order_key": task.order_key,
            "position": task.position,
        }
        earlier = self._connected().execute(_RUN, values).fetchone()
        if earlier is not None and earlier[0] < task.failures:
            raise ToldToFailError
        self._clock.sleep(task.seconds)
        self._connected().execute(_EFFECT, values)
        return True

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True)
        return self._connection


def main() -> None:
    """Drain until the process that started this one has gone."""
    supervisor = os.getppid()
    settings = Settings.from_env()
    output = configure_logs(level=settings.log_level, as_json=False, secrets=settings.secrets())
    dispatcher = Dispatcher(CommandRegistry("lib.commands"), settings, SYSTEM_CLOCK)
    services = assemble(settings, SYSTEM_CLOCK, dispatcher=dispatcher, output=output).services
    effects = Effects(os.environ[DATABASE_VARIABLE], SYSTEM_CLOCK)
    queue = QueueDrain(services, {KIND: effects.carry_out}, lease_seconds=LEASE_SECONDS)
    print(READY, flush=True)
    while os.getppid() == supervisor:
        try:
            claimed = queue.drain().claimed
        except StoreError:
            claimed = 0
        if not claimed:
            SYSTEM_CLOCK.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
