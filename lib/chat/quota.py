"""What a user is told at a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lib.interactions.errors import UserFacingError
from lib.interactions.timestamp import ago, date_and_time
from lib.locales import Text
from lib.ports import QuotaLimit

if TYPE_CHECKING:
    from lib.ports import QuotaExceeded

TEXTS: Final[Mapping[QuotaLimit, Text]] = {
    QuotaLimit.ANSWERS: Text(
        en="You've had all your answers for today. You can ask again {ago} ({moment}).",
        ja="本日の利用回数の上限に達しました。次に利用できるのは {ago}（{moment}）です。",
    ),
    QuotaLimit.TOKENS: Text(
        en="What's left of your tokens for today isn't enough for this. They are counted anew {ago}"
        " ({moment}); a shorter question, or `/forget`, needs fewer.",
        ja="本日の残りトークンでは足りません。{ago}（{moment}）に更新されます。"
        "質問を短くするか、`/会話削除` で会話を消去すると、必要なトークンが減ります。",
    ),
    QuotaLimit.BUDGET: Text(
        en="The budget for this month is used up. It opens again {ago} ({moment}).",
        ja="今月の予算の上限に達しました。{ago}（{moment}）に再開します。",
    ),
}


def as_user_facing(exceeded: QuotaExceeded) -> UserFacingError:
    """The error that tells which limit it is, and when it opens again."""
    return UserFacingError(
        TEXTS[exceeded.limit],
        private=True,
        ago=ago(exceeded.opens_at),
        moment=date_and_time(exceeded.opens_at),
    )
