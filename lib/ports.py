"""What Halley asks of the world outside: each port a Protocol, with the values that cross it.

The adapters stand in lib/services, their twins for tests in tests/fakes; both pass the same
contract tests. Vendor exceptions stop at the adapter and become one of the errors below::

    PortError
    +-- ChatModelError    the model gave no (whole) answer; `failure` says why
    +-- StoreError        the database did not do what was asked
    +-- DiscordError      Discord refused, or was not reached
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # `/ask` loads this module before Discord is answered
    from datetime import datetime
    from uuid import UUID

JsonObject = Mapping[str, object]


class PortError(Exception):
    """Something outside failed; the adapter has already said what, in words safe to log."""


# --- the clock -------------------------------------------------------------------------------


class Clock(Protocol):
    """Time, passed in so that tests own it."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Wait that long; nothing happens for zero or less."""


class Background(Protocol):
    """A place for work that must not delay the answer."""

    def submit(self, work: Callable[[], None]) -> None:
        """Have `work` done after the response has left (or at once, in the inline twin)."""


# --- the chat model --------------------------------------------------------------------------


class Role(StrEnum):
    """Who spoke a turn."""

    USER = "user"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the provider counts them; thinking counts as completion."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class FinishReason(StrEnum):
    """Why an answer that has text ended."""

    STOP = "stop"
    MAX_TOKENS = "max_tokens"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """A piece of an answer. `usage` is the call's total so far; `finish` stands on the last one."""

    text: str = ""
    usage: Usage | None = None
    finish: FinishReason | None = None


class ChatModelFailure(StrEnum):
    """Why there is no whole answer: each of them has a sentence of its own for the user."""

    BLOCKED = "blocked"
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    BAD_KEY = "bad_key"
    UNKNOWN_MODEL = "unknown_model"
    REFUSED_REQUEST = "refused_request"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"


class ChatModelError(PortError):
    """The model gave no whole answer.

    `detail` is the provider's own word for it, safe to log: no key, no prompt.
    `retry_after_seconds` is the provider's advice, `usage` what the failed call still cost.
    """

    def __init__(
        self,
        failure: ChatModelFailure,
        detail: str,
        *,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.usage = usage


class ChatModel(Protocol):
    """A model one can talk to."""

    @property
    def model(self) -> str:
        """The name it is logged under in `gemini_usage.model`."""

    def stream(
        self, turns: Sequence[Turn], *, system_instruction: str, deadline_seconds: float
    ) -> Iterator[CompletionChunk]:
        """The answer to `turns` (the last is the user's), piece by piece.

        Retries what is worth retrying, before the first piece only, while the deadline allows.
        Ends with a chunk whose `finish` is set. Raises ChatModelError, also in mid-stream.
        """


# --- the store -------------------------------------------------------------------------------


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
    ) -> None:
        """Insert one `system_stats` row: percent, MB, MB, ms, ms."""

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

    def delete_user_data(self, *, user_id: str) -> Mapping[str, int]:
        """Delete what is kept about a user; how many rows of each table went."""


# --- Discord ---------------------------------------------------------------------------------


class DiscordError(PortError):
    """Discord refused a request or was not reached.

    `status` is the HTTP status (0: not reached), `code` Discord's own (10015, 50027, ...) or 0.
    """

    def __init__(self, operation: str, *, status: int, code: int, detail: str) -> None:
        super().__init__(f"{operation} failed ({status}, {code}): {detail}")
        self.operation = operation
        self.status = status
        self.code = code
        self.detail = detail

    @property
    def is_final(self) -> bool:
        """Whether asking again would meet the same refusal."""
        return self.status in {400, 401, 403, 404}


@dataclass(frozen=True, slots=True)
class InteractionWebhook:
    """Where one interaction's answer goes. The token is a secret, and lives for 15 minutes."""

    application_id: str
    token: str = field(repr=False)


class DiscordAPI(Protocol):
    """The REST calls an answer is made of. A `body` is Discord's message JSON."""

    def edit_original(self, webhook: InteractionWebhook, *, body: JsonObject) -> None:
        """Replace the deferred response, or the message a component sits on."""

    def create_follow_up(self, webhook: InteractionWebhook, *, body: JsonObject) -> str:
        """Send a further message; returns its id."""

    def edit_follow_up(
        self, webhook: InteractionWebhook, *, message_id: str, body: JsonObject
    ) -> None:
        """Replace a further message."""

    def delete_follow_up(self, webhook: InteractionWebhook, *, message_id: str) -> None:
        """Remove a further message; one that is already gone is no error."""

    def measure_ping_ms(self) -> int:
        """The round trip to Discord's API, in milliseconds."""


# --- the machine ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What this process uses: CPU in percent of one core, resident and virtual memory in MB."""

    cpu_percent: float
    rss_mb: float
    vms_mb: float


class Meter(Protocol):
    """Measures the process, and the music server if there is one."""

    def begin(self) -> Callable[[], Reading]:
        """Begin to count what the CPU does; what this returns reads it, a moment later at least."""

    def ping_lavalink_ms(self) -> int | None:
        """The round trip to LAVALINK_URL in ms; None if it is not set or does not answer."""


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a deferred handler or a job may use; made by lib.bootstrap."""

    store: Store
    chat_model: ChatModel
    discord: DiscordAPI
    clock: Clock
