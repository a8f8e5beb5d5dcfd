"""What a lookup finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something to play.

    `url` is for people, and is what is looked up again: a page's address, a file's, or
    `sound:comet`. `stream_url` is where the sound itself is (None where that is only found out when
    it is to be played), asked for with `headers`; it leads to a playlist of pieces if the sound
    `is_segmented`. It is good until `fresh_until` (seconds of the monotonic clock; None: for ever).
    `duration_ms` is None where nobody knows.
    """

    title: str
    url: str
    artist: str | None = None
    duration_ms: int | None = None
    is_live: bool = False
    thumbnail_url: str | None = None
    stream_url: str | None = None
    is_segmented: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    fresh_until: float | None = None
