"""How the bot is: what a check finds, from the database to Discord."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.locales import Text
from lib.ports.watch import HealthReading

if TYPE_CHECKING:  # a command loads this module before Discord is answered
    from datetime import datetime


class HealthStatus(StrEnum):
    """Unhealthy: nobody is answered. Degraded: something is wrong, and people are answered."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class ReachState(StrEnum):
    """Whether something outside answers; UNSET: the settings name no such thing."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far something outside is in ms, or in a word why it is not reached."""

    state: ReachState
    latency_ms: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a check found. `reasons` say why the bot is not healthy, `notes` what is no fault.

    `reading` is what the tables say; None without a database, or one that does not answer.
    `deployed_at` and `guild_count` are None where nobody can tell.
    """

    status: HealthStatus
    reasons: tuple[Text, ...]
    notes: tuple[Text, ...]
    checked_at: datetime
    deployed_at: datetime | None
    database: Reach
    discord: Reach
    model: Reach
    guild_count: int | None
    reading: HealthReading | None


class HealthCheck(Protocol):
    """Looks how the bot is. Neither method raises; what does not answer in time is a finding."""

    def check(self) -> Health:
        """Ask everything at once. It takes no longer than somebody waits who watches, and may be
        some seconds old.
        """

    def glance(self) -> HealthStatus:
        """The same without the model, which costs; it may be older."""
