"""Draining `command_queue`: claim what is due, give each row to its handler, end the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.interactions.errors import InteractionError
from lib.jobs.heartbeat import LEASE_SECONDS, Heartbeat
from lib.jobs.outcome import summary
from lib.logs import get_logger
from lib.monitor import monitor
from lib.ports import ClaimedCommand, FailureReason, Lease, Services, StoreError
from lib.recording import log_unrecorded, recording

log = get_logger(__name__)

MOST_AT_ONCE: Final = 10
BUDGET_SECONDS: Final = 60.0
"""No row is begun after this, so that the last one can still end within the invocation."""

CommandHandler = Callable[[ClaimedCommand], bool]
"""Carries a row out; whether that went well. What it raises fails the row."""


@dataclass(frozen=True, slots=True)
class Drained:
    """How many rows were claimed, and how many of them their handlers failed on."""

    claimed: int
    failed: int


class QueueDrain:
    """Works off the rows whose command has a handler here.

    A handler in `self_ending` completes or fails its row itself; the others' rows are ended here.
    What was claimed is held by a heartbeat until it ends.
    """

    def __init__(
        self,
        services: Services,
        handlers: Mapping[str, CommandHandler],
        *,
        self_ending: frozenset[str] = frozenset(),
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        self._services = services
        self._handlers = handlers
        self._self_ending = self_ending
        self._lease_seconds = lease_seconds

    @property
    def kinds(self) -> frozenset[str]:
        """The commands that have a handler here."""
        return frozenset(self._handlers)

    def drain(self) -> Drained:
        """The due rows, oldest first, ten at a time, until none is left or the budget ends.

        Raises StoreError if the database can't be asked for rows.
        """
        clock = self._services.clock
        end = clock.monotonic() + BUDGET_SECONDS
        claimed = failed = 0
        while clock.monotonic() < end and (commands := self._claim(MOST_AT_ONCE)):
            with self._holding(commands) as heartbeat:
                for command in commands:
                    lease = Lease(command.id, command.lease_id)
                    if clock.monotonic() >= end:
                        self._give_back(lease)
                    elif heartbeat.still_holds(lease):
                        claimed += 1
                        failed += not self._carry_out(command)
                    heartbeat.let_go(lease)
        return Drained(claimed=claimed, failed=failed)

    def recover_one(self) -> bool:
        """Work off one leftover: what every invocation does after its own work. False: the
        database does not answer.
        """
        try:
            commands = self._claim(1)
        except StoreError as error:
            log_unrecorded("a leftover's claim", error)
            return not error.is_away
        for command in commands:
            with self._holding(commands):
                self._carry_out(command)
        return True

    def _claim(self, limit: int) -> list[ClaimedCommand]:
        commands = self._services.store.claim_commands(
            kinds=tuple(self._handlers), limit=limit, lease_seconds=self._lease_seconds
        )
        log.debug("claimed", commands=[command.command for command in commands])
        return commands

    def _holding(self, commands: Sequence[ClaimedCommand]) -> Heartbeat:
        leases = [Lease(command.id, command.lease_id) for command in commands]
        return Heartbeat(
            self._services.store, self._services.clock, leases, lease_seconds=self._lease_seconds
        )

    def _give_back(self, lease: Lease) -> None:
        with recording("a row's return"):
            self._services.store.release_command(lease)

    def _carry_out(self, command: ClaimedCommand) -> bool:
        lease = Lease(command.id, command.lease_id)
        try:
            with monitor(f"job.{command.command}", self._services.clock):
                went_well = self._handlers[command.command](command)
        except Exception as error:  # noqa: BLE001 - the boundary where a row's fault ends in the row
            log.error("command_failed", command=command.command, id=command.id, error=error)
            with recording("a command's failure"):
                self._services.store.fail_command(
                    lease,
                    error=summary(error),
                    reason=FailureReason.ERROR,
                    retry=not isinstance(error, InteractionError),  # it would be as wrong again
                )
            return False
        if command.command not in self._self_ending:
            with recording("a command's completion"):
                if not self._services.store.complete_command(lease):
                    log.warning("lease_lost", command=command.command, id=command.id)
        return went_well
