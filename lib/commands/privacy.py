"""/privacy: what is kept about you and how long, and a button that deletes it."""

from __future__ import annotations

from lib import chat, ports
from lib.commands._guild import listed, plain
from lib.interactions.command import Command, Context, Deferred, Instant, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Button, ButtonStyle, Message
from lib.locales import Text
from lib.logs import get_logger

log = get_logger(__name__)

KEPT = Text(
    en=(
        "**What I keep** (my owner may have set other terms)\n"
        "- Our conversations: your questions with your name, my answers, the names and addresses of"
        " files you attach (not the files), and summaries of what was said earlier. 90 days, or"
        " until `/forget`.\n"
        "- For each call of a model: your id, the server's id, model, tokens and cost. Until you"
        " delete it.\n"
        "- What you used a day and what is reserved for a running answer, so that limits hold: 40"
        " days. (The button leaves the last two days' and what is under way.)\n"
        "- The model you chose, until you delete it. A server's settings, and for 30 days a note of"
        " who changed them, which the button leaves.\n"
        "- For each command, button and form: your id, the server's id, which one it was, how long"
        " it took and whether it worked; for suggestions while you type the same, without your id."
        " 90 days.\n"
        "- That an answer was given, when, and in which channel of which server (of a direct"
        " message only when), without who asked or what. 14 days.\n"
        "- While an answer is under way: the question and Discord's short-lived token, so that I"
        " can finish if something fails. Deleted as soon as the answer has ended or is given up."
        " What a form of yours is about, until its time is over.\n"
        "- When you last asked, to keep a pace. A day or two. (The button leaves a pause that still"
        " runs.)"
    ),
    ja=(
        "**保存するもの**（期間はオーナーが変更している場合があります）\n"
        "- 会話: あなたの名前と質問、回答、添付ファイルの名前とURL（ファイル自体は保存しません）、"
        "以前の会話の要約。90日間、または `/会話削除` まで。\n"
        "- モデルの呼び出しごとに、あなたのID、サーバーのID、モデル名、トークン数、金額。"
        "ご自身が削除するまで。\n"
        "- 上限の管理のため、1日ごとの利用量と、回答中に確保した分。40日間"
        "（直近2日分と回答中のものは、下のボタンでは削除されません）。\n"
        "- あなたが選んだモデル。ご自身が削除するまで。サーバーの設定と、"
        "それを変更した人の記録（30日間。下のボタンでは削除されません）。\n"
        "- コマンド・ボタン・フォームの操作ごとに、あなたのID、サーバーのID、操作の名前、"
        "所要時間、成否。入力中の候補表示も同様ですが、あなたのIDは含みません。90日間。\n"
        "- 回答した日時と、サーバーおよびチャンネルのID（ダイレクトメッセージでは日時のみ）。"
        "質問者と内容は含みません。14日間。\n"
        "- 回答の処理中のみ、質問の内容とDiscordの一時トークン（障害時に回答を完了するため）。"
        "回答が終わるか打ち切られた時点で削除します。フォームの対象となる内容は、その有効期限まで。\n"
        "- 連続利用を抑えるための最終利用時刻。1〜2日で削除します"
        "（待ち時間が残っている間は、下のボタンでは削除されません）。"
    ),
)
NOTHING_KEPT = Text(
    en="**What I keep**\nNothing: this bot runs without a database.",
    ja="**保存するもの**\nありません。このBotはデータベースなしで動いています。",
)
SHARED = Text(
    en="**Who else sees it**\nYour question, what it continues and what you attach go to whoever"
    " runs the model that answers, whose own terms hold there: {providers}.",
    ja="**データを閲覧できる人**\n"
    "質問の内容、それまでの会話、添付ファイルは、回答するモデルの提供元に送信され、"
    "提供元の規約が適用されます: {providers}。",
)
NOT_SHARED = Text(
    en="**Who else sees it**\nYour question goes nowhere: the offline model answers.",
    ja="**データを閲覧できる人**\n質問の内容はどこにも送信されません（オフラインモデルが応答します）。",
)
OWNER_READS = Text(
    en=" The bot's owner can read the tables. What is said in a channel's shared conversation, its"
    " members can read with `/history`.",
    ja="Botのオーナーは記録を閲覧できます。チャンネルで共有している会話は、"
    "そのチャンネルのメンバーも `/会話履歴` で閲覧できます。",
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
    shared = _shared(context)
    if not settings.has_database:
        return Message(content=f"{NOTHING_KEPT.in_(locale)}\n\n{shared}", ephemeral=True)
    button = Button(label=DELETE.in_(locale), custom_id="privacy:delete", style=ButtonStyle.DANGER)
    text = f"{KEPT.in_(locale)}\n\n{shared}{OWNER_READS.in_(locale)}"
    return Message(content=text, rows=((button,),), ephemeral=True)


def _shared(context: Context) -> str:
    """Where a question goes."""
    providers = dict.fromkeys(
        _name(card)
        for card in chat.cards_of(context.settings)
        if card.provider is not ports.Provider.OFFLINE
    )
    if not providers:
        return NOT_SHARED.in_(context.locale)
    return SHARED.in_(context.locale, providers=listed([*providers], context.locale, most=200))


def _name(card: ports.ModelCard) -> str:
    """Who runs a model."""
    if card.api_base is not None:
        return f"`{plain(card.api_base.partition('//')[2].partition('/')[0])}`"
    return "Google Gemini" if card.provider is ports.Provider.GEMINI else "OpenAI"


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
