"""What the chat store in memory accepts as a guild's settings."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from lib.locales import Locale
from lib.ports import GuildSettings, JsonObject, StoreError

MOST_CHARACTERS: Final = 4000
MOST_MODELS: Final = 50
MOST_IDS: Final = 200
_MODEL_CHARACTERS: Final = 200
_ID: Final = re.compile(r"[0-9]{1,20}")


def changed(settings: GuildSettings, changes: JsonObject) -> GuildSettings:
    """The settings with the changes made. Raises StoreError where one of them is not allowed."""
    defaults = GuildSettings()
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _READ:
            raise StoreError("change_guild_settings", "22023", "there is no such setting")
        try:
            if isinstance(value, dict):
                value = _list_changed(getattr(settings, name), value)  # noqa: PLW2901
            values[name] = getattr(defaults, name) if value is None else _READ[name](value)
        except (TypeError, ValueError) as error:
            raise StoreError("change_guild_settings", "22023", "not a value for it") from error
    return dataclasses.replace(settings, **values)


def _list_changed(known: object, change: JsonObject) -> list[object]:
    """The list with one more or one fewer on it."""
    entries = _list(known, MOST_IDS)
    ((how, entry),) = change.items()
    if how not in {"add", "remove"} or not isinstance(entry, str):
        raise ValueError
    others = [each for each in entries if each != entry]
    if how == "remove":
        if entries and not others:
            raise StoreError("change_guild_settings", "23001", "the last of a list")
        return others
    return entries if entry in entries else [*entries, entry]


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: object, most: int) -> str:
    if not isinstance(value, str):
        raise TypeError
    if len(value) > most:
        raise ValueError
    return value


def _model(value: object) -> str:
    return _text(value, _MODEL_CHARACTERS)


def _models(value: object) -> tuple[str, ...]:
    return tuple(_model(name) for name in _list(value, MOST_MODELS))


def _ids(value: object) -> frozenset[str]:
    ids = [_text(each, 20) for each in _list(value, MOST_IDS)]
    if not all(_ID.fullmatch(each) for each in ids):
        raise ValueError
    return frozenset(ids)


def _list(value: object, most: int) -> list[object]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise TypeError
    if len(value) > most:
        raise ValueError
    return list(value)


def _instruction(value: object) -> str:
    return _text(value, MOST_CHARACTERS)


def _language(value: object) -> Locale:
    return Locale(_text(value, 5))


_READ: Final[Mapping[str, Callable[[object], object]]] = {
    "language": _language,
    "model": _model,
    "models": _models,
    "system_instruction": _instruction,
    "footer": _boolean,
    "shared": _boolean,
    "channel_ids": _ids,
    "role_ids": _ids,
}
