"""Moments in a text for Discord, in words for the terminal, which does not draw them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from lib.locales import Locale, Text

_MOMENT: Final = re.compile(r"<t:(?P<seconds>-?\d{1,12})(?::(?P<style>[tTdDfFsSR]))?>")
_FORMS: Final = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
_UNITS: Final = (
    (86400, Text(en="{n} d", ja="{n}日")),
    (3600, Text(en="{n} h", ja="{n}時間")),
    (60, Text(en="{n} min", ja="{n}分")),
    (1, Text(en="{n} s", ja="{n}秒")),
)
_AHEAD: Final = Text(en="in {span}", ja="{span}後")
_GONE_BY: Final = Text(en="{span} ago", ja="{span}前")


def readable(text: str, *, now: datetime, locale: Locale = Locale.ENGLISH) -> str:
    """`text` with each `<t:…>` as somebody of this machine's time zone reads it at the aware `now`.

    Moments beyond the calendar stay as they are.
    """

    def spelled(found: re.Match[str]) -> str:
        try:
            moment = datetime.fromtimestamp(int(found["seconds"]), UTC)
            if found["style"] == "R":
                return _relative(moment - now, locale)
            return moment.astimezone().strftime(_FORMS.get(found["style"], "%Y-%m-%d %H:%M"))
        except (ValueError, OverflowError, OSError):
            return found[0]

    return _MOMENT.sub(spelled, text)


def _relative(distance: timedelta, locale: Locale) -> str:
    seconds = round(abs(distance.total_seconds()))
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    text = _AHEAD if distance > timedelta() else _GONE_BY
    return text.in_(locale, span=unit.in_(locale, n=seconds // size))
