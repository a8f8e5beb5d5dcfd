"""What the commands have in common that read the tables: no command of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lib import ports
from lib.interactions.errors import UserFacingError
from lib.locales import Locale, Text
from lib.locales.numbers import count, seconds_long
from lib.logs import get_logger

if TYPE_CHECKING:
    from lib.interactions.command import Context

log = get_logger(__name__)

COOLDOWN_SECONDS: Final = 5.0
"""Between two calls of a command that adds up much."""
MOST_COUNTED: Final = 1000
"""Waiting rows that the database counts; of more it says as many."""

NO_DATABASE = Text(
    en="That needs the database, and this bot runs without one.",
    ja="この操作にはデータベースが必要ですが、設定されていません。",
)
NOT_REACHED = Text(
    en="The database didn't answer (`{code}`). Please try again later.",
    ja="データベースから応答がありません（`{code}`）。時間をおいて再度お試しください。",
)
QUEUE = Text(en="Queue", ja="キュー")
EMPTY = Text(en="empty", ja="空")
WAITING = Text(en="{n} waiting, the oldest for {time}", ja="{n}件が待機中（最長{time}）")
MANY_WAITING = Text(
    en="{n} or more waiting, the oldest for {time}", ja="{n}件以上が待機中（最長{time}）"
)


def require_database(context: Context) -> None:
    """A check: refuses where there is none."""
    if not context.settings.has_database:
        raise UserFacingError(NO_DATABASE)


@contextmanager
def told_plainly() -> Generator[None]:
    """Tell the user of a database that does not do what is asked of it meanwhile."""
    try:
        yield
    except ports.StoreError as error:
        log.error("tables_not_reached", operation=error.operation, code=error.code)
        raise UserFacingError(NOT_REACHED, code=error.code) from error


def waiting(reading: ports.HealthReading, locale: Locale) -> str:
    """How full the queue is."""
    if not reading.queue_depth:
        return EMPTY.in_(locale)
    text = WAITING if reading.queue_depth < MOST_COUNTED else MANY_WAITING
    time = seconds_long(reading.oldest_seconds or 0.0, locale)
    return text.in_(locale, n=count(reading.queue_depth), time=time)
