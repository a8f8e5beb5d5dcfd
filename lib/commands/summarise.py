"""Summarise, in the menu of a message: what it and its files say, in a few words, for you alone."""

from __future__ import annotations

from collections.abc import Generator

from lib import chat
from lib.commands._asking import Asking
from lib.commands._message import needed_of, require_content, target_of
from lib.interactions.command import Command, CommandKind, Group, Progress, WorkContext
from lib.locales import Text

TASK = (
    "Sum up the quoted message and the files that came with it, in {language}: what matters, in a"
    " few lines or a short list, much shorter than it is. Write nothing else."
)


def summarise(context: WorkContext) -> Generator[Progress]:
    """Ask for a summary, outside of any conversation."""
    message = target_of(context)
    task = TASK.format(language=context.locale.english_name)
    return chat.Assistant(context).answer(
        chat.Request(
            text=f"{task}\n\n{chat.quoted_message(message.author_name, message.text)}",
            attachments=message.attachments,
            needed=needed_of(message.text),
            private=True,
            is_kept=False,
        )
    )


command = Command(
    name=Text(en="Summarise", ja="要約"),
    description=Text(
        en="Sum a message up, for you alone", ja="メッセージを要約します（本人のみ表示）"
    ),
    group=Group.CONVERSATION,
    kind=CommandKind.MESSAGE,
    handler=Asking(run=summarise, ephemeral=lambda _context: True, checks=(require_content,)),
)
