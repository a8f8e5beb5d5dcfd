"""Moments that Postgres keeps and Python does not: infinity, and those beyond the year 9999."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestampLoader, TimestamptzLoader

_LAST = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC)


def read_endless_moments(connection: psycopg.Connection) -> None:
    """Have `connection` give the last or the first moment that Python knows in their place."""
    connection.adapters.register_loader("timestamptz", _TimestamptzLoader)
    connection.adapters.register_loader("timestamp", _TimestampLoader)


def is_endless(moment: datetime) -> bool:
    """Whether it stands for one of them."""
    return moment.replace(tzinfo=UTC) in (_LAST, _FIRST)


class _TimestamptzLoader(TimestamptzLoader):
    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _nearest(data)


class _TimestampLoader(TimestampLoader):
    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _nearest(data).replace(tzinfo=None)


def _nearest(data: Buffer) -> datetime:
    text = bytes(data)
    return _FIRST if text.startswith(b"-") or text.endswith(b"BC") else _LAST
