"""What can go wrong on an interaction's way, and what the user is told then.

::

    InteractionError
    +-- SignatureError     not signed by Discord, or too long ago     -> 401
    +-- PayloadError       no interaction as Discord sends them       -> 400
    +-- UserFacingError    a reason the user is told in their language, such as a failed check
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lib.locales import Locale, Text

if TYPE_CHECKING:
    from lib.interactions.response import Message


class InteractionError(Exception):
    """The interaction can't be answered as asked."""


class SignatureError(InteractionError):
    """The request does not prove that Discord sent it, just now."""


class PayloadError(InteractionError):
    """The body is signed, but is not an interaction."""


class UserFacingError(InteractionError):
    """Something the user should read. `fields` fill the text's places.

    `private`: nobody else needs to read it, even where the answer would have been for all to see.
    `language`: the one that it is told in whatever the user's own is, where a guild chose one.
    `came_late`: something was fetched or a model was asked before it, so that the user's pause goes
    on as after an answer.
    `instead`: the answer that a new one had begun to take the place of, to be shown again where the
    sentence would stand.
    """

    language: Locale | None = None
    came_late: bool = False
    instead: Sequence[Message] = ()

    def __init__(self, text: Text, *, private: bool = False, **fields: object) -> None:
        super().__init__(text.in_(Locale.ENGLISH, **fields))
        self.text = text
        self.private = private
        self.fields = fields

    @property
    def gives_pause_back(self) -> bool:
        """Whether the user may try again at once: what they wished was refused as it stood."""
        return self.private and not self.came_late

    def in_(self, locale: Locale) -> str:
        """The sentence in the user's language, or the one it is to be told in."""
        return self.text.in_(self.language or locale, **self.fields)
