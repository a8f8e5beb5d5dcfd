"""What every chat model asks of a conversation before it answers."""

from __future__ import annotations

from collections.abc import Sequence

from lib.ports import ChatModelError, ChatModelFailure, Role, Turn


def require_users_last_turn(turns: Sequence[Turn]) -> Turn:
    """The user's turn that is to be answered.

    Raises ChatModelError(REFUSED_REQUEST) where there is none: Gemini answers 400 to a request
    that ends with the model's own turn, and a model that did not would hide the mistake.
    """
    if not turns or turns[-1].role is not Role.USER:
        raise ChatModelError(
            ChatModelFailure.REFUSED_REQUEST, "the last turn is not the user's; nothing was sent"
        )
    return turns[-1]
