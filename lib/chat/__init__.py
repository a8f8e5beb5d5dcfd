"""Conversation: what is asked of a model, and how its answer becomes messages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lib.chat.assistant import SETTLED_WITHIN_SECONDS, Assistant
    from lib.chat.buttons import exchange_of
    from lib.chat.catalogue import cards_of, cards_without_key
    from lib.chat.footer import dollars
    from lib.chat.limits import budget_told, limits_with
    from lib.chat.material import Needed
    from lib.chat.places import place_of
    from lib.chat.planning import Request
    from lib.chat.prompting import Action, quoted_message
    from lib.chat.quoting import quoted_for_people, without_quoted
    from lib.chat.standing import ModelRule, allowed_cards, standing_model

__all__ = [
    "SETTLED_WITHIN_SECONDS",
    "Action",
    "Assistant",
    "ModelRule",
    "Needed",
    "Request",
    "allowed_cards",
    "budget_told",
    "cards_of",
    "cards_without_key",
    "dollars",
    "exchange_of",
    "limits_with",
    "place_of",
    "quoted_for_people",
    "quoted_message",
    "standing_model",
    "without_quoted",
]

_MODULES: Final[Mapping[str, str]] = {
    "SETTLED_WITHIN_SECONDS": "assistant",
    "Action": "prompting",
    "Assistant": "assistant",
    "ModelRule": "standing",
    "Needed": "material",
    "Request": "planning",
    "allowed_cards": "standing",
    "budget_told": "limits",
    "cards_of": "catalogue",
    "cards_without_key": "catalogue",
    "dollars": "footer",
    "exchange_of": "buttons",
    "limits_with": "limits",
    "place_of": "places",
    "quoted_for_people": "quoting",
    "quoted_message": "prompting",
    "standing_model": "standing",
    "without_quoted": "quoting",
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
