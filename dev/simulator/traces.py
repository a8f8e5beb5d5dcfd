"""What passed between the simulator and the bot, for the developer's drawer and for tests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from dev.simulator.errors import JsonObject
from dev.simulator.snowflakes import timestamp


class AcknowledgedBy(StrEnum):
    """How the first answer came."""

    HTTP = "http"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Call:
    """One REST request of the bot. The interaction's token is left out of `path`."""

    method: str
    path: str
    status: int
    milliseconds: float
    at: str
    request: object = None
    response: object = None
    interaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A body of the bot that broke a rule of Discord's."""

    operation: str
    problem: str


@dataclass(slots=True)
class Trace:
    """One interaction as it went over the wire. Times are milliseconds since it was posted."""

    interaction_id: str
    name: str
    started: datetime
    payload: JsonObject
    url: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response: object = None
    note: str | None = None
    acknowledged_by: AcknowledgedBy | None = None
    acknowledged_ms: float | None = None
    responded_ms: float | None = None
    last_edit_ms: float | None = None
    edits: int = 0
    calls: list[Call] = field(default_factory=list)

    def since_start(self, now: datetime) -> float:
        return round((now - self.started).total_seconds() * 1000, 1)

    def as_json(self) -> JsonObject:
        described = asdict(self)
        described["started"] = timestamp(self.started)
        return described
