"""The Store on Supabase: tables by the official client, the queue's functions by lean calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import UUID

from lib.logs import get_logger
from lib.monitor import monitor
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
    StoreError,
)
from lib.recording import recording
from lib.services.clock import SYSTEM_CLOCK
from lib.services.hard_deadline import HardDeadline
from lib.services.postgrest_answers import (
    boolean_of,
    claimed,
    held_by,
    object_of,
    pending,
    reading,
    rows_of,
)
from lib.services.postgrest_rpc import TIMEOUT_SECONDS as RPC_TIMEOUT_SECONDS
from lib.services.postgrest_rpc import PostgrestRpc
from lib.settings import Secret

if TYPE_CHECKING:
    from httpx import Client as HttpClient
    from httpx import Request
    from postgrest import APIResponse
    from supabase import Client

log = get_logger(__name__)

MOST_PENDING: Final = 10
TIMEOUT_SECONDS: Final = 10


class _Calls(threading.local):
    """The call that each thread makes of a table, by its deadline."""

    def __init__(self) -> None:
        self.deadline = HardDeadline(0)


class SupabaseStore:
    """A Store (see lib.ports) on one Supabase project, by its address and secret key."""

    def __init__(
        self,
        url: str,
        key: Secret,
        *,
        holder: str = "functions",
        application_id: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._url = url
        self._key = key
        self._holder = holder
        self._application_id = application_id
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._calls = _Calls()
        self._rpc = PostgrestRpc(
            url, key, timeout_seconds=min(timeout_seconds, RPC_TIMEOUT_SECONDS), clock=clock
        )

    def close(self) -> None:
        """Let go of the connections. A function need not: it ends with its process."""
        self._http.close()

    # --- the tables, by the official client ---------------------------------------------------

    @cached_property
    def _http(self) -> HttpClient:
        from httpx import Client as HttpClient
        from httpx import Limits

        return HttpClient(
            # A frozen function's connections may be dead when it thaws, and the first row lost.
            limits=Limits(max_keepalive_connections=0),
            timeout=self._timeout_seconds,
            follow_redirects=False,  # it would carry the key to wherever it is told
            event_hooks={"request": [self._watch_over]},
        )

    def _watch_over(self, request: Request) -> None:
        """Have the deadline of the call that this thread makes know of its connection."""
        self._calls.deadline.watch(request)

    @cached_property
    def _client(self) -> Client:
        from supabase import ClientOptions, create_client

        options = ClientOptions(
            postgrest_client_timeout=self._timeout_seconds,
            postgrest_client_retry=False,  # it would sleep seven seconds before it tells a fault
            auto_refresh_token=False,
            persist_session=False,
            httpx_client=self._http,
        )
        return create_client(self._url, self._key.reveal(), options)

    def _ask(self, operation: str, request: Callable[[Client], APIResponse]) -> list[JsonObject]:
        """Run one request of the client: the rows it answers with. Its exceptions become StoreError
        here, nowhere else.
        """
        from httpx import HTTPError, TimeoutException
        from postgrest.exceptions import APIError
        from supabase import SupabaseException

        try:
            client = self._client  # loading it is no part of the call's time
            with (
                HardDeadline(self._timeout_seconds) as deadline,
                monitor(f"supabase.{operation}", self._clock),
            ):
                self._calls.deadline = deadline
                data: object = request(client).data
        except APIError as error:
            raise StoreError(operation, error.code or "refused", str(error.message)) from None
        except TimeoutException as error:
            raise StoreError(operation, "timed_out", "no answer in time") from error
        except (HTTPError, OSError) as error:
            if self._calls.deadline.passed:
                raise StoreError(operation, "timed_out", "no answer in time") from error
            raise StoreError(operation, "unreachable", type(error).__name__) from error
        except (SupabaseException, ValueError, RecursionError) as error:
            raise StoreError(operation, "client", type(error).__name__) from None
        with reading(operation):
            return rows_of(data)

    def _insert(self, operation: str, table: str, row: JsonObject) -> None:
        self._ask(operation, lambda client: client.table(table).insert(dict(row)).execute())

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
        row = {
            "cpu_usage": cpu_usage,
            "ram_rss": ram_rss,
            "ram_heap": ram_heap,
            "ping_gateway": ping_gateway,
            "ping_lavalink": ping_lavalink,
            "source": source,
        }
        self._insert("send_system_stats", "system_stats", row)

    def log_bot_event(self, *, level: str, message: str) -> None:
        self._insert("log_bot_event", "bot_logs", {"level": level, "message": message})

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
        row = {
            "guild_id": guild_id,
            "user_id": user_id,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": total_tokens,
            "model": model,
        }
        self._insert("log_gemini_usage", "gemini_usage", row)

    def log_music_play(
        self,
        *,
        guild_id: str,
        track_title: str,
        track_url: str,
        duration_ms: int,
        requested_by: str,
    ) -> None:
        row = {
            "guild_id": guild_id,
            "track_title": track_title,
            "track_url": track_url,
            "duration_ms": duration_ms,
            "requested_by": requested_by,
        }
        self._insert("log_music_play", "music_history", row)

    def update_active_session(
        self,
        *,
        guild_id: str,
        track_title: str,
        position_ms: int,
        duration_ms: int,
        is_playing: bool,
    ) -> None:
        row = {
            "guild_id": guild_id,
            "track_title": track_title,
            "position_ms": position_ms,
            "duration_ms": duration_ms,
            "is_playing": is_playing,
        }
        self._ask(
            "update_active_session",
            lambda client: client.table("active_sessions").upsert(row).execute(),
        )

    def remove_active_session(self, *, guild_id: str) -> None:
        self._ask(
            "remove_active_session",
            lambda client: (
                client.table("active_sessions").delete().eq("guild_id", guild_id).execute()
            ),
        )

    def get_pending_commands(self) -> list[PendingCommand]:
        rows = self._ask(
            "get_pending_commands",
            lambda client: (
                client.table("command_queue")
                .select("id, command, payload, created_at")
                .eq("status", CommandStatus.PENDING.value)
                .order("created_at")
                .limit(MOST_PENDING)
                .execute()
            ),
        )
        with reading("get_pending_commands"):
            return [pending(row) for row in rows]

    def update_command_status(self, *, id: UUID, status: CommandStatus) -> None:  # noqa: A002 - the column's name
        self._ask(
            "update_command_status",
            lambda client: (
                client.table("command_queue")
                .update({"status": status.value})
                .eq("id", str(id))
                .execute()
            ),
        )

    # --- the queue, by its SQL functions ------------------------------------------------------

    def begin_command(self, command: DeferredCommand) -> Lease | CoolingDown:
        answer = self._rpc.call(
            "begin_command",
            {
                "p_id": command.id,
                "p_lease_id": command.lease_id,
                "p_command": command.command,
                "p_payload": command.payload,
                "p_token": command.token,
                "p_interaction": command.interaction,
                "p_lease_seconds": command.lease_seconds,
                "p_expires_at": command.expires_at,
                "p_user_id": command.user_id,
                "p_cooldown_key": command.cooldown_key,
                "p_cooldown_seconds": command.cooldown_seconds,
            },
        )
        with reading("begin_command"):
            begun = object_of(answer)
            if begun["lease_id"] is None:
                return CoolingDown(float(str(begun["retry_after_seconds"])))
            return Lease(command.id, UUID(str(begun["lease_id"])))

    def claim_commands(
        self, *, kinds: Sequence[str], limit: int, lease_seconds: int
    ) -> list[ClaimedCommand]:
        answer = self._rpc.call(
            "claim_commands",
            {
                "p_kinds": list(kinds),
                "p_limit": limit,
                "p_lease_seconds": lease_seconds,
                "p_holder": self._holder,
                "p_application_id": self._application_id,
            },
        )
        with reading("claim_commands"):
            held = [(held_by(row), row) for row in rows_of(answer)]
        commands = [self._read_or_fail(lease, row) for lease, row in held]
        return [command for command in commands if command is not None]

    def _read_or_fail(self, lease: Lease, row: JsonObject) -> ClaimedCommand | None:
        """A row that was claimed. One that cannot be read fails alone: it is claimed already, and
        would be read no better by the next.
        """
        try:
            return claimed(row)
        except (KeyError, TypeError, ValueError) as error:
            log.error("row_not_readable", id=lease.command_id, error=error)
            with recording("a row that cannot be read"):
                self.fail_command(
                    lease,
                    error=f"the row cannot be read: {error}",
                    reason=FailureReason.ERROR,
                    retry=False,
                )
            return None

    def renew_command(
        self, lease: Lease, *, lease_seconds: int, progress: JsonObject | None = None
    ) -> bool:
        arguments: dict[str, object] = {
            "p_lease_seconds": lease_seconds,
            "p_progress": progress,
        }
        return self._is_held("renew_command", lease, arguments)

    def release_command(self, lease: Lease) -> bool:
        return self._is_held("release_command", lease)

    def complete_command(self, lease: Lease) -> bool:
        return self._is_held("complete_command", lease)

    def fail_command(
        self, lease: Lease, *, error: str, reason: FailureReason, retry: bool
    ) -> CommandStatus | None:
        arguments = {"p_error": error, "p_reason": reason.value, "p_retry": retry}
        status = self._rpc.call("fail_command", _held(lease) | arguments)
        with reading("fail_command"):
            return None if status is None else CommandStatus(str(status))

    def end_cooldown(
        self, lease: Lease, *, user_id: str, cooldown_key: str, cooldown_seconds: float
    ) -> bool:
        arguments: dict[str, object] = {
            "p_user_id": user_id,
            "p_cooldown_key": cooldown_key,
            "p_cooldown_seconds": cooldown_seconds,
        }
        return self._is_held("end_cooldown", lease, arguments)

    def delete_user_data(self, *, user_id: str) -> Mapping[str, int]:
        answer = self._rpc.call("delete_user_data", {"p_user_id": user_id})
        with reading("delete_user_data"):
            return {table: int(str(count)) for table, count in object_of(answer).items()}

    def _is_held(
        self, function: str, lease: Lease, arguments: dict[str, object] | None = None
    ) -> bool:
        """Call a function that says whether the lease was still there, and did it."""
        answer = self._rpc.call(function, _held(lease) | (arguments or {}))
        with reading(function):
            return boolean_of(answer)


def _held(lease: Lease) -> dict[str, object]:
    return {"p_id": lease.command_id, "p_lease_id": lease.lease_id}
