"""What the user is to see in the end: the offline model says the same to all who ask anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lib.chat.answer_messages import GAP, as_messages
from lib.chat.catalogue import OFFLINE_CARD
from lib.locales import Locale
from lib.ports import Role, Turn
from lib.services.offline_model import OfflineChatModel

_DEADLINE_SECONDS: Final = 60.0
_FOOTER: Final = "-# "


class _InstantClock:
    """A clock on which nothing takes long."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Be there already."""


def expected_messages(prompt: str) -> list[str]:
    """The messages of the whole answer to a first question, as /ask shows them without a footer."""
    chunks = OfflineChatModel(clock=_InstantClock()).stream(
        [Turn(Role.USER, prompt)],
        system_instruction="",
        deadline_seconds=_DEADLINE_SECONDS,
        max_output_tokens=OFFLINE_CARD.output_tokens,
    )
    text = "".join(chunk.text for chunk in chunks)
    return [message.content for message in as_messages(text, locale=Locale.ENGLISH)]


def without_footer(content: str) -> str:
    """A message without the quiet line at its end, which tells another time and count each run.

    An answer that was noted before its process died is shown again without one.
    """
    text, gap, last = content.rpartition(GAP)
    return text if gap and last.startswith(_FOOTER) and "\n" not in last else content
