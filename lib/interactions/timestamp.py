"""Moments, as Discord writes them: in each reader's own language and time zone.

Source: https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def ago(moment: datetime) -> str:
    """How far away it is: "3 minutes ago", "in an hour"."""
    return f"<t:{_seconds(moment)}:R>"


def time_of_day(moment: datetime) -> str:
    """The hour and the minute."""
    return f"<t:{_seconds(moment)}:t>"


def date_and_time(moment: datetime) -> str:
    """The day, and the hour and the minute."""
    return f"<t:{_seconds(moment)}:f>"


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
