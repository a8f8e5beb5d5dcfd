"""The rows of the store and the watch in memory, for tests to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from lib.ports import (
    ClaimedCommand,
    CommandStatus,
    FailureReason,
    InteractionEntry,
    InteractionKind,
    JsonObject,
    Lease,
    Outcome,
)

KINDS: Final = ("alert", "answer", "delete_old_rows", "roll_up_stats", "snapshot", "untaken")
"""What the migrations list in `command_kinds`."""
EXPIRES_AFTER_SECONDS: Final[Mapping[str, int]] = {
    "alert": 21_600,
    "delete_old_rows": 172_800,
    "roll_up_stats": 86_400,
    "untaken": 600,
}
"""How long an order of these kinds is good for, as the migrations say it."""
CHAT_TABLES: Final = (
    "messages",
    "conversations",
    "user_settings",
    "sources",
    "reservations",
    "used_days",
    "guild_settings",
)
"""The tables of the assistant from which a user's rows are deleted with the others."""
MOST_PENDING: Final = 10
LEASE_BY_HAND_SECONDS: Final = 300
OPEN: Final = (CommandStatus.PENDING, CommandStatus.PROCESSING)


Logged = tuple[datetime, InteractionEntry]
"""An entry of the ledger, and when it was written."""
UNMEASURED_MS: Final = math.nan
"""The time of an answer that nobody was there to measure; null in the table."""
_KINDS_OF_TYPES: Final[Mapping[object, InteractionKind]] = {
    3: InteractionKind.COMPONENT,
    4: InteractionKind.AUTOCOMPLETE,
    5: InteractionKind.MODAL,
}


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

    @property
    def asker_id(self) -> object:
        """Whose interaction it is; None if it is not known (any more)."""
        interaction = self.interaction or {}
        member = interaction.get("member")
        asker = (member if isinstance(member, dict) else interaction).get("user")
        return asker.get("id") if isinstance(asker, dict) else None

    def claimed(self, lease: Lease) -> ClaimedCommand:
        """What whoever holds it learns of it."""
        return ClaimedCommand(
            id=self.id,
            command=self.command,
            payload=self.payload,
            attempts=self.attempts,
            lease_id=lease.lease_id,
            created_at=self.created_at,
            expires_at=self.expires_at,
            progress=self.progress or {},
            secret=self.interaction,
        )

    def lost_answer(self) -> InteractionEntry | None:
        """What the ledger says of it where its process died; None if it is no answer."""
        asked = self.interaction or {}
        if self.command != "answer" or "id" not in asked:
            return None
        guild_id = asked.get("guild_id")
        return InteractionEntry(
            interaction_id=str(asked["id"]),
            command=str(self.payload.get("command", self.command)),
            kind=_KINDS_OF_TYPES.get(asked.get("type"), InteractionKind.COMMAND),
            guild_id=None if guild_id is None else str(guild_id),
            user_id=None,
            deferred=True,
            acknowledged_ms=None,
            margin_ms=None,
            finished_ms=UNMEASURED_MS,
            outcome=Outcome.FAILED,
            error=None if self.failure_reason is None else self.failure_reason.value,
            cold_start=False,
        )

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
    interaction_log: list[Logged] = field(default_factory=list)
    active_sessions: dict[str, dict[str, object]] = field(default_factory=dict)
