"""The buttons below an answer. Their custom_ids hold all they need, and so outlive any process."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from lib.interactions.errors import PayloadError
from lib.interactions.response import Button, ButtonStyle
from lib.locales import Locale, Text

AGAIN: Final = Text(en="Regenerate", ja="再生成")
CONTINUE: Final = Text(en="Continue", ja="続ける")
SHORTER: Final = Text(en="Shorter", ja="短くする")
DELETE: Final = Text(en="Delete", ja="削除")

ANEW: Final = "_anew"
"""Ends the key of a button whose answer comes below the one that it is on."""

Rows = tuple[tuple[Button, ...], ...]


def buttons(
    locale: Locale, *, asker_id: str, exchange_id: UUID, messages: int, is_kept: bool
) -> Rows:
    """The row below the last of an answer's `messages`.

    An answer of one message is replaced in its place, a longer one by new messages: what stands
    above cannot be reached from a button. Of an answer that was not kept (`is_kept`) nothing but
    the message is known, which can still be deleted.
    """
    place = "" if messages == 1 else ANEW

    def button(label: Text, key: str, style: ButtonStyle = ButtonStyle.SECONDARY) -> Button:
        return Button(
            label=label.in_(locale),
            custom_id=f"ask:{key}:{asker_id}:{exchange_id}",
            style=style,
        )

    delete = button(DELETE, "delete", ButtonStyle.DANGER)
    if not is_kept:
        return ((delete,),)
    return (
        (
            button(AGAIN, f"again{place}"),
            button(CONTINUE, "continue"),
            button(SHORTER, f"shorter{place}"),
            delete,
        ),
    )


def is_in_place(custom_id: str) -> bool:
    """Whether what a pressed button brings takes the place of the answer that it is on."""
    return not custom_id.split(":")[1].endswith(ANEW)


def exchange_of(custom_id: str) -> UUID:
    """The exchange that a button is about. Raises PayloadError for what is none of ours."""
    try:
        return UUID(custom_id.rpartition(":")[2])
    except ValueError as error:
        raise PayloadError("the custom_id names no exchange") from error
