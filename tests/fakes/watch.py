"""The watch in memory, on the tables of a MemoryStore, with the rules that the SQL keeps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from lib.ports import (
    BotEvent,
    Clock,
    CommandCount,
    Finding,
    HealthReading,
    Heartbeat,
    InteractionKind,
    LoggedInteraction,
    LogLevel,
    MeanReading,
    Outcome,
    Record,
    Recorded,
    ScheduleReading,
    Window,
    WindowAt,
)
from tests.fakes.rows import Logged
from tests.fakes.store import MemoryStore

SLOW_MS: Final = 1000
_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
FORGOTTEN_AFTER: Final = timedelta(days=3)
"""From when on work that nobody declared is forgotten."""


class MemoryWatch:
    """A `Watch` on a clock. `interactions`, `events` and the like are for tests to look at.

    It writes into the store's tables and fails when the store does. It gives no alarms: what is
    wrong is found by SQL, whose tests stand in tests/sql; here it is what `findings` holds.
    """

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._log_level: LogLevel | None = None
        self._deployments: dict[str, datetime] = {}
        self.records: list[Record] = []
        self.events: list[BotEvent] = []
        self.ticks: dict[str, datetime | None] = {"cron_queue": None, "cron_stats": None}
        self._declared: dict[str, tuple[int, datetime]] = {}
        self.heartbeats: list[Heartbeat] = []
        self.stats: list[MeanReading] = []
        self.findings: list[Finding] = []

    @property
    def interactions(self) -> list[Logged]:
        """The ledger: what was recorded, and the answers that the store gave up."""
        return self._store.tables.interaction_log

    def record(self, record: Record) -> Recorded:
        self._store.enter("record_invocation")
        self.records.append(record)
        now = self._clock.now()
        for entry in record.interactions:
            self._store.note_interaction(entry)
        self.events += record.events
        for event in record.events:
            self._store.tables.bot_logs.append({"level": event.level, "message": event.message})
        self._deployments.setdefault(record.deployment, now)
        enqueued = 0
        if record.tick is not None:
            self.ticks[record.tick.name] = now
            if record.tick.declared:
                self._declared = {
                    name: (every, at)
                    for name, (every, at) in self._declared.items()
                    if now - at <= FORGOTTEN_AFTER
                } | {
                    name: (round(every.total_seconds()), now)
                    for name, every in record.tick.declared.items()
                }
            enqueued = sum(self._store.enqueue(slot) for slot in record.tick.slots)
        level = self._log_level
        return Recorded(enqueued, level if level is not None and level.until > now else None)

    def read_health(self, *, deployment: str) -> HealthReading:
        self._store.enter("health_reading")
        ticks = [ScheduleReading(name, 86400, at) for name, at in self.ticks.items()]
        works = [ScheduleReading(name, every, None) for name, (every, _) in self._declared.items()]
        waiting = self._store.waiting_since()
        now = self._clock.now()
        return HealthReading(
            now=now,
            deployed_at=self._deployments.get(deployment),
            queue_depth=len(waiting),
            oldest_seconds=(now - min(waiting)).total_seconds() if waiting else None,
            schedules=sorted([*ticks, *works], key=lambda schedule: schedule.name),
            heartbeats=self.heartbeats,
            findings=list(self.findings),
            window=self._window(self._commands()[-100:]),
        )

    def read_window(self, *, last: int | None = None, within: timedelta | None = None) -> Window:
        self._store.enter("interaction_window")
        commands = self._commands(within)
        return self._window(commands if last is None else commands[max(0, len(commands) - last) :])

    def read_windows(self, *, within: timedelta, width: timedelta) -> list[WindowAt]:
        self._store.enter("interaction_windows")
        stretches: dict[datetime, list[Logged]] = {}
        for at, entry in self._commands(within):
            stretches.setdefault(at - (at - _ORIGIN) % width, []).append((at, entry))
        return [WindowAt(at, self._window(commands)) for at, commands in sorted(stretches.items())]

    def read_stats(self, *, within: timedelta, width: timedelta) -> list[MeanReading]:
        self._store.enter("system_stats_windows")
        return list(self.stats)

    def read_counts(self) -> list[CommandCount]:
        self._store.enter("interaction_counts")
        counts = Counter((entry.command, entry.outcome) for _, entry in self._commands())
        return [
            CommandCount(command, outcome, count)
            for (command, outcome), count in sorted(counts.items())
        ]

    def read_slowest(self, *, limit: int, within: timedelta) -> list[LoggedInteraction]:
        self._store.enter("slowest_interactions")
        commands = sorted(
            self._commands(within), key=lambda row: _or_least(row[1].finished_ms), reverse=True
        )
        return [_logged(row) for row in commands[:limit]]

    def read_errors(self, *, limit: int) -> list[LoggedInteraction]:
        self._store.enter("failed_interactions")
        failed = [row for row in self.interactions if row[1].outcome is Outcome.FAILED]
        return [_logged(row) for row in reversed(failed[max(0, len(failed) - limit) :])]

    def set_log_level(self, *, level: str | None, seconds: int) -> None:
        self._store.enter("set_log_level")
        until = self._clock.now() + timedelta(seconds=seconds)
        self._log_level = None if level is None else LogLevel(level, until)

    def roll_up_stats(self) -> int:
        self._store.enter("roll_up_stats")
        return len(self._store.tables.system_stats)

    def delete_old_rows(self, *, limit: int) -> Mapping[str, int]:
        self._store.enter("delete_old_rows")
        return {"bot_logs": 0, "interaction_log": 0}

    def _commands(self, within: timedelta | None = None) -> list[Logged]:
        since = None if within is None else self._clock.now() - within
        return [
            (at, entry)
            for at, entry in self.interactions
            if entry.kind is not InteractionKind.AUTOCOMPLETE and (since is None or at >= since)
        ]

    def _window(self, commands: Sequence[Logged]) -> Window:
        finished = sorted(
            entry.finished_ms for _, entry in commands if not math.isnan(entry.finished_ms)
        )
        acknowledged = sorted(
            entry.acknowledged_ms for _, entry in commands if entry.acknowledged_ms is not None
        )
        errors = sum(entry.outcome is Outcome.FAILED for _, entry in commands)
        late = _percentile(acknowledged, 0.95)
        return Window(
            executed=len(commands),
            errors=errors,
            error_rate=round(errors / len(commands), 4) if commands else 0.0,
            mean_ms=round(sum(finished) / len(finished), 1) if finished else None,
            p50_ms=_percentile(finished, 0.5),
            p95_ms=_percentile(finished, 0.95),
            p99_ms=_percentile(finished, 0.99),
            acknowledged_p50_ms=_percentile(acknowledged, 0.5),
            acknowledged_p95_ms=late,
            acknowledged_p99_ms=_percentile(acknowledged, 0.99),
            cold_starts=sum(entry.cold_start for _, entry in commands),
            is_slow=late is not None and late > SLOW_MS,
        )


def _percentile(values: Sequence[float], part: float) -> float | None:
    """Between two values where it falls between them, as Postgres' percentile_cont does."""
    if not values:
        return None
    place = part * (len(values) - 1)
    below, above = values[math.floor(place)], values[math.ceil(place)]
    return round(below + (above - below) * (place - math.floor(place)), 1)


def _or_least(ms: float) -> float:
    """A time, or less than any where nobody measured it."""
    return -1.0 if math.isnan(ms) else ms


def _logged(row: Logged) -> LoggedInteraction:
    at, entry = row
    return LoggedInteraction(
        command=entry.command,
        finished_ms=None if math.isnan(entry.finished_ms) else entry.finished_ms,
        outcome=entry.outcome,
        error=entry.error,
        cold_start=entry.cold_start,
        created_at=at,
    )
