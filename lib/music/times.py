"""Positions in a track, as people write and read them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MS: Final = 1000
LONGEST_MS: Final = 24 * 3600 * MS
_COLONS: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
_UNITS: Final = re.compile(
    r"(?:(\d{1,2})\s*(?:h|時間))?\s*(?:(\d{1,4})\s*(?:m|min|分))?\s*(?:(\d{1,5})\s*(?:s|sec|秒)?)?"
)


def shown(position_ms: int) -> str:
    """187,000 -> 3:07, 3,723,000 -> 1:02:03; in every language alike."""
    minutes, seconds = divmod(max(0, position_ms) // MS, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def position_of(text: str) -> int | None:
    """The milliseconds that `1:30`, `90`, `1m30s` or `1分30秒` stand for; None if it is none of
    them, or longer than a day. It may be in full-width characters, as Japanese keyboards write it.
    """
    text = unicodedata.normalize("NFKC", text).strip().lower()
    found = _COLONS.fullmatch(text) or _UNITS.fullmatch(text)
    if not text or found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    position = ((hours * 60 + minutes) * 60 + seconds) * MS
    return position if position <= LONGEST_MS else None
