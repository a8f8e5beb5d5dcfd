"""The rows of the store in memory, for tests to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from lib.ports import CommandStatus, FailureReason, JsonObject

KINDS: Final = ("alert", "answer", "delete_old_rows", "roll_up_stats", "snapshot")
"""What the migrations list in `command_kinds`."""
EXPIRES_AFTER_SECONDS: Final[Mapping[str, int]] = {
    "alert": 21_600,
    "delete_old_rows": 172_800,
    "roll_up_stats": 86_400,
}
"""How long an order of these kinds is good for, as the migrations say it."""
MOST_PENDING: Final = 10
LEASE_BY_HAND_SECONDS: Final = 300
OPEN: Final = (CommandStatus.PENDING, CommandStatus.PROCESSING)


@dataclass(slots=True)
class Row:
    """A row of `command_queue`, with its row of `command_secrets`."""

    id: UUID
    command: str
    payload: JsonObject
    created_at: datetime
    seq: int
    run_at: datetime
    status: CommandStatus = CommandStatus.PENDING
    attempts: int = 0
    max_attempts: int = 5
    expires_at: datetime | None = None
    locked_until: datetime | None = None
    lease_id: UUID | None = None
    last_error: str | None = None
    failure_reason: FailureReason | None = None
    progress: JsonObject | None = None
    token: str | None = None
    interaction: JsonObject | None = None

    def end(self, status: CommandStatus) -> None:
        """Leave processing, as the triggers tidy it."""
        self.status = status
        self.lease_id = self.locked_until = None
        if status in OPEN:
            return
        self.token = self.interaction = None
        if status is CommandStatus.FAILED:
            self.failure_reason = self.failure_reason or FailureReason.ERROR


@dataclass(slots=True)
class Tables:
    """The other tables, each a list of its rows as they were given."""

    system_stats: list[dict[str, object]] = field(default_factory=list)
    bot_logs: list[dict[str, object]] = field(default_factory=list)
    gemini_usage: list[dict[str, object]] = field(default_factory=list)
    music_history: list[dict[str, object]] = field(default_factory=list)
    active_sessions: dict[str, dict[str, object]] = field(default_factory=dict)
