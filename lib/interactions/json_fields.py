"""Fields of Discord's JSON: each is there and of its kind, or the JSON is not Discord's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from lib.interactions.errors import PayloadError

T = TypeVar("T")

LONGEST_SNOWFLAKE = 20


def object_of(value: object, what: str) -> Mapping[str, object]:
    """`value`, which must be a JSON object. Raises PayloadError, as all of these."""
    if not isinstance(value, dict):
        raise PayloadError(f"{what} is not an object")
    return value


def list_of(source: Mapping[str, object], key: str) -> list[object]:
    """A list; an empty one if it was left out."""
    value = source.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise PayloadError(f"{key} is not a list")
    return value


def required(source: Mapping[str, object], key: str, kind: type[T]) -> T:
    """A value that must be there."""
    value = source.get(key)
    if not isinstance(value, kind):
        raise PayloadError(f"{key} is missing")
    return value


def optional(source: Mapping[str, object], key: str, kind: type[T]) -> T | None:
    """A value that may be left out."""
    value = source.get(key)
    if value is None or isinstance(value, kind):
        return value
    raise PayloadError(f"{key} has the wrong type")


def is_snowflake(value: object) -> bool:
    """Whether it has the form of one of Discord's ids."""
    return (
        isinstance(value, str)
        and value.isdigit()
        and value.isascii()
        and len(value) <= LONGEST_SNOWFLAKE
    )


def snowflake(source: Mapping[str, object], key: str) -> str:
    """An id that must be there."""
    value = source.get(key)
    if isinstance(value, str) and is_snowflake(value):
        return value
    raise PayloadError(f"{key} is not a Discord id")


def optional_snowflake(source: Mapping[str, object], key: str) -> str | None:
    """An id that may be left out."""
    return None if source.get(key) is None else snowflake(source, key)
