"""What the user is to see in the end: the offline model always says the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lib.chat.splitting import split
from lib.ports import Role, Turn
from lib.services.offline_model import OfflineChatModel

_DEADLINE_SECONDS: Final = 60.0


class _InstantClock:
    """A clock on which nothing takes long."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Be there already."""


def expected_messages(prompt: str) -> list[str]:
    """The messages of the whole answer, as /ask splits it."""
    chunks = OfflineChatModel(clock=_InstantClock()).stream(
        [Turn(Role.USER, prompt)], system_instruction="", deadline_seconds=_DEADLINE_SECONDS
    )
    return list(split("".join(chunk.text for chunk in chunks)))
