"""What the functions and a worker both know of music: orders, times, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lib.music.cards import PAGE, now_playing, pages_of, plays_page, queue_page
    from lib.music.orders import LOUDEST, Order, PlayerCommand, order_id
    from lib.music.times import position_of, shown

__all__ = [
    "LOUDEST",
    "PAGE",
    "Order",
    "PlayerCommand",
    "now_playing",
    "order_id",
    "pages_of",
    "plays_page",
    "position_of",
    "queue_page",
    "shown",
]

_MODULES: Final[Mapping[str, str]] = {
    "LOUDEST": "orders",
    "PAGE": "cards",
    "Order": "orders",
    "PlayerCommand": "orders",
    "now_playing": "cards",
    "order_id": "orders",
    "pages_of": "cards",
    "plays_page": "cards",
    "position_of": "times",
    "queue_page": "cards",
    "shown": "times",
}
"""What commands ask for, and where it is. Loaded when first asked for: Discord is answered before
any of it is needed.
"""

if not TYPE_CHECKING:  # to which every name would seem to be there

    def __getattr__(name: str) -> object:
        """As `from lib.music.<module> import <name>`, for the names above (PEP 562)."""
        if (module := _MODULES.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value
