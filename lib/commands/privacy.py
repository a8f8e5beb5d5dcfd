"""/privacy: what is kept about you and how long, and a button that deletes it."""

from __future__ import annotations

from lib import chat, ports
from lib.commands._guild import listed, plain
from lib.interactions.command import Command, Context, Deferred, Group, Instant, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Button, ButtonStyle, Message
from lib.locales import Text
from lib.logs import get_logger

log = get_logger(__name__)

KEPT = Text(
    en=(
        "**What I keep** (my owner may have set other times)\n"
        "- **Our conversations**: your name, your questions, my answers, and the names and links of"
        " files you attach (not the files). 90 days, or until `/forget`. A summary of what was said"
        " earlier stays as long as the conversation goes on, and 90 days after its last word.\n"
        "- **Messages you ask about**: with *Ask about this*, the message and who wrote it, as part"
        " of your question. Its author can delete it, too, by the button below.\n"
        "- **Usage**: for each call of a model your id, the server, the model, tokens and cost,"
        " until you delete it. What you used each day, for the limits: 40 days.\n"
        "- **Music you ask for**: track, your name and id, until you delete it. Your words,"
        " nameless: 14 days.\n"
        "- **Settings**: the model you chose, until you delete it. Who changed a server's settings:"
        " 30 days.\n"
        "- **Commands, buttons and forms you use**: your id, the server, which it was, how long it"
        " took, whether it worked. 90 days. Suggestions as you type: without your id.\n"
        "- **That I answered**: when and in which channel (of a direct message only when), not whom"
        " or what. 14 days.\n"
        "- **While I answer**: your question, and a short-lived token of Discord's. Deleted as soon"
        " as the answer has ended or is given up. What a form is about: until it runs out.\n"
        "- **When you last asked**, to keep a pace: a day or two.\n"
        "The button deletes what is yours. It leaves who changed a server's settings, and what"
        " limits still need: the last two days' use, an answer under way, a pause that still runs."
    ),
    ja=(
        "**保存するもの**（期間はオーナーが変更している場合があります）\n"
        "- **会話**: あなたの名前と質問、回答、添付ファイルの名前とURL"
        "（ファイル自体は保存しません）。90日間、または `/会話削除` まで。"
        "以前の内容の要約は、会話が続いている間と、最後のやりとりから90日間。\n"
        "- **質問の対象にしたメッセージ**: 「このメッセージについて質問」を使うと、"
        "メッセージの内容と書いた人を、質問の一部として保存します。書いた本人も、下のボタンで削除できます。\n"
        "- **利用量**: モデルの呼び出しごとに、あなたのID、サーバー、モデル名、トークン数、金額。"
        "ご自身が削除するまで。上限の管理に使う1日ごとの利用量は40日間。\n"
        "- **リクエストした曲**: 曲名とURL、あなたの名前とID。"
        "キューとサーバーの再生履歴に残り、ご自身が削除するまで。"
        "入力した内容は、誰のものかわからない形で14日間。\n"
        "- **設定**: あなたが選んだモデルは、ご自身が削除するまで。"
        "サーバーの設定を変更した人の記録は30日間。\n"
        "- **コマンド・ボタン・フォームの操作**: あなたのID、サーバー、操作の名前、所要時間、成否。"
        "90日間。入力中の候補表示では、あなたのIDは記録しません。\n"
        "- **回答したこと**: 日時とチャンネル（ダイレクトメッセージでは日時のみ）。"
        "質問した人と内容は含みません。14日間。\n"
        "- **回答の処理中**: 質問の内容と、Discordの一時的なトークン。"
        "回答が終わるか打ち切られた時点で削除します。フォームの対象は、フォームの有効期限まで。\n"
        "- **最後に質問した時刻**（連続利用を抑えるため）: 1〜2日。\n"
        "下のボタンで、あなたのデータを削除できます。ただし、サーバーの設定を変更した人の記録と、"
        "上限の管理に必要なもの（直近2日間の利用量、処理中の回答、残っている待ち時間）は削除されません。"
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
    "そのチャンネルのメンバーも `/履歴` で閲覧できます。",
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
    group=Group.BOT,
    handler=Instant(run=show_privacy),
    components={"delete": Deferred(run=delete, replaces=True, anonymous=True)},
    everywhere=True,
)
