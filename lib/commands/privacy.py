"""/privacy: what is kept about you and how long, and a button that deletes it."""

from __future__ import annotations

from lib import ports
from lib.interactions.command import Command, Context, Deferred, Instant, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Button, ButtonStyle, Message
from lib.locales import Text
from lib.logs import get_logger

log = get_logger(__name__)

KEPT = Text(
    en=(
        "**What I keep**\n"
        "- For each command, button and form: your id, the server's id, which one it was, how long"
        " it took and whether it worked. For each suggestion while you type the same, without your"
        " id. Kept for 90 days, unless my owner changed that.\n"
        "- For each `/ask`: your id, the server's id, the number of tokens and the model. Never the"
        " question or the answer. Kept until you delete it, unless my owner changed that.\n"
        "- That an answer was given, when, and in which channel of which server (of a direct"
        " message only when), without who asked or what. Kept for 14 days, unless my owner"
        " changed that.\n"
        "- While an answer is under way: the question and Discord's short-lived token, so that I"
        " can finish if something fails. Deleted as soon as the answer has ended or is given up.\n"
        "- When you last asked, to keep a pace. Deleted after a day or two. (While your pause still"
        " runs, the button leaves that.)"
    ),
    ja=(
        "**保存するもの**\n"
        "- コマンド・ボタン・フォームの操作ごとに、あなたのID、サーバーのID、操作の名前、"
        "所要時間、成否。"
        "入力中の候補表示も同様に記録しますが、あなたのIDは含みません。"
        "オーナーが変更していない限り、90日間保持します。\n"
        "- `/質問` ごとに、あなたのID、サーバーのID、トークン数、モデル名。"
        "質問と回答の内容は保存しません。オーナーが変更していない限り、ご自身が削除するまで保持します。\n"
        "- 回答した日時と、サーバーおよびチャンネルのID（ダイレクトメッセージでは日時のみ）。"
        "質問者と内容は含みません。オーナーが変更していない限り、14日間保持します。\n"
        "- 回答の処理中のみ、質問の内容とDiscordの一時トークン（障害時に回答を完了するため）。"
        "回答が終わるか打ち切られた時点で削除します。\n"
        "- 連続利用を抑えるための最終利用時刻。1〜2日で削除します"
        "（待ち時間が残っている間は、下のボタンでは削除されません）。"
    ),
)
NOTHING_KEPT = Text(
    en="**What I keep**\nNothing: this bot runs without a database.",
    ja="**保存するもの**\nありません。このBotはデータベースなしで動いています。",
)
SHARED = Text(
    en="**Who else sees it**\nYour question goes to Google Gemini, whose own terms hold there.",
    ja="**データを閲覧できる人**\n"
    "質問の内容はGoogle Geminiに送信され、Googleの規約が適用されます。",
)
NOT_SHARED = Text(
    en="**Who else sees it**\nYour question goes nowhere: the offline model answers.",
    ja="**データを閲覧できる人**\n質問の内容はどこにも送信されません（オフラインモデルが応答します）。",
)
OWNER_READS = Text(
    en=" The bot's owner can read the tables.",
    ja="Botのオーナーは記録を閲覧できます。",
)
DELETE = Text(en="Delete what is mine", ja="自分のデータを削除")
DELETED = Text(
    en="Done. Rows about you that I deleted: {count}.",
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
    locale = context.locale
    shared = (NOT_SHARED if settings.gemini_api_key is None else SHARED).in_(locale)
    if not settings.has_database:
        return Message(content=f"{NOTHING_KEPT.in_(locale)}\n\n{shared}", ephemeral=True)
    button = Button(label=DELETE.in_(locale), custom_id="privacy:delete", style=ButtonStyle.DANGER)
    text = f"{KEPT.in_(locale)}\n\n{shared}{OWNER_READS.in_(locale)}"
    return Message(content=text, rows=((button,),), ephemeral=True)


def delete(context: WorkContext) -> Message:
    """Delete the presser's own rows, whoever opened the message."""
    try:
        counts = context.services.store.delete_user_data(user_id=context.interaction.user.id)
    except ports.StoreError as error:
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
    components={"delete": Deferred(run=delete, replaces=True, anonymous=True)},
    everywhere=True,
)
