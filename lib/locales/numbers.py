"""Numbers, shares and lengths of time, as they are written in the user's language.

Rounded for people: no more digits than somebody compares. Moments are not written here, since
Discord shows them in each reader's own time zone (lib.interactions.timestamp).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lib.locales.text import Locale, Text

if TYPE_CHECKING:  # a command loads this module before Discord is answered
    from datetime import timedelta

MS_A_SECOND: Final = 1000
SECONDS_A_MINUTE: Final = 60
_LENGTHS: Final = (
    (86400, Text(en="{n} days", ja="{n}日")),
    (3600, Text(en="{n} h", ja="{n}時間")),
    (SECONDS_A_MINUTE, Text(en="{n} min", ja="{n}分")),
    (1, Text(en="{n} s", ja="{n}秒")),
)
_ONE_DAY: Final = Text(en="1 day", ja="1日")
_MILLISECONDS: Final = Text(en="{n} ms", ja="{n}ミリ秒")
_LESS_THAN: Final = Text(en="<{n}", ja="{n}未満")
_MORE_THAN: Final = Text(en=">{n}", ja="{n}超")
_SMALLEST_SHARE: Final = 0.001


def count(number: int) -> str:
    """12345 -> 12,345, which both languages write alike."""
    return f"{number:,}"


def megabytes(number: float) -> str:
    """48.25 -> 48.2 MB, 1024 -> 1,024 MB; in both languages alike."""
    return f"{number:,.1f} MB" if number < 100 else f"{number:,.0f} MB"  # noqa: PLR2004 - three digits


def milliseconds(number: float, locale: Locale) -> str:
    """How long something took: 87 ms, 1.2 s, 2 min 5 s."""
    if round(number) < MS_A_SECOND:
        if 0 < number < 1:
            return _LESS_THAN.in_(locale, n=_MILLISECONDS.in_(locale, n=1))
        return _MILLISECONDS.in_(locale, n=round(number))
    seconds = number / MS_A_SECOND
    if round(seconds, 1) < SECONDS_A_MINUTE:
        return _LENGTHS[-1][1].in_(locale, n=f"{seconds:.1f}")
    return seconds_long(seconds, locale)


def duration(length: timedelta, locale: Locale) -> str:
    """A length of time by its two largest units: 3 days 4 h, 3日4時間. Never below zero."""
    return seconds_long(length.total_seconds(), locale)


def seconds_long(seconds: float, locale: Locale) -> str:
    """The same, of seconds."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, text in _LENGTHS:
        number, left = divmod(left, unit)
        if number == 0:
            if parts:
                break  # "1 day 5 s" would tell an exactness that nobody wants
            continue
        is_one_day = text is _LENGTHS[0][1] and number == 1
        parts.append((_ONE_DAY if is_one_day else text).in_(locale, n=count(number)))
        if len(parts) == 2:  # noqa: PLR2004 - the two largest
            break
    if not parts:
        parts = [_LENGTHS[-1][1].in_(locale, n=0)]
    return ("" if locale is Locale.JAPANESE else " ").join(parts)


def percent(share: float, locale: Locale) -> str:
    """A share between 0 and 1: 4.2%. What is not all or nothing is never written as if it were."""
    if 0 < share < _SMALLEST_SHARE:
        return _LESS_THAN.in_(locale, n="0.1%")
    if 1 - _SMALLEST_SHARE < share < 1:
        return _MORE_THAN.in_(locale, n="99.9%")
    return f"{share * 100:.1f}".removesuffix(".0") + "%"
