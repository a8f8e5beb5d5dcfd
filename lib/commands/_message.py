"""What the commands of the message menu have in common: no command of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lib import chat
from lib.interactions.errors import UserFacingError
from lib.locales import Text

if TYPE_CHECKING:
    from lib.interactions.command import Context
    from lib.interactions.resolved import TargetMessage

NOTHING_IN_IT = Text(
    en="There is nothing in this message that I could read.",
    ja="このメッセージには読み取れる内容がありません。",
)
_SMALL: Final = "-# "


def target_of(context: Context) -> TargetMessage:
    """The message that the command was called on; an answer of ours is without its footer and
    notes. Raises UserFacingError for an empty one, such as a sticker.
    """
    message = context.interaction.target_message
    if message is not None and message.author_id == context.interaction.application_id:
        message = replace(message, text=_without_small_print(message.text))
    if message is None or not (message.text.strip() or message.attachments):
        raise UserFacingError(NOTHING_IN_IT, private=True)
    return message


def needed_of(text: str) -> chat.Needed:
    """Which files of a message that says `text` have to be read: with a text none of them."""
    return chat.Needed.NONE if text.strip() else chat.Needed.ANY


def require_content(context: Context) -> None:
    """A check: refuses before anything is deferred."""
    target_of(context)


def _without_small_print(text: str) -> str:
    """`text` without the lines in small print at its end."""
    lines = text.rstrip().split("\n")
    while lines and (lines[-1].startswith(_SMALL) or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines)
