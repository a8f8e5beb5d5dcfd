"""What the commands of the message menu have in common: no command of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.interactions.errors import UserFacingError
from lib.locales import Text

if TYPE_CHECKING:
    from lib.interactions.command import Context
    from lib.interactions.resolved import TargetMessage

NOTHING_IN_IT = Text(
    en="There is nothing in this message that I could read.",
    ja="このメッセージには読み取れる内容がありません。",
)


def target_of(context: Context) -> TargetMessage:
    """The message that the command was called on. Raises UserFacingError for an empty one, such
    as a sticker.
    """
    message = context.interaction.target_message
    if message is None or not (message.text.strip() or message.attachments):
        raise UserFacingError(NOTHING_IN_IT, private=True)
    return message


def require_content(context: Context) -> None:
    """A check: refuses before anything is deferred."""
    target_of(context)
