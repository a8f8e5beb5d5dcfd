"""/history: the conversation that a question here would continue, or what was played here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lib import chat, ports
from lib.commands._guild import place_of, privately
from lib.commands._played import show_plays, turn
from lib.commands._tables import require_database, told_plainly
from lib.interactions.command import Command, Deferred, Group, Option, OptionKind, WorkContext
from lib.interactions.escaping import escape
from lib.interactions.response import LONGEST_CONTENT, Choice, File, Message, length
from lib.interactions.timestamp import ago
from lib.locales import Locale, Text
from lib.locales.numbers import count

COOLDOWN_SECONDS: Final = 3.0
MOST_READ: Final = 100
MOST_SHOWN: Final = 10
LONGEST_SUMMARY: Final = 250
LONGEST_QUESTION: Final = 150
LONGEST_ANSWER: Final = 250
LONGEST_NAME: Final = 40
FILE_NAME: Final = "halley-conversation.md"
CONVERSATION: Final = "conversation"
MUSIC: Final = "music"

NOTHING = Text(
    en="There is no conversation here yet: the next question begins one.",
    ja="ここにはまだ会話がありません。次の質問から始まります。",
)
SHARED = Text(en="### This channel's conversation", ja="### このチャンネルの会話")
PERSONAL = Text(en="### Your conversation here", ja="### ここでのあなたの会話")
PRIVATE = Text(en="### Your private conversation here", ja="### ここでのあなたの非公開の会話")
KINDS: Final = {"shared": SHARED, "personal": PERSONAL, "private": PRIVATE}
TOLD = Text(
    en="{n} questions with their answers; the newest are at the end.",
    ja="質問と回答{n}件。新しいものほど下に表示しています。",
)
ONE_TOLD = Text(en="One question with its answer.", ja="質問と回答1件。")
SUMMARY = Text(en="**Summary of what was said before:** {text}", ja="**以前の会話の要約:** {text}")
ABOUT = Text(en="about a message", ja="メッセージについて")
QUOTING = Text(en="{question} (*{about}*)", ja="{question}（*{about}*）")
FILES = Text(en=" (+{n} files)", ja="（添付{n}件）")
ONE_FILE = Text(en=" (+1 file)", ja="（添付1件）")
WHOLE = Text(en="-# At full length in the file.", ja="-# 全文は添付ファイルにあります。")
NEWEST_WHOLE = Text(
    en="-# The newest {n} at full length in the file.",
    ja="-# 新しいものから{n}件の全文は添付ファイルにあります。",
)
FILE_TITLE = Text(en="# Conversation with Halley", ja="# Halleyとの会話")
FILE_SUMMARY = Text(en="## Summary of what was said before", ja="## 以前の会話の要約")
FILE_ATTACHED = Text(en="Attached: {names}", ja="添付: {names}")
FILE_UNNAMED = Text(en="name unknown", ja="名前不明")
FILE_DESCRIPTION = Text(en="The conversation as Markdown", ja="会話の全文（Markdown）")


def show_history(context: WorkContext) -> Message:
    """That of the kind that was asked for."""
    return show_plays(context) if context.text_option("of") == MUSIC else _show_exchanges(context)


def _show_exchanges(context: WorkContext) -> Message:
    """The newest exchanges, shortened; what was left out stands in a file."""
    locale = context.locale
    place = place_of(context, private=context.flag_option("private"))
    with told_plainly():
        history = context.services.chat.read_history(place, limit=MOST_READ)
    if not history.exchanges and not history.summary:
        return Message(content=NOTHING.in_(locale))
    total = history.total
    told = ONE_TOLD.in_(locale) if total == 1 else TOLD.in_(locale, n=count(total))
    head = [KINDS[history.kind.value].in_(locale), told]
    if history.summary:
        text = escape(history.summary, most=LONGEST_SUMMARY)
        head.append(SUMMARY.in_(locale, text=text))
    entries = [_entry(exchange, locale) for exchange in history.exchanges]
    note = WHOLE.in_(locale)
    if total > len(entries):
        note = NEWEST_WHOLE.in_(locale, n=count(len(entries)))
    shown = _newest(entries[-MOST_SHOWN:], room=LONGEST_CONTENT - length("\n".join([*head, note])))
    if len(shown) == total and not _is_shortened(history):
        return Message(content="\n".join([*head, *shown]))
    document = File(
        name=FILE_NAME,
        content=_document(context, history).encode("utf-8", "replace"),
        description=FILE_DESCRIPTION.in_(locale),
    )
    return Message(content="\n".join([*head, *shown, note]), files=(document,))


def _entry(exchange: ports.Exchange, locale: Locale) -> str:
    """A question and its answer in a line each."""
    name = escape(exchange.author_name, most=LONGEST_NAME)
    question = _question(exchange, locale)
    answer = escape(exchange.answer, most=LONGEST_ANSWER)
    number = len(exchange.attachments)
    files = ""
    if number:
        files = ONE_FILE.in_(locale) if number == 1 else FILES.in_(locale, n=count(number))
    return f"**{name}** · {ago(exchange.asked_at)}: {question}{files}\n> {answer}"


def _question(exchange: ports.Exchange, locale: Locale) -> str:
    """What was asked; of what it quotes only that it does."""
    own = _own_words(exchange)
    question = escape(own, most=LONGEST_QUESTION)
    if own == exchange.question.strip():
        return question
    about = ABOUT.in_(locale)
    return QUOTING.in_(locale, question=question, about=about) if own else f"*{about}*"


def _own_words(exchange: ports.Exchange) -> str:
    return chat.without_quoted(exchange.question).strip()


def _newest(entries: Sequence[str], *, room: int) -> list[str]:
    """As many of the last entries as there is room for, each with its line's end."""
    shown: list[str] = []
    for entry in reversed(entries):
        room -= length(entry) + 1
        if room < 0:
            break
        shown.insert(0, entry)
    return shown


