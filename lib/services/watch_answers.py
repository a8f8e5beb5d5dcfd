"""What the watch's SQL functions answer, read strictly: Halley's own SQL wrote it.

The functions raise KeyError, TypeError or ValueError; `postgrest_answers.reading` stands around.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lib.ports import (
    CommandCount,
    Finding,
    HealthReading,
    Heartbeat,
    JsonObject,
    LoggedInteraction,
    LogLevel,
    MeanReading,
    Outcome,
    Recorded,
    ScheduleReading,
    Window,
    WindowAt,
)
from lib.services.postgrest_answers import boolean_of, moment_of, object_of, rows_of

_MEASURES: Final = ("cpu_usage", "ram_rss", "ram_heap", "ping_gateway", "ping_lavalink")


def recorded(answer: object) -> Recorded:
    """What `record_invocation` says."""
    said = object_of(answer)
    level, until = said["log_level"], _moment_or_none(said["log_level_until"])
    override = None if level is None or until is None else LogLevel(str(level), until)
    return Recorded(enqueued=_count(said["enqueued"]), log_level=override)


def window(row: JsonObject) -> Window:
    """A row of `interaction_window` or `interaction_windows`."""
    return Window(
        executed=_count(row["executed"]),
        errors=_count(row["errors"]),
        error_rate=float(str(row["error_rate"])),
        mean_ms=_number(row["mean_ms"]),
        p50_ms=_number(row["p50_ms"]),
        p95_ms=_number(row["p95_ms"]),
        p99_ms=_number(row["p99_ms"]),
        acknowledged_p50_ms=_number(row["acknowledged_p50_ms"]),
        acknowledged_p95_ms=_number(row["acknowledged_p95_ms"]),
        acknowledged_p99_ms=_number(row["acknowledged_p99_ms"]),
        cold_starts=_count(row["cold_starts"]),
        is_slow=boolean_of(row["is_slow"]),
    )


def window_at(row: JsonObject) -> WindowAt:
    """A row of `interaction_windows`."""
    return WindowAt(moment_of(row["starts_at"]), window(row))


def mean_reading(row: JsonObject) -> MeanReading:
    """A row of `system_stats_windows`."""
    measures = {name: _number(row[name]) for name in _MEASURES}
    return MeanReading(starts_at=moment_of(row["starts_at"]), source=str(row["source"]), **measures)


def logged_interaction(row: JsonObject) -> LoggedInteraction:
    """A row of `interaction_log`."""
    error = row["error"]
    return LoggedInteraction(
        command=str(row["command"]),
        finished_ms=_number(row["finished_ms"]),
        outcome=Outcome(str(row["outcome"])),
        error=None if error is None else str(error),
        cold_start=boolean_of(row["cold_start"]),
        created_at=moment_of(row["created_at"]),
    )


def command_count(row: JsonObject) -> CommandCount:
    """A row of `interaction_counts`."""
    return CommandCount(str(row["command"]), Outcome(str(row["outcome"])), _count(row["count"]))


def health(answer: object) -> HealthReading:
    """What `health_reading` says."""
    said = object_of(answer)
    queue = object_of(said["queue"])
    return HealthReading(
        now=moment_of(said["now"]),
        deployed_at=_moment_or_none(said["deployed_at"]),
        queue_depth=_count(queue["depth"]),
        oldest_seconds=_number(queue["oldest_seconds"]),
        schedules=[
            ScheduleReading(
                str(row["name"]), _count(row["every_seconds"]), _moment_or_none(row["last_run_at"])
            )
            for row in rows_of(said["schedules"])
        ],
        heartbeats=[
            Heartbeat(str(row["name"]), moment_of(row["last_beat_at"]), object_of(row["detail"]))
            for row in rows_of(said["heartbeats"])
        ],
        findings=[
            Finding(str(row["name"]), str(row["detail"])) for row in rows_of(said["findings"])
        ],
        window=window(object_of(said["window"])),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _count(value: object) -> int:
    return int(str(value))


def _moment_or_none(value: object) -> datetime | None:
    return None if value is None else moment_of(value)
