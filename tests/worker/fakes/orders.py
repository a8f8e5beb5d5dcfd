"""What stands around orders: the queue's rows, Discord's answers, and players."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from lib.music.orders import PlayerCommand
from lib.ports import ClaimedCommand, DiscordError, InteractionWebhook, JsonObject
from lib.ports.discord import Upload
from tests.worker.fakes.scene import GUILD, LOUNGE

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
CARD = "1180000000000007777"


@dataclass
class Said:
    """One call to Discord."""

    kind: str
    body: JsonObject = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.body.get("content", ""))

    @property
    def is_private(self) -> bool:
        return self.body.get("flags") == 64

    @property
    def is_card(self) -> bool:
        return bool(self.body.get("embeds"))


class QuietDiscord:
    """A DiscordAPI as far as the worker needs it: what was said is a list."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.error: DiscordError | None = None
        self._messages = 0

    def edit_original(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        return self._note("edit", body)

    def delete_original(self, webhook: InteractionWebhook) -> None:
        self._note("delete", {})

    def create_follow_up(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        return self._note("follow-up", body)

    def create_message(self, *, channel_id: str, body: JsonObject, nonce: str) -> str:
        return self._note(f"in {channel_id}", body)

    def edit_message(self, *, channel_id: str, message_id: str, body: JsonObject) -> None:
        self._note(f"edited {message_id}", body)

    def delete_message(self, *, channel_id: str, message_id: str) -> None:
        self._note(f"deleted {message_id}", {})

    def _note(self, kind: str, body: JsonObject) -> str:
        self.said.append(Said(kind, body))
        if self.error is not None:
            raise self.error
        self._messages += 1
        return str(self._messages)


def given(
    command: PlayerCommand,
    *,
    user_id: str = "7",
    locale: str = "en-US",
    button: bool = False,
    dashboard: bool = False,
    order_id: UUID | None = None,
    attempts: int = 1,
    **payload: object,
) -> ClaimedCommand:
    """An order as it is claimed: given by a user in Discord, or by an admin in a dashboard."""
    secret: JsonObject = {
        "token": "a-token",
        "application_id": "1180000000000000900",
        "type": 3 if button else 2,
        "locale": locale,
        "member": {"user": {"id": user_id, "global_name": "Sam"}},
        "message": {"id": CARD} if button else None,
    }
    said: dict[str, object] = {"guild_id": GUILD, **payload}
    if dashboard:
        said["by"] = "somebody"
    else:
        said = {"channel_id": LOUNGE, "text_channel_id": "5", "standing": "member", **said}
    return ClaimedCommand(
        id=order_id or uuid4(),
        command=command.value,
        payload=said,
        attempts=attempts,
        lease_id=uuid4(),
        created_at=NOW,
        expires_at=None,
        progress={},
        secret=None if dashboard else secret,
    )