def _is_shortened(history: ports.History) -> bool:
    """Whether something of a conversation does not stand in its message as it was said."""
    if any(_own_words(exchange) != exchange.question.strip() for exchange in history.exchanges):
        return True
    texts = [(history.summary, LONGEST_SUMMARY)]
    for exchange in history.exchanges:
        texts += [(exchange.question, LONGEST_QUESTION), (exchange.answer, LONGEST_ANSWER)]
    return any(length(text) > most or "\n" in text.strip() for text, most in texts)


def _document(context: WorkContext, history: ports.History) -> str:
    """The conversation as it was said, in Markdown."""
    locale, zone = context.locale, context.services.zone
    parts = [FILE_TITLE.in_(locale)]
    if history.summary:
        parts += [FILE_SUMMARY.in_(locale), history.summary]
    for exchange in history.exchanges:
        asked_at = f"{exchange.asked_at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        author = escape(exchange.author_name, most=LONGEST_NAME)
        parts += [f"## {author} · {asked_at}", chat.quoted_for_people(exchange.question)]
        if exchange.attachments:
            unnamed = FILE_UNNAMED.in_(locale)
            names = [str(file.get("filename") or unnamed) for file in exchange.attachments]
            parts.append(FILE_ATTACHED.in_(locale, names=", ".join(names)))
        parts += [f"## {exchange.model or 'Halley'}", exchange.answer]
    return "\n\n".join(parts) + "\n"


command = Command(
    name=Text(en="history", ja="履歴"),
    description=Text(
        en="See the conversation that your next question here continues, or the music played here",
        ja="次の質問の前提になる会話、または再生した曲の履歴を表示します",
    ),
    group=Group.CONVERSATION,
    options=(
        Option(
            name=Text(en="of", ja="種類"),
            description=Text(en="The conversation if left out", ja="表示する履歴（省略時は会話）"),
            choices=(
                Choice(Text(en="Conversation", ja="会話"), CONVERSATION),
                Choice(Text(en="Music", ja="音楽"), MUSIC),
            ),
        ),
        Option(
            name=Text(en="private", ja="非公開"),
            description=Text(
                en="The conversation that only you see the answers of",
                ja="自分だけに表示した会話を見ます",
            ),
            kind=OptionKind.FLAG,
        ),
    ),
    checks=(require_database,),
    handler=privately(show_history, cooldown_seconds=COOLDOWN_SECONDS),
    components={"page": Deferred(run=turn, replaces=True)},
)
