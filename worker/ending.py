"""How an order ends in its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lib.locales import Text
from lib.ports import FailureReason
from worker.asking import Asker, Replies


@dataclass(frozen=True, slots=True)
class Ending:
    """Without a reason the order was carried out; `error` is what the row says otherwise."""

    reason: FailureReason | None = None
    error: str = ""


DONE: Final = Ending()


async def refused(
    replies: Replies,
    asker: Asker | None,
    text: Text,
    reason: FailureReason = FailureReason.REFUSED,
) -> Ending:
    """The ending of an order that is not carried out, once whoever gave it has been told why."""
    await replies.refuse(asker, text)
    return Ending(reason, text.en)
