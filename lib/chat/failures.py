"""What a user is told when the model gives no whole answer: each cause in its own words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from lib.interactions.errors import UserFacingError
from lib.locales import Text
from lib.ports import ChatModelError, ChatModelFailure, ModelCard

TEXTS: Final[Mapping[ChatModelFailure, Text]] = {
    ChatModelFailure.BLOCKED: Text(
        en="The model declined to answer this. Try asking it in another way.",
        ja="モデルが回答を控えました。別の聞き方をお試しください。",
    ),
    ChatModelFailure.EMPTY: Text(
        en="The model came back with an empty answer. Please try once more.",
        ja="モデルから空の回答が返ってきました。もう一度お試しください。",
    ),
    ChatModelFailure.CUT_OFF: Text(
        en="The model used up its length limit before it wrote anything. Try a shorter question.",
        ja="回答を書き始める前に長さの上限に達しました。質問を短くしてお試しください。",
    ),
    ChatModelFailure.RATE_LIMITED: Text(
        en="The model has had too many questions for now. Please try again {when}.",
        ja="モデルの利用上限に達しました。{when}もう一度お試しください。",
    ),
    ChatModelFailure.OVERLOADED: Text(
        en="The model is overloaded at the moment. Please try again in a minute.",
        ja="モデルが現在混雑しています。1分ほどおいてから再度お試しください。",
    ),
    ChatModelFailure.BAD_KEY: Text(
        en="The model refuses the key. The bot's owner has to check it.",
        ja="モデルがAPIキーを拒否しています。Botのオーナーにご連絡ください。",
    ),
    ChatModelFailure.UNKNOWN_MODEL: Text(
        en="The model I'm set to use doesn't exist (any more). Choose another with `/model`.",
        ja="設定されたモデルが見つかりません。`/モデル` で別のモデルを選択してください。",
    ),
    ChatModelFailure.REFUSED_REQUEST: Text(
        en="The model couldn't take this question. Try a shorter or simpler one.",
        ja="この質問はモデルに受け付けられませんでした。短く簡潔な質問でお試しください。",
    ),
    ChatModelFailure.TIMED_OUT: Text(
        en="The model took too long. Please try again, perhaps with a shorter question.",
        ja="モデルの応答に時間がかかりすぎました。質問を短くして再度お試しください。",
    ),
    ChatModelFailure.UNREACHABLE: Text(
        en="I couldn't reach the model. Please try again in a minute.",
        ja="モデルに接続できませんでした。1分ほどおいてから再度お試しください。",
    ),
}
TEXTS_FOR_OWNERS: Final[Mapping[ChatModelFailure, Text]] = {
    ChatModelFailure.BAD_KEY: Text(
        en="`{model}` refuses the key in `{variable}`. Check it and deploy anew.",
        ja="`{model}` が `{variable}` のAPIキーを拒否しています。"
        "値を確認し、デプロイし直してください。",
    ),
    ChatModelFailure.UNKNOWN_MODEL: Text(
        en="The provider knows no model `{model}` (its key is in `{variable}`). Check its name in"
        " `models.toml`, or choose another with `/model`.",
        ja="プロバイダーに `{model}` というモデルがありません（キーの変数は `{variable}`）。"
        "`models.toml` の名前を確認するか、`/モデル` で別のモデルを選択してください。",
    ),
}
"""What only they can mend, and so are told in full."""
SOON: Final = Text(en="in a minute", ja="1分ほどおいて")
IN_SECONDS: Final = Text(en="in {seconds} s", ja="{seconds}秒後に")
IN_MINUTES: Final = Text(en="in about {minutes} min", ja="約{minutes}分後に")
SECONDS_WORTH_COUNTING: Final = 90


def as_user_facing(
    error: ChatModelError, *, for_owner_of: ModelCard | None = None
) -> UserFacingError:
    """The error that tells the user, in their language, what to do about `error`.

    `for_owner_of` is the model that failed, where it is the bot's owner who asks: they are told
    alone what to mend, by the name of the variable and never by what it holds.
    """
    if for_owner_of is not None and error.failure in TEXTS_FOR_OWNERS:
        text = TEXTS_FOR_OWNERS[error.failure]
        variable = for_owner_of.key or "-"
        return UserFacingError(text, private=True, model=for_owner_of.name, variable=variable)
    return UserFacingError(TEXTS[error.failure].filled(when=_when(error.retry_after_seconds)))


def _when(seconds: float | None) -> Text:
    if seconds is None or not math.isfinite(seconds):
        return SOON
    if seconds <= SECONDS_WORTH_COUNTING:
        return IN_SECONDS.filled(seconds=max(1, round(seconds)))
    return IN_MINUTES.filled(minutes=round(seconds / 60))
