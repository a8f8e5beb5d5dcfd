"""Conversation: what is asked of a model, and how its answer becomes messages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lib.chat.assistant import Assistant, Request, Source
    from lib.chat.catalogue import cards_of

__all__ = ["Assistant", "Request", "Source", "cards_of"]

_MODULES: Final[Mapping[str, str]] = {
    "Assistant": "assistant",
    "Request": "assistant",
    "Source": "assistant",
    "cards_of": "catalogue",
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
