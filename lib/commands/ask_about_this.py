"""Ask about this, in the menu of a message: a form for a question about it and its files."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from lib import chat
from lib.commands._asking import Asking
from lib.commands._message import NOTHING_IN_IT, needed_of, target_of
from lib.interactions.characters import cut
from lib.interactions.command import (
    Command,
    CommandKind,
    Context,
    Group,
    Instant,
    Progress,
    WorkContext,
)
from lib.interactions.errors import UserFacingError
from lib.interactions.resolved import Attachment
from lib.interactions.response import Modal, TextInput
from lib.locales import Text
from lib.recording import recording

LONGEST_QUESTION: Final = 1000
LONGEST_MESSAGE: Final = 4000
KEPT_SECONDS: Final = 3600.0
"""How long somebody may take to write a question; Discord closes no form by itself."""

TITLE = Text(en="Ask about this message", ja="このメッセージについて質問")
QUESTION = Text(en="Your question", ja="質問")
EXAMPLE = Text(en="What does this mean?", ja="これはどういう意味ですか？")
MESSAGE = Text(en="The message", ja="メッセージ")
MESSAGE_HINT = Text(
    en="What I get to see of it. You may shorten it.",
    ja="この内容を参照します。短くしても構いません。",
)
GONE = Text(
    en="I don't know any more which message this was about. Please open its menu once more.",
    ja="対象のメッセージを確認できませんでした。もう一度メッセージのメニューから開いてください。",
)
NO_QUESTION = Text(
    en="There is no question in the form. What would you like to know about the message?",
    ja="質問が入力されていません。このメッセージについて聞きたいことを入力してください。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Who wrote the message, and its files."""

    author_id: str | None
    author_name: str
    attachments: tuple[Attachment, ...]


def open_form(context: Context) -> Modal:
    """The form, with the message's text in it: so that is there even without a database."""
    message = target_of(context)
    locale = context.locale
    question = TextInput(
        custom_id="question",
        label=QUESTION.in_(locale),
        placeholder=EXAMPLE.in_(locale),
        paragraph=True,
        max_length=LONGEST_QUESTION,
    )
    text = cut(message.text.strip(), LONGEST_MESSAGE)
    quoted = TextInput(
        custom_id="message",
        label=MESSAGE.in_(locale),
        description=MESSAGE_HINT.in_(locale),
        value=text,
        paragraph=True,
        required=False,
        max_length=LONGEST_MESSAGE,
    )
    return Modal(
        custom_id=f"Ask about this:ask:{message.id}",
        title=TITLE.in_(locale),
        inputs=(question, quoted) if text else (question,),
    )


def keep_source(context: WorkContext) -> None:
    """Keep who wrote the message and what files it has while the user writes the question."""
    message = target_of(context)
    with recording("what a form is about"):
        context.services.chat.keep_source(
            key=message.id,
            user_id=context.interaction.user.id,
            source={
                "author_id": message.author_id,
                "author_name": message.author_name,
                "attachments": [each.to_payload() for each in message.attachments],
            },
            seconds=KEPT_SECONDS,
        )


def ask(context: WorkContext) -> Generator[Progress]:
    """Answer what was asked about the message, as a part of the conversation."""
    fields = context.interaction.fields
    source = _source(context)
    text = fields.get("message", "").strip()
    if not text and (source is None or not source.attachments):
        raise UserFacingError(GONE if source is None else NOTHING_IN_IT, private=True)
    question = fields.get("question", "").strip()
    if not question:
        raise UserFacingError(NO_QUESTION, private=True)
    quoted = chat.quoted_message(source.author_name if source else "", text) if text else ""
    return chat.Assistant(context).answer(
        chat.Request(
            text=f"{question}\n\n{quoted}".strip(),
            attachments=source.attachments if source else (),
            needed=needed_of(text),
            quoted_author_id=source.author_id if source else None,
        )
    )


def _source(context: WorkContext) -> _Source | None:
    """What was kept of the message; None if nobody knows any more."""
    source = None
    with recording("what a form is about"):
        source = context.services.chat.read_source(
            key=context.interaction.custom_id.rpartition(":")[2],
            user_id=context.interaction.user.id,
        )
    if source is None:
        return None
    payloads = source.get("attachments")
    found = payloads if isinstance(payloads, list) else []
    author_id = source.get("author_id")
    return _Source(
        author_id=author_id if isinstance(author_id, str) else None,
        author_name=str(source.get("author_name")),
        attachments=tuple(map(Attachment.from_payload, found)),
    )


command = Command(
    name=Text(en="Ask about this", ja="このメッセージについて質問"),
    description=Text(
        en="Ask about a message and its files", ja="メッセージや添付ファイルについて質問します"
    ),
    group=Group.CONVERSATION,
    kind=CommandKind.MESSAGE,
    handler=Instant(run=open_form, afterwards=keep_source),
    modals={"ask": Asking(run=ask)},
)
