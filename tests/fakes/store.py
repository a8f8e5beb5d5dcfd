"""The tables and the queue in memory, with the rules that the SQL functions keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from lib.ports import (
    ClaimedCommand,
    Clock,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    FailureReason,
    InteractionEntry,
    JsonObject,
    Lease,
    PendingCommand,
    Slot,
    StoreError,
)
from tests.fakes.rows import (
    CHAT_TABLES,
    EXPIRES_AFTER_SECONDS,
    KINDS,
    LEASE_BY_HAND_SECONDS,
    MOST_PENDING,
    Row,
    Tables,
)


class MemoryStore:
    """A `Store` on a clock. `rows` and `tables` are for tests to look at.

    `refuse` scripts the faults of one method, `is_down` makes every method fail.
    """

    def __init__(self, clock: Clock, *, kinds: Sequence[str] = KINDS) -> None:
        self._clock = clock
        self._kinds = frozenset(kinds)
        self._cooling_until: dict[tuple[str, str], datetime] = {}
        self._slot_keys: set[str] = set()
        self._refusals: dict[str, list[StoreError | None]] = defaultdict(list)
        self.rows: dict[UUID, Row] = {}
        self.tables = Tables()
        self.is_down = False
        self.calls: list[str] = []
        self.also_deletes: list[Callable[[str], Mapping[str, int]]] = []

    def refuse(self, operation: str, *errors: StoreError | None) -> None:
        """Have the next calls of that method fail so, one after the other; None lets one pass."""
        self._refusals[operation] += errors

    def insert(self, command: str, payload: JsonObject | None = None) -> UUID:
        """Insert a row as a dashboard does: two columns, the rest by default."""
        row = self._row(uuid4(), command, payload or {})
        self.rows[row.id] = row
        return row.id

    def enqueue(self, slot: Slot) -> bool:
        """Insert the row of a slot, unless there is one already; whether it is new."""
        if slot.key in self._slot_keys:
            return False
        self._slot_keys.add(slot.key)
        row = self._row(uuid4(), slot.name, {})
        row.run_at = slot.run_at
        row.expires_at = slot.expires_at or row.expires_at
        self.rows[row.id] = row
        return True

    def note_interaction(self, entry: InteractionEntry | None) -> None:
        """Enter it into the ledger, unless it stands there already."""
        ledger = self.tables.interaction_log
        if entry is None or entry.interaction_id in {each.interaction_id for _, each in ledger}:
            return
        now = self._clock.now()
        ledger.append((min(entry.created_at or now, now), entry))

    def waiting_since(self) -> list[datetime]:
        """Since when each row waits that could be claimed."""
        now = self._clock.now()
        free = [
            row
            for row in self.rows.values()
            if self._is_free(row)
            and row.command in self._kinds
            and (row.expires_at is None or row.expires_at > now)
        ]
        return [row.locked_until or max(row.run_at, row.created_at) for row in free]

    def _row(self, command_id: UUID, command: str, payload: JsonObject) -> Row:
        now = self._clock.now()
        row = Row(command_id, command, payload, now, len(self.rows), now)
        if (seconds := EXPIRES_AFTER_SECONDS.get(command)) is not None:
            row.expires_at = now + timedelta(seconds=seconds)
        return row

    def enter(self, operation: str) -> None:
        """Note a call, and fail as the test wishes; the twin of the watch calls it as well."""
        self.calls.append(operation)
        if self.is_down:
            raise StoreError(operation, "unreachable", "it is down")
        refusals = self._refusals[operation]
        if refusals and (refusal := refusals.pop(0)) is not None:
            raise refusal

    # --- the tables ---------------------------------------------------------------------------

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
        self.enter("send_system_stats")
        self.tables.system_stats.append(
            {
                "cpu_usage": cpu_usage,
                "ram_rss": ram_rss,
                "ram_heap": ram_heap,
                "ping_gateway": ping_gateway,
                "ping_lavalink": ping_lavalink,
                "source": source,
            }
        )

    def log_bot_event(self, *, level: str, message: str) -> None:
        self.enter("log_bot_event")
        self.tables.bot_logs.append({"level": level, "message": message})

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
        self.enter("log_gemini_usage")
        self.tables.gemini_usage.append(
            {
                "guild_id": guild_id,
                "user_id": user_id,
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": total_tokens,
                "model": model,
            }
        )

    def log_music_play(
        self,
        *,
        guild_id: str,
        track_title: str,
        track_url: str,
        duration_ms: int,
        requested_by: str,
    ) -> None:
        self.enter("log_music_play")
        self.tables.music_history.append(
            {
                "guild_id": guild_id,
                "track_title": track_title,
                "track_url": track_url,
                "duration_ms": duration_ms,
                "requested_by": requested_by,
            }
        )

    def update_active_session(
        self,
        *,
        guild_id: str,
        track_title: str,
        position_ms: int,
        duration_ms: int,
        is_playing: bool,
    ) -> None:
        self.enter("update_active_session")
        self.tables.active_sessions[guild_id] = {
            "guild_id": guild_id,
            "track_title": track_title,
            "position_ms": position_ms,
            "duration_ms": duration_ms,
            "is_playing": is_playing,
        }

    def remove_active_session(self, *, guild_id: str) -> None:
        self.enter("remove_active_session")
        self.tables.active_sessions.pop(guild_id, None)

    # --- the queue ----------------------------------------------------------------------------

    def get_pending_commands(self) -> list[PendingCommand]:
        self.enter("get_pending_commands")
        pending = [row for row in self._oldest_first() if row.status is CommandStatus.PENDING]
        return [
            PendingCommand(row.id, row.command, row.payload, row.created_at)
            for row in pending[:MOST_PENDING]
        ]

    def update_command_status(self, *, id: UUID, status: CommandStatus) -> None:  # noqa: A002 - the column's name
        self.enter("update_command_status")
        row = self.rows.get(id)
        if row is None:
            return
        if status is not CommandStatus.PROCESSING:
            row.end(status)
        elif row.status is not CommandStatus.PROCESSING:
            self._lease(row, LEASE_BY_HAND_SECONDS)

    def begin_command(self, command: DeferredCommand) -> Lease | CoolingDown:
        self.enter("begin_command")
        key = (command.user_id, command.cooldown_key)
        now = self._clock.now()
        left = (self._cooling_until.get(key, now) - now).total_seconds()
        if command.cooldown_seconds > 0 and left > 0:
            return CoolingDown(left)
        if command.id in self.rows:
            raise StoreError("begin_command", "23505", "duplicate key value")
        if command.cooldown_seconds > 0:
            self._cooling_until[key] = now + timedelta(seconds=command.cooldown_seconds)
        row = self._row(command.id, command.command, command.payload)
        row.expires_at = command.expires_at
        row.token, row.interaction = command.token, command.interaction
        self.rows[row.id] = row
        return self._lease(row, command.lease_seconds, lease_id=command.lease_id)

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        self.enter("claim_commands")
        self._fail_lost_commands()
        free = [row for row in self.rows.values() if row.command in kinds and self._is_free(row)]
        lapsed = sorted(filter(_held_until, free), key=_held_until)
        due = sorted(
            (row for row in free if row.status is CommandStatus.PENDING),
            key=lambda row: (row.run_at, row.seq),
        )
        # A row whose holder may have died of it goes first, and alone.
        chosen = lapsed[: min(limit, 1)] or due[:limit]
        return [self._claimed(row, lease_seconds) for row in chosen]

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        self.enter("renew_command")
        row = self._held(lease)
        if row is None:
            return False
        row.locked_until = self._clock.now() + timedelta(seconds=lease_seconds)
        row.progress = row.progress if progress is None else progress
        return True

    def release_command(self, lease: Lease) -> bool:
        self.enter("release_command")
        row = self._held(lease)
        if row is None:
            return False
        row.attempts -= 1
        row.end(CommandStatus.PENDING)
        return True

    def complete_command(self, lease: Lease) -> bool:
        self.enter("complete_command")
        row = self._held(lease)
        if row is None:
            return False
        row.last_error = None
        row.end(CommandStatus.COMPLETED)
        return True

    def fail_command(
        self, lease: Lease, *, error: str, reason: FailureReason, retry: bool
    ) -> CommandStatus | None:
        self.enter("fail_command")
        row = self._held(lease)
        if row is None:
            return None
        row.last_error = error
        if retry and row.attempts < row.max_attempts:
            pause = min(600, 5 * 2 ** (row.attempts - 1)) * 0.75
            row.run_at = self._clock.now() + timedelta(seconds=pause)
            row.end(CommandStatus.PENDING)
        else:
            row.failure_reason = FailureReason.ATTEMPTS if retry else reason
            row.end(CommandStatus.FAILED)
        return row.status

    def end_cooldown(
        self, lease: Lease, *, user_id: str, cooldown_key: str, cooldown_seconds: float
    ) -> bool:
        self.enter("end_cooldown")
        key, row = (user_id, cooldown_key), self._held(lease)
        begun = row and row.created_at + timedelta(seconds=cooldown_seconds)
        if begun is None or self._cooling_until.get(key) != begun:
            return False
        del self._cooling_until[key]
        return True

    def delete_user_data(self, *, user_id: str) -> Mapping[str, int]:
        self.enter("delete_user_data")
        tables = self.tables
        usage = [row for row in tables.gemini_usage if row["user_id"] != user_id]
        music = [row for row in tables.music_history if row["requested_by"] != user_id]
        rows = {row.id: row for row in self.rows.values() if not self._is_deletable(row, user_id)}
        now = self._clock.now()
        cooling = {k: t for k, t in self._cooling_until.items() if k[0] != user_id or t > now}
        counts = {
            "gemini_usage": len(tables.gemini_usage) - len(usage),
            "command_queue": len(self.rows) - len(rows),
            "music_history": len(tables.music_history) - len(music),
            "interaction_log": 0,
            "cooldowns": len(self._cooling_until) - len(cooling),
            **dict.fromkeys(CHAT_TABLES, 0),
        }
        for delete in self.also_deletes:
            counts |= delete(user_id)
        tables.gemini_usage, tables.music_history = usage, music
        self.rows, self._cooling_until = rows, cooling
        return counts

    # --- the rules ----------------------------------------------------------------------------

    def _oldest_first(self) -> list[Row]:
        return sorted(self.rows.values(), key=lambda row: (row.created_at, row.seq))

    def _is_free(self, row: Row) -> bool:
        """Pending and due, or under a lease that has run out."""
        if row.status is CommandStatus.PENDING:
            return row.run_at <= self._clock.now()
        return (
            row.status is CommandStatus.PROCESSING
            and row.locked_until is not None
            and row.locked_until <= self._clock.now()
        )

    def _fail_lost_commands(self) -> None:
        now = self._clock.now()
        for row in self.rows.values():
            if row.status is not CommandStatus.PENDING and not self._is_free(row):
                continue
            if row.expires_at is not None and row.expires_at <= now:
                row.failure_reason = FailureReason.EXPIRED
                row.last_error = "It was not done before it expired."
            elif row.attempts >= row.max_attempts:
                row.failure_reason = FailureReason.ATTEMPTS
                row.last_error = f"Given up after {row.attempts} attempts."
            elif row.command not in self._kinds:
                row.failure_reason = FailureReason.UNKNOWN_COMMAND
                row.last_error = f"No handler knows the command {row.command}."
            else:
                continue
            self.note_interaction(row.lost_answer())
            row.end(CommandStatus.FAILED)
            message = (
                f"command_given_up  command={row.command} id={row.id} reason={row.failure_reason}"
            )
            self.tables.bot_logs.append({"level": "warning", "message": message})

    def _lease(self, row: Row, lease_seconds: int, *, lease_id: UUID | None = None) -> Lease:
        lease = Lease(row.id, lease_id or uuid4())
        row.status = CommandStatus.PROCESSING
        row.attempts += 1
        row.lease_id = lease.lease_id
        row.locked_until = self._clock.now() + timedelta(seconds=lease_seconds)
        return lease

    def _claimed(self, row: Row, lease_seconds: int) -> ClaimedCommand:
        return row.claimed(self._lease(row, lease_seconds))

    def _held(self, lease: Lease) -> Row | None:
        row = self.rows.get(lease.command_id)
        if row is None or row.status is not CommandStatus.PROCESSING:
            return None
        return row if row.lease_id == lease.lease_id else None

    def _is_deletable(self, row: Row, user_id: str) -> bool:
        if row.status is CommandStatus.PROCESSING and not self._is_free(row):
            return False
        return user_id in (row.asker_id, row.payload.get("user_id"))


def _held_until(row: Row) -> float:
    """Until when a row was held, as a number; 0 where nobody holds it."""
    return 0.0 if row.locked_until is None else row.locked_until.timestamp()
