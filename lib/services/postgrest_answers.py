"""What PostgREST's answers say: JSON, read strictly where Halley's own SQL wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from lib.ports import ClaimedCommand, JsonObject, Lease, PendingCommand, StoreError


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """Make a StoreError of an answer that has not the shape it should have."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(operation, "answer", "the answer has an unknown shape") from error


# The functions below raise KeyError, TypeError or ValueError; `reading` stands around them.


def held_by(row: JsonObject) -> Lease:
    """The lease of a row of `claim_commands`."""
    return Lease(UUID(str(row["id"])), UUID(str(row["lease_id"])))


def claimed(row: JsonObject) -> ClaimedCommand:
    """A row of `claim_commands`."""
    expires_at, secret = row["expires_at"], row["interaction"]
    return ClaimedCommand(
        id=UUID(str(row["id"])),
        command=str(row["command"]),
        payload=payload_of(row["payload"]),
        attempts=int(str(row["attempts"])),
        lease_id=UUID(str(row["lease_id"])),
        created_at=moment_of(row["created_at"]),
        expires_at=None if expires_at is None else moment_of(expires_at),
        progress=payload_of(row["progress"]),
        secret=None if secret is None else object_of(secret),
    )


def pending(row: JsonObject) -> PendingCommand:
    """A row of `command_queue`, as far as the older guides know it."""
    return PendingCommand(
        id=UUID(str(row["id"])),
        command=str(row["command"]),
        payload=payload_of(row["payload"]),
        created_at=moment_of(row["created_at"]),
    )


def rows_of(value: object) -> list[JsonObject]:
    """A list of rows."""
    if not isinstance(value, list):
        raise TypeError("no list of rows")
    return [object_of(row) for row in value]


def object_of(value: object) -> JsonObject:
    """A JSON object."""
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


def boolean_of(value: object) -> bool:
    """True or false, and not what merely counts as one."""
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def payload_of(value: object) -> JsonObject:
    """A JSON object, or an empty one: dashboards insert payloads of any shape, null included."""
    return value if isinstance(value, dict) else {}


def moment_of(value: object) -> datetime:
    """A point in time; a column that somebody made without a zone holds UTC."""
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
