"""Discord's ids tell when they were made.

Source: https://docs.discord.com/developers/reference#snowflakes
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EPOCH_MS: Final = 1_420_070_400_000
"""2015-01-01T00:00:00Z, in Unix milliseconds."""
TIMESTAMP_SHIFT: Final = 22


def created_at_ms(snowflake: str) -> int:
    """When the id was made, in Unix milliseconds."""
    return (int(snowflake) >> TIMESTAMP_SHIFT) + EPOCH_MS


def created_at(snowflake: str) -> datetime:
    """When the id was made, in UTC."""
    return datetime.fromtimestamp(created_at_ms(snowflake) / 1000, UTC)
