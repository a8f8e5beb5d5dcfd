"""/privacy: what is kept about you and how long, and a button that deletes it."""

from __future__ import annotations

from lib.interactions.command import Command, Context, Deferred, Instant, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Button, ButtonStyle, Message
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import StoreError

log = get_logger(__name__)

KEPT = Text(
    en=(
        "**What I keep**\n"
        "- For each `/ask`: your id, the server's id, the number of tokens and the model. Never the"
        " question or the answer. Kept until you delete it.\n"
        "- While an answer is under way: the question and Discord's short-lived token, so that I"
        " can finish if something fails. Deleted as soon as the answer has ended, at most after"
        " 15 minutes.\n"
        "- When you last asked, for a few seconds, to keep a pace.\n"
        "- For music: the titles you asked for, with your id. Kept until you delete it.\n\n"
        "**Who else sees it**\n"
        "Your question goes to the model's provider ({provider}), whose own terms hold there."
        " The bot's owner can read the tables."
    ),
    ja=(
        "**保存するもの**\n"
        "- `/ask` ごとに、あなたのID、サーバーのID、トークン数、モデル名。"
        "質問と回答の内容は保存しません。削除されるまで保持します。\n"
        "- 回答の処理中のみ、質問の内容とDiscordの一時トークン（障害時に回答を完了するため）。"
        "回答が終わりしだい、遅くとも15分後には削除します。\n"
        "- 連続利用を抑えるための最終利用時刻（数秒間）。\n"
        "- 音楽機能では、リクエストした曲名とあなたのID。削除されるまで保持します。\n\n"
        "**共有される範囲**\n"
        "質問の内容はモデルの提供元（{provider}）に送信され、提供元の規約が適用されます。"
        "Botのオーナーは記録を閲覧できます。"
    ),
)
NOTHING_KEPT = Text(
    en="**What I keep**\nNothing: this bot runs without a database. Your question goes to the"
    " model's provider ({provider}), whose own terms hold there.",
    ja="**保存するもの**\nありません。このBotはデータベースなしで動いています。"
    "質問の内容はモデルの提供元（{provider}）に送信され、提供元の規約が適用されます。",
)
OFFLINE = Text(en="none: the offline model", ja="なし・オフラインモデル")
DELETE = Text(en="Delete what is mine", ja="自分のデータを削除")
DELETED = Text(
    en="Done. I deleted {count} rows about you.",
    ja="完了しました。あなたに関する記録を{count}件削除しました。",
)
NOTHING_THERE = Text(
    en="There was nothing about you to delete.",
    ja="削除するデータはありませんでした。",
)
NOT_DELETED = Text(
    en="I couldn't reach the database, so nothing was deleted. Please try again later.",
    ja="データベースに接続できなかったため、削除できませんでした。時間をおいて再度お試しください。",
)


def show_privacy(context: Context) -> Message:
    """What is kept, with the button where there is something to delete."""
    settings = context.settings
    provider = OFFLINE.in_(context.locale) if settings.gemini_api_key is None else "Google Gemini"
    if not settings.has_database:
        text = NOTHING_KEPT.in_(context.locale, provider=provider)
        return Message(content=text, ephemeral=True)
    button = Button(
        label=DELETE.in_(context.locale), custom_id="privacy:delete", style=ButtonStyle.DANGER
    )
    text = KEPT.in_(context.locale, provider=provider)
    return Message(content=text, rows=((button,),), ephemeral=True)


def delete(context: WorkContext) -> Message:
    """Delete the presser's own rows, whoever opened the message."""
    try:
        counts = context.services.store.delete_user_data(user_id=context.interaction.user.id)
    except StoreError as error:
        log.error("not_deleted", code=error.code, detail=error.detail)
        raise UserFacingError(NOT_DELETED) from error
    count = sum(counts.values())
    text = DELETED.in_(context.locale, count=count) if count else NOTHING_THERE.in_(context.locale)
    return Message(content=text)


command = Command(
    name=Text(en="privacy", ja="プライバシー"),
    description=Text(
        en="What is kept about you, and a button that deletes it",
        ja="保存されるデータの確認と削除",
    ),
    handler=Instant(run=show_privacy),
    components={"delete": Deferred(run=delete, replaces=True)},
    everywhere=True,
)
