"""What was played, and what plays now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from dev.seed.cast import GUILDS, NAMES, TRACKS, USERS, track_url
from dev.seed.rhythm import Span

COLUMNS = (
    "guild_id", "track_title", "track_url", "duration_ms", "requested_by", "requester_id",
    "created_at",
)  # fmt: skip
SESSION_COLUMNS = (
    "guild_id", "play_id", "track_title", "track_url", "position_ms", "position_at",
    "duration_ms", "is_playing", "requested_by", "requester_id", "channel_id",
)  # fmt: skip
NOW_PLAYING = ((GUILDS[0], 24, 71, True), (GUILDS[3], 5, 12, False))
"""Where, the track's place in TRACKS, the seconds that it has played, and whether it goes on."""


def plays(span: Span, count: int, chance: Random) -> Iterator[tuple[object, ...]]:
    """That many rows of music_history, the oldest first; the last of them are those of now."""
    popular = [1 / (n + 3) for n in range(len(TRACKS))]
    tracks = chance.choices(range(len(TRACKS)), popular, k=count)
    for moment, place in zip(span.moments(count - len(NOW_PLAYING), chance), tracks, strict=False):
        yield _play(chance.choice(GUILDS[:6]), place, moment, chance.randrange(len(NAMES)))
    for number, (guild, place, seconds, _) in enumerate(NOW_PLAYING):
        yield _play(guild, place, span.until - timedelta(seconds=seconds), number)


def sessions(until: datetime, play_ids: dict[str, str]) -> Iterator[tuple[object, ...]]:
    """The rows of active_sessions; `play_ids` are those of the newest plays, by server."""
    for number, (guild, place, seconds, is_playing) in enumerate(NOW_PLAYING):
        title, duration = TRACKS[place]
        yield (
            guild, play_ids[guild], title, track_url(place), seconds * 1000, until,
            duration * 1000, is_playing, NAMES[number], USERS[number],
            str(int(guild) + 512 + number),
        )  # fmt: skip


def _play(guild: str, place: int, moment: datetime, person: int) -> tuple[object, ...]:
    title, duration = TRACKS[place]
    return (
        guild, title, track_url(place), duration * 1000, NAMES[person], USERS[person], moment,
    )  # fmt: skip
