"""Translate, in the menu of a message: what it says in your own language, for you alone."""

from __future__ import annotations

from collections.abc import Generator

from lib import chat, ports
from lib.commands._asking import Asking
from lib.commands._message import needed_of, require_content, target_of
from lib.interactions.command import Command, CommandKind, Group, Progress, WorkContext
from lib.locales import Locale, Text

TASK = (
    "Translate the quoted message, and what is written in the files that came with it, into the"
    " language that Discord calls {language!r}. If it is in that language already, translate it"
    " into {other}. Keep its tone, its Markdown and its line breaks. Write the translation alone."
)


def translate(context: WorkContext) -> Generator[Progress]:
    """Ask for a translation into the language that the user's Discord speaks, whichever it is."""
    message = target_of(context)
    language = context.interaction.discord_locale or context.locale.value
    other = Locale.JAPANESE if language.startswith("en") else Locale.ENGLISH
    task = TASK.format(language=language, other=other.english_name)
    return chat.Assistant(context).answer(
        chat.Request(
            text=f"{task}\n\n{chat.quoted_message(message.author_name, message.text)}",
            attachments=message.attachments,
            needed=needed_of(message.text),
            private=True,
            is_kept=False,
            purpose=ports.CallPurpose.TRANSLATION,
        )
    )


command = Command(
    name=Text(en="Translate", ja="翻訳"),
    description=Text(
        en="Translate a message into your language, for you alone",
        ja="メッセージをあなたの言語に翻訳します（本人のみ表示）",
    ),
    group=Group.CONVERSATION,
    kind=CommandKind.MESSAGE,
    handler=Asking(run=translate, ephemeral=lambda _context: True, checks=(require_content,)),
)
