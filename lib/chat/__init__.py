"""Conversation: what is asked of a model, and how its answer becomes messages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lib.chat.assistant import Assistant
    from lib.chat.candidates import allowed_cards
    from lib.chat.catalogue import cards_of
    from lib.chat.characters import cut
    from lib.chat.footer import dollars
    from lib.chat.limits import limits_with
    from lib.chat.quoting import escape
    from lib.chat.standing import ModelRule, standing_model

__all__ = [
    "Assistant",
    "ModelRule",
    "Request",
    "Source",
    "allowed_cards",
    "cards_of",
    "cut",
    "dollars",
    "escape",
    "limits_with",
    "standing_model",
]

_MODULES: Final[Mapping[str, str]] = {
    "Assistant": "assistant",
    "ModelRule": "standing",
    "Request": "planning",
    "Action": "prompting",
    "quoted_message": "prompting",
    "allowed_cards": "candidates",
    "cards_of": "catalogue",
    "cut": "characters",
    "dollars": "footer",
    "escape": "quoting",
    "limits_with": "limits",
    "standing_model": "standing",
}
"""What commands ask for, and where it is. Loaded when first asked for: Discord is answered before
any of it is needed.
"""

if not TYPE_CHECKING:  # to which every name would seem to be there

    def __getattr__(name: str) -> object:
        """As `from lib.chat.<module> import <name>`, for the names above (PEP 562)."""
        if (module := _MODULES.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value
