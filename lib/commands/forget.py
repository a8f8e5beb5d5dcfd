"""/forget: delete one's own conversation in a channel, or, for those who manage it, everybody's."""

from __future__ import annotations

from lib.commands._guild import managers_only, place_of, privately
from lib.commands._tables import require_database, told_plainly
from lib.interactions.command import Command, Group, Option, OptionKind, WorkContext
from lib.interactions.response import Message
from lib.locales import Text
from lib.locales.numbers import count
from lib.logs import get_logger

log = get_logger(__name__)

FORGOTTEN = Text(
    en="Forgotten: {n} of your questions in this channel, with their answers.",
    ja="このチャンネルでのあなたの質問と回答を{n}件削除しました。",
)
ONE_FORGOTTEN = Text(
    en="Forgotten: your one question in this channel, with its answer.",
    ja="このチャンネルでのあなたの質問と回答を1件削除しました。",
)
CHANNEL_FORGOTTEN = Text(
    en="Forgotten: this channel's conversations, {n} questions with their answers. What others"
    " asked privately is theirs alone and stays.",
    ja="このチャンネルの会話（質問と回答{n}件）を削除しました。"
    "ほかの人の非公開の会話は削除されません。",
)
NOTHING_LEFT = Text(
    en="There is nothing left here to forget.", ja="ここには削除する会話が残っていません。"
)
BEGINS_ANEW = Text(
    en="The messages in the channel stay; the next question begins a new conversation.",
    ja="チャンネル内のメッセージは残ります。次の質問からは新しい会話になります。",
)


def forget(context: WorkContext) -> Message:
    """Delete, and say how much went."""
    everybody = context.flag_option("channel")
    if everybody:
        managers_only(context)
    with told_plainly():
        gone = context.services.chat.forget(place_of(context), everybody=everybody)
    log.info("conversation_forgotten", everybody=everybody, exchanges=gone)
    if not gone:
        return Message(content=NOTHING_LEFT.in_(context.locale))
    text = CHANNEL_FORGOTTEN if everybody else ONE_FORGOTTEN if gone == 1 else FORGOTTEN
    told = text.in_(context.locale, n=count(gone))
    return Message(content=f"{told}\n{BEGINS_ANEW.in_(context.locale)}")


command = Command(
    name=Text(en="forget", ja="会話削除"),
    description=Text(
        en="Delete your conversation with me in this channel",
        ja="このチャンネルでのあなたとの会話を削除します",
    ),
    group=Group.CONVERSATION,
    options=(
        Option(
            name=Text(en="channel", ja="チャンネル全体"),
            description=Text(
                en="Everybody's in this channel; takes Manage Server",
                ja="チャンネル全員の会話を削除します（「サーバー管理」権限が必要）",
            ),
            kind=OptionKind.FLAG,
        ),
    ),
    checks=(require_database,),
    handler=privately(forget),
)
