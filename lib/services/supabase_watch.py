"""The Watch on Supabase: each method one lean call of an SQL function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from lib.ports import (
    BotEvent,
    Clock,
    CommandCount,
    HealthReading,
    InteractionEntry,
    JsonObject,
    LoggedInteraction,
    MeanReading,
    Record,
    Recorded,
    Slot,
    Tick,
    Window,
    WindowAt,
)
from lib.services import watch_answers as answers
from lib.services.postgrest_answers import object_of, reading, rows_of
from lib.services.postgrest_rpc import PostgrestRpc

T = TypeVar("T")

READING_SECONDS: Final = 1.5
"""What a reading may take: whoever asks how the bot is waits for it, database or no database."""


class SupabaseWatch:
    """A Watch (see lib.ports). `rpc` writes; `reader` reads, and gives up sooner."""

    def __init__(self, rpc: PostgrestRpc, reader: PostgrestRpc, clock: Clock) -> None:
        self._rpc = rpc
        self._reader = reader
        self._clock = clock

    def record(self, record: Record) -> Recorded:
        tick = record.tick
        answer = self._rpc.call(
            "record_invocation",
            {
                "p_record": {
                    "deployment": record.deployment,
                    "interactions": [_entry(entry) for entry in record.interactions],
                    "events": [_event(event) for event in record.events],
                    "tick": None if tick is None else _tick(tick),
                    "alerts_for": record.alerts_for,
                }
            },
        )
        with reading("record_invocation"):
            return answers.recorded(answer)

    def read_health(self, *, deployment: str) -> HealthReading:
        answer = self._reader.call("health_reading", {"p_deployment": deployment})
        with reading("health_reading"):
            return answers.health(answer)

    def read_window(self, *, last: int | None = None, within: timedelta | None = None) -> Window:
        since = None if within is None else self._ago(within)
        (window,) = self._rows(
            "interaction_window", {"p_last": last, "p_since": since}, answers.window
        )
        return window

    def read_windows(self, *, within: timedelta, width: timedelta) -> list[WindowAt]:
        return self._rows("interaction_windows", self._stretches(within, width), answers.window_at)

    def read_stats(self, *, within: timedelta, width: timedelta) -> list[MeanReading]:
        return self._rows(
            "system_stats_windows", self._stretches(within, width), answers.mean_reading
        )

    def read_counts(self) -> list[CommandCount]:
        return self._rows("interaction_counts", {}, answers.command_count)

    def read_slowest(self, *, limit: int, within: timedelta) -> list[LoggedInteraction]:
        return self._rows(
            "slowest_interactions",
            {"p_limit": limit, "p_since": self._ago(within)},
            answers.logged_interaction,
        )

    def read_errors(self, *, limit: int) -> list[LoggedInteraction]:
        return self._rows("failed_interactions", {"p_limit": limit}, answers.logged_interaction)

    def set_log_level(self, *, level: str | None, seconds: int) -> None:
        self._rpc.call("set_log_level", {"p_level": level, "p_seconds": seconds})

    def roll_up_stats(self) -> int:
        answer = self._rpc.call("roll_up_stats", {})
        with reading("roll_up_stats"):
            return int(str(answer))

    def delete_old_rows(self, *, limit: int) -> Mapping[str, int]:
        answer = self._rpc.call("delete_old_rows", {"p_limit": limit})
        with reading("delete_old_rows"):
            return {table: int(str(count)) for table, count in object_of(answer).items()}

    def _rows(
        self, function: str, arguments: JsonObject, read: Callable[[JsonObject], T]
    ) -> list[T]:
        answer = self._reader.call(function, arguments)
        with reading(function):
            return [read(row) for row in rows_of(answer)]

    def _stretches(self, within: timedelta, width: timedelta) -> JsonObject:
        return {"p_since": self._ago(within), "p_width": f"{width.total_seconds():.0f} seconds"}

    def _ago(self, within: timedelta) -> datetime:
        return self._clock.now() - within


def _entry(entry: InteractionEntry) -> JsonObject:
    return {
        "interaction_id": entry.interaction_id,
        "command": entry.command,
        "kind": entry.kind.value,
        "guild_id": entry.guild_id,
        "user_id": entry.user_id,
        "deferred": entry.deferred,
        "acknowledged_ms": entry.acknowledged_ms and round(entry.acknowledged_ms, 3),
        "margin_ms": entry.margin_ms,
        "finished_ms": round(entry.finished_ms, 3),
        "outcome": entry.outcome.value,
        "error": entry.error,
        "cold_start": entry.cold_start,
        "created_at": None if entry.created_at is None else entry.created_at.isoformat(),
    }


def _event(event: BotEvent) -> JsonObject:
    moment = event.created_at.astimezone(UTC).isoformat()
    return {"level": event.level, "message": event.message, "created_at": moment}


def _tick(tick: Tick) -> JsonObject:
    declared = [
        {"name": name, "every_seconds": round(every.total_seconds())}
        for name, every in tick.declared.items()
    ]
    return {
        "name": tick.name,
        "slots": [_slot(slot) for slot in tick.slots],
        "declared": declared or None,
    }


def _slot(slot: Slot) -> JsonObject:
    return {
        "name": slot.name,
        "key": slot.key,
        "run_at": slot.run_at.isoformat(),
        "expires_at": None if slot.expires_at is None else slot.expires_at.isoformat(),
    }
