"""The sounds that a worker brings along, for whoever has nothing else to play yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lib.locales import Text

PREFIX: Final = "sound:"
"""What a query begins with that means one of them."""
SOUNDS: Final[Mapping[str, Text]] = {
    "comet": Text(en="Comet", ja="彗星"),
    "tide": Text(en="Tide", ja="潮騒"),
    "orbit": Text(en="Orbit", ja="軌道"),
}
"""Their titles, by what follows the prefix."""
