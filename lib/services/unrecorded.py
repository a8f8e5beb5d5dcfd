"""The Store where no database is set: nothing is kept, and the bot answers all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from uuid import UUID

from lib.ports import (
    ClaimedCommand,
    Clock,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    FailureReason,
    JsonObject,
    Lease,
    PendingCommand,
)


class UnrecordedStore:
    """A Store (see lib.ports) that keeps nothing.

    Only the cool-down is remembered, by this instance alone: better than none for the owner's key.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._cooling: dict[tuple[str, str], tuple[float, UUID]] = {}

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
        """Keep nothing."""

    def log_bot_event(self, *, level: str, message: str) -> None:
        """Keep nothing."""

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
        """Keep nothing."""

    def log_music_play(
        self,
        *,
        guild_id: str,
        track_title: str,
        track_url: str,
        duration_ms: int,
        requested_by: str,
    ) -> None:
        """Keep nothing."""

    def update_active_session(
        self,
        *,
        guild_id: str,
        track_title: str,
        position_ms: int,
        duration_ms: int,
        is_playing: bool,
    ) -> None:
        """Keep nothing."""

    def remove_active_session(self, *, guild_id: str) -> None:
        """There is none."""

    def get_pending_commands(self) -> list[PendingCommand]:
        return []

    def update_command_status(self, *, id: UUID, status: CommandStatus) -> None:  # noqa: A002 - the column's name
        """There is no row."""

    def begin_command(self, command: DeferredCommand) -> Lease | CoolingDown:
        key = (command.user_id, command.cooldown_key)
        with self._lock:
            now = self._clock.monotonic()
            self._cooling = {k: each for k, each in self._cooling.items() if each[0] > now}
            if key in self._cooling:
                return CoolingDown(self._cooling[key][0] - now)
            if command.cooldown_seconds > 0:
                self._cooling[key] = now + command.cooldown_seconds, command.id
        return Lease(command.id, command.lease_id)

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        return []

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        return True

    def release_command(self, lease: Lease) -> bool:
        return True

    def complete_command(self, lease: Lease) -> bool:
        return True

    def fail_command(
        self, lease: Lease, *, error: str, reason: FailureReason, retry: bool
    ) -> CommandStatus | None:
        return CommandStatus.FAILED

    def end_cooldown(
        self, lease: Lease, *, user_id: str, cooldown_key: str, cooldown_seconds: float
    ) -> bool:
        key = (user_id, cooldown_key)
        with self._lock:
            _, began_with = self._cooling.get(key, (0.0, None))
            return began_with == lease.command_id and bool(self._cooling.pop(key))

    def delete_user_data(self, *, user_id: str) -> Mapping[str, int]:
        return {}
