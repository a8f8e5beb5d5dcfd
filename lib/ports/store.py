"""The store: the tables, and the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.ports.base import JsonObject, PortError

if TYPE_CHECKING:  # `/ask` loads this module before Discord is answered
    from datetime import datetime
    from uuid import UUID


class StoreError(PortError):
    """The database did not do what was asked: `operation` names what, `code` why.

    `code` is Postgres' or PostgREST's own (`23505`, `42501`, `PGRST301`), an HTTP status, or one
    of `unreachable`, `timed_out`, `refused` (without a code), `client` (the request could not be
    made) and `answer` (what came back has not the shape it should have).
    """

    def __init__(self, operation: str, code: str, detail: str) -> None:
        super().__init__(f"{operation} failed ({code}): {detail}")
        self.operation = operation
        self.code = code
        self.detail = detail

    @property
    def may_be_done(self) -> bool:
        """Whether the database may have done it all the same: its answer did not arrive whole."""
        return self.code in {"timed_out", "unreachable", "answer"} or self.code.startswith("5")

    @property
    def is_restricted(self) -> bool:
        """Whether a rule stands against it: the last of a list is not removed."""
        return self.code == "23001"

    @property
    def is_away(self) -> bool:
        """Whether the database did not answer at all: asking it for more is vain as well."""
        return self.code in {"timed_out", "unreachable"}


class CommandStatus(StrEnum):
    """The four states of a `command_queue` row."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why a row that ended did not complete."""

    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DISMISSED = "dismissed"
    UNKNOWN_COMMAND = "unknown_command"
    ERROR = "error"
    ATTEMPTS = "attempts"
    REFUSED = "refused"  # no fault: the user was told why there is no answer


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A `command_queue` row as the guides' dashboards insert it."""

    id: UUID
    command: str
    payload: JsonObject
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedCommand:
    """A row this process holds until its lease ends; `secret` is the interaction with its token."""

    id: UUID
    command: str
    payload: JsonObject
    attempts: int
    lease_id: UUID
    created_at: datetime
    expires_at: datetime | None
    progress: JsonObject
    secret: JsonObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredCommand:
    """A deferred answer about to be recorded, already under way.

    `lease_id` is chosen here, so that the lease holds even if the database's word of it is lost.
    `payload` is what dashboards may read; `token` and `interaction` go where only the service
    looks, and are deleted when the row ends.
    """

    id: UUID
    lease_id: UUID
    command: str
    payload: JsonObject
    token: str
    interaction: JsonObject
    expires_at: datetime
    lease_seconds: int
    user_id: str
    cooldown_key: str
    cooldown_seconds: float


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a row; it ends by itself."""

    command_id: UUID
    lease_id: UUID


@dataclass(frozen=True, slots=True)
class CoolingDown:
    """The user asked again too soon; nothing was recorded."""

    retry_after_seconds: float


class Store(Protocol):
    """The tables, under the method names that integrations already use, and the queue.

    Every method raises StoreError and nothing else. Parameters bear the columns' names.
    """

    def send_system_stats(
        self,
        *,
        cpu_usage: float,
        ram_rss: float,
        ram_heap: float,
        ping_gateway: int | None,
        ping_lavalink: int | None,
        source: str | None = None,
    ) -> None:
        """Insert one `system_stats` row: percent, MB, MB, ms, ms; `source` says whose they are."""

    def log_bot_event(self, *, level: str, message: str) -> None:
        """Insert one `bot_logs` row."""

    def log_gemini_usage(
        self,
        *,
        guild_id: str | None,
        user_id: str,
        prompt_tokens: int,
        completion_tokens: int,
        total_tokens: int,
        model: str,
    ) -> None:
        """Insert one `gemini_usage` row."""

    def log_music_play(
        self,
        *,
        guild_id: str,
        track_title: str,
        track_url: str,
        duration_ms: int,
        requested_by: str,
    ) -> None:
        """Insert one `music_history` row."""

    def update_active_session(
        self,
        *,
        guild_id: str,
        track_title: str,
        position_ms: int,
        duration_ms: int,
        is_playing: bool,
    ) -> None:
        """Insert or replace the guild's `active_sessions` row."""

    def remove_active_session(self, *, guild_id: str) -> None:
        """Delete the guild's `active_sessions` row, if there is one."""

    def get_pending_commands(self) -> list[PendingCommand]:
        """The ten oldest pending rows. Reading claims nothing: to work on one, claim it."""

    def update_command_status(self, *, id: UUID, status: CommandStatus) -> None:  # noqa: A002 - the column's name
        """Set a row's status by hand, lease or no lease."""

    def begin_command(self, command: DeferredCommand) -> Lease | CoolingDown:
        """Record a deferred answer as under way, unless the user is cooling down."""

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        """Claim up to `limit` due rows of these kinds, oldest first."""

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        """Hold a row longer, and keep `progress` with it. False: the lease has gone."""

    def release_command(self, lease: Lease) -> bool:
        """Give a row back untouched: the attempt does not count. False: the lease has gone."""

    def complete_command(self, lease: Lease) -> bool:
        """End a row well. False: the lease has gone, somebody else ends it."""

    def fail_command(
        self, lease: Lease, *, error: str, reason: FailureReason, retry: bool
    ) -> CommandStatus | None:
        """End a row badly, or put it back for another attempt. None: the lease has gone."""

    def end_cooldown(
        self, lease: Lease, *, user_id: str, cooldown_key: str, cooldown_seconds: float
    ) -> bool:
        """End the cool-down that began with this row. False: it is over, another one has begun
        since, or the lease has gone.
        """

    def delete_user_data(self, *, user_id: str) -> Mapping[str, int]:
        """Delete what is kept about a user; how many rows of each table went."""
