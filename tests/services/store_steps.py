"""What the contract tests of a store do with it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from lib.ports import ClaimedCommand, DeferredCommand, Lease
from tests.services.store_worlds import SeenRow, StoreWorld

USER, OTHER = "1180000000000000300", "1180000000000000301"
INTERACTION = {"id": "1", "token": "a-token", "member": {"user": {"id": USER}}}


def deferred(world: StoreWorld, **changes: object) -> DeferredCommand:
    fields: dict[str, object] = {
        "id": uuid4(),
        "lease_id": uuid4(),
        "command": "answer",
        "payload": {"command": "ask", "guild_id": None},
        "token": "a-token",
        "interaction": INTERACTION,
        "expires_at": world.now() + timedelta(minutes=15),
        "lease_seconds": 60,
        "user_id": USER,
        "cooldown_key": "ask",
        "cooldown_seconds": 0.0,
    }
    # Fields by name, of which each test changes some: mypy can't see through the dict.
    return DeferredCommand(**{**fields, **changes})  # type: ignore[arg-type]


def begin(world: StoreWorld, **changes: object) -> Lease:
    lease = world.store.begin_command(deferred(world, **changes))
    assert isinstance(lease, Lease)
    return lease


def claim(
    world: StoreWorld, *kinds: str, limit: int = 10, lease_seconds: int = 60
) -> list[ClaimedCommand]:
    return world.store.claim_commands(
        kinds=kinds or ("answer", "snapshot"), limit=limit, lease_seconds=lease_seconds
    )


def held(command: ClaimedCommand) -> Lease:
    return Lease(command.id, command.lease_id)


def row(world: StoreWorld, command_id: UUID) -> SeenRow:
    seen = world.row(command_id)
    assert seen is not None
    return seen
