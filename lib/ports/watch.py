"""The watch: what invocations leave behind, and what the tables say of how the bot is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.ports.base import JsonObject

if TYPE_CHECKING:  # an invocation loads this module before its work is done
    from datetime import datetime, timedelta


class Outcome(StrEnum):
    """How an interaction ended: with what was asked for, with a refusal in words, or by a fault."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


class InteractionKind(StrEnum):
    """What the user did."""

    COMMAND = "command"
    COMPONENT = "component"
    MODAL = "modal"
    AUTOCOMPLETE = "autocomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionEntry:
    """A row of `interaction_log`.

    The times run from the request's arrival, in ms: to the response, and to the whole answer.
    `margin_ms` is what was left then of Discord's three seconds, by Discord's clock. Both are None
    where another invocation responded, `user_id` where nobody shall be named. `created_at` None:
    when it is written.
    """

    interaction_id: str
    command: str
    kind: InteractionKind
    guild_id: str | None
    user_id: str | None
    deferred: bool
    acknowledged_ms: float | None
    margin_ms: int | None
    finished_ms: float
    outcome: Outcome
    error: str | None
    cold_start: bool
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BotEvent:
    """A row of `bot_logs`."""

    level: str
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which scheduled work is due. `key` is the same whoever computes it."""

    name: str
    key: str
    run_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A call of the clock's: its name, the slots that are due, and how often what is declared runs.

    `declared` is empty where the tick enqueues nothing.
    """

    name: str
    slots: Sequence[Slot] = ()
    declared: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an invocation leaves behind. `deployment` names what runs.

    An entry that is there already is not written again. `alerts_for` is the application that has a
    channel for alerts; None: this deployment can tell nobody.
    """

    deployment: str
    interactions: Sequence[InteractionEntry] = ()
    events: Sequence[BotEvent] = ()
    tick: Tick | None = None
    alerts_for: str | None = None


@dataclass(frozen=True, slots=True)
class LogLevel:
    """From which level on is logged, until a moment."""

    level: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many slots were new, and the level that somebody set for a while."""

    enqueued: int
    log_level: LogLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The figures of some commands; the times in ms, None where there were none.

    `p50_ms` and its like are of the whole answer, the `acknowledged_` ones of the response that
    Discord waits for. `is_slow`: too many of those came late.
    """

    executed: int
    errors: int
    error_rate: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    acknowledged_p50_ms: float | None
    acknowledged_p95_ms: float | None
    acknowledged_p99_ms: float | None
    cold_starts: int
    is_slow: bool


@dataclass(frozen=True, slots=True)
class WindowAt:
    """The figures of a stretch of time."""

    starts_at: datetime
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanReading:
    """The means of a stretch's `system_stats`; `source` is empty where nobody said."""

    starts_at: datetime
    source: str
    cpu_usage: float | None
    ram_rss: float | None
    ram_heap: float | None
    ping_gateway: float | None
    ping_lavalink: float | None


@dataclass(frozen=True, slots=True)
class ScheduleReading:
    """A schedule and when it last ran."""

    name: str
    every_seconds: int
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A long-lived process, when it was last heard of, and what it said."""

    name: str
    last_beat_at: datetime
    detail: JsonObject


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: which alert it is, and a sentence."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReading:
    """How the bot is, by its tables. `now` is the database's own time."""

    now: datetime
    deployed_at: datetime | None
    queue_depth: int
    oldest_seconds: float | None
    schedules: Sequence[ScheduleReading]
    heartbeats: Sequence[Heartbeat]
    findings: Sequence[Finding]
    window: Window


@dataclass(frozen=True, slots=True)
class CommandCount:
    """How often a command ended so, ever."""

    command: str
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class LoggedInteraction:
    """What the ledger says of one interaction, without who it was."""

    command: str
    finished_ms: float | None
    outcome: Outcome
    error: str | None
    cold_start: bool
    created_at: datetime


class Watch(Protocol):
    """What is recorded of the bot itself. Every method raises StoreError and nothing else."""

    def record(self, record: Record) -> Recorded:
        """Write it all down in one call, and keep the watch if nobody did for a minute."""

    def read_health(self, *, deployment: str) -> HealthReading:
        """How the bot is."""

    def read_window(self, *, last: int | None = None, within: timedelta | None = None) -> Window:
        """The figures of the last so many commands, of those within a time, or of both at once."""

    def read_windows(self, *, within: timedelta, width: timedelta) -> list[WindowAt]:
        """The figures by stretches of `width`, the oldest first, without the empty ones."""

    def read_stats(self, *, within: timedelta, width: timedelta) -> list[MeanReading]:
        """The means of `system_stats` by stretches of `width`, the oldest first."""

    def read_counts(self) -> list[CommandCount]:
        """How often each command ended how, since the beginning."""

    def read_slowest(self, *, limit: int, within: timedelta) -> list[LoggedInteraction]:
        """The commands that took longest, the slowest first."""

    def read_errors(self, *, limit: int) -> list[LoggedInteraction]:
        """The commands that failed, the newest first."""

    def set_log_level(self, *, level: str | None, seconds: int) -> None:
        """Have all instances log from `level` on for a time; None: as their settings say."""

    def roll_up_stats(self) -> int:
        """Roll whole hours and days of `system_stats` up; how many lines were written."""

    def delete_old_rows(self, *, limit: int) -> Mapping[str, int]:
        """Delete up to `limit` rows a table that need not be kept; how many went of each."""
