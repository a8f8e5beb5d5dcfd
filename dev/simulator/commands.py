"""The commands an application registers: their limits, and the book they are kept in.

Source: https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from dev.simulator import limits
from dev.simulator.errors import (
    DiscordError,
    FormErrors,
    JsonObject,
    Path,
    Refusal,
    checked_form,
)
from dev.simulator.fields import check_choice, check_objects, check_text


class CommandType(IntEnum):
    """Where a command is offered."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class OptionType(IntEnum):
    """Discord's option types."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


NESTING: Final = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
MOST_OF_A_TYPE: Final = {
    CommandType.CHAT_INPUT: limits.SLASH_COMMANDS,
    CommandType.USER: limits.USER_COMMANDS,
    CommandType.MESSAGE: limits.MESSAGE_COMMANDS,
}
GLOBAL_ONLY: Final = ("contexts", "integration_types", "dm_permission")


class CommandBook:
    """The commands of one application, global and by guild."""

    def __init__(self, *, application_id: str, next_id: Callable[[], str]) -> None:
        self._application_id = application_id
        self._next_id = next_id
        self._by_scope: dict[str | None, list[JsonObject]] = {}

    def registered(self, guild_id: str | None = None) -> list[JsonObject]:
        """The commands of one scope: the global ones, or those of a guild."""
        return list(self._by_scope.get(guild_id, []))

    def usable(self, guild_id: str | None) -> list[JsonObject]:
        """What a member of the guild is offered, or somebody in a direct message."""
        if guild_id is None:
            return self.registered()
        own = self.registered(guild_id)
        taken = {(command["type"], command["name"]) for command in own}
        return own + [
            command
            for command in self.registered()
            if (command["type"], command["name"]) not in taken
        ]

    def overwrite(self, commands: list[JsonObject], *, guild_id: str | None) -> list[JsonObject]:
        """Replaces every command of a scope; one that kept its name keeps its id."""
        check_commands(commands, in_guild=guild_id is not None)
        known = {
            (command["type"], command["name"]): command["id"]
            for command in self._by_scope.get(guild_id, [])
        }
        self._by_scope[guild_id] = [
            self._registered(command, known=known, guild_id=guild_id) for command in commands
        ]
        return self.registered(guild_id)

    def _registered(
        self,
        command: JsonObject,
        *,
        known: dict[tuple[int, str], str],
        guild_id: str | None,
    ) -> JsonObject:
        kind = command.get("type", CommandType.CHAT_INPUT)
        permissions = command.get("default_member_permissions")
        stored: JsonObject = {
            "id": known.get((kind, command["name"])) or self._next_id(),
            "application_id": self._application_id,
            "version": self._next_id(),
            "type": int(kind),
            "name": command["name"],
            "name_localizations": command.get("name_localizations"),
            "description": command.get("description", ""),
            "description_localizations": command.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "nsfw": bool(command.get("nsfw", False)),
        }
        if guild_id is not None:
            stored["guild_id"] = guild_id
        else:
            stored["contexts"] = command.get("contexts")
            stored["integration_types"] = command.get("integration_types") or [0]
            stored["dm_permission"] = bool(command.get("dm_permission", True))
        if command.get("options"):
            stored["options"] = command["options"]
        return stored


def check_commands(commands: list[JsonObject], *, in_guild: bool) -> None:
    """Refuses a set of commands that Discord would refuse (50035, field by field)."""
    with checked_form() as form:
        seen: set[tuple[int, str]] = set()
        count: Counter[int] = Counter()
        for index, command in enumerate(commands):
            path: Path = (index,)
            kind = command.get("type", CommandType.CHAT_INPUT)
            if not check_choice(
                kind, form=form, path=(*path, "type"), among=[*map(int, CommandType)]
            ):
                continue
            count[kind] += 1
            _check_command(command, kind=CommandType(kind), form=form, path=path)
            if in_guild:
                _check_guild_fields(command, form=form, path=path)
            key = (kind, str(command.get("name")))
            if key in seen:
                form.add(
                    (*path, "name"),
                    code="APPLICATION_COMMANDS_DUPLICATE_NAME",
                    message="Application command names must be unique",
                )
            seen.add(key)
        for kind, most in MOST_OF_A_TYPE.items():
            if count[kind] > most:
                form.add((), code="BASE_TYPE_MAX_LENGTH", message=f"Must be {most} or fewer.")


def _check_guild_fields(command: JsonObject, *, form: FormErrors, path: Path) -> None:
    for name in GLOBAL_ONLY:
        if command.get(name) is not None:
            form.add(
                (*path, name),
                code="APPLICATION_COMMAND_GUILD_FIELD_INVALID",
                message=f"{name} can only be set on global commands",
            )


def _check_command(command: JsonObject, *, kind: CommandType, form: FormErrors, path: Path) -> None:
    slash = kind is CommandType.CHAT_INPUT
    _check_names(command, form=form, path=path, strict=slash)
    if slash:
        _check_descriptions(command, form=form, path=path)
        _check_options(command.get("options"), form=form, path=(*path, "options"), depth=0)
        if _weight(command) > limits.COMMAND_TOTAL:
            form.add(
                path,
                code="APPLICATION_COMMAND_TOO_LARGE",
                message=f"Command exceeds maximum size ({limits.COMMAND_TOTAL})",
            )
        return
    for name in ("description", "options"):
        if command.get(name):
            form.add(
                (*path, name),
                code="APPLICATION_COMMAND_FIELD_NOT_ALLOWED",
                message=f"Context menu commands cannot have {name}",
            )


def _localised(command: JsonObject, name: str) -> dict[tuple[str, ...], object]:
    """A text and its localisations, each with its way from the object."""
    texts: dict[tuple[str, ...], object] = {(name,): command.get(name)}
    others = command.get(f"{name}_localizations")
    if isinstance(others, dict):
        texts |= {(f"{name}_localizations", locale): text for locale, text in others.items()}
    return texts


def is_valid_name(name: str) -> bool:
    """Whether a slash command or an option may bear this name (length apart)."""
    allowed = all(c in "-_'" or c.isalnum() or _is_mark(c) for c in name)
    return allowed and name == name.lower()


def _is_mark(character: str) -> bool:
    """Vowel signs of Devanagari and Thai, which names may hold though they are no letters."""
    return "\u0900" <= character <= "\u097f" or "\u0e00" <= character <= "\u0e7f"


def _check_names(command: JsonObject, *, form: FormErrors, path: Path, strict: bool) -> None:
    for way, name in _localised(command, "name").items():
        text = check_text(
            name, form=form, path=(*path, *way), minimum=1, maximum=limits.COMMAND_NAME
        )
        if text is not None and strict and not is_valid_name(text):
            form.add(
                (*path, *way),
                code="APPLICATION_COMMAND_INVALID_NAME",
                message="Command name is invalid",
            )


def _check_descriptions(command: JsonObject, *, form: FormErrors, path: Path) -> None:
    for way, text in _localised(command, "description").items():
        check_text(
            text, form=form, path=(*path, *way), minimum=1, maximum=limits.COMMAND_DESCRIPTION
        )


def _check_options(value: object, *, form: FormErrors, path: Path, depth: int) -> None:
    options = check_objects(value, form=form, path=path, maximum=limits.COMMAND_OPTIONS)
    names: set[object] = set()
    optional_seen = False
    for index, option in enumerate(options):
        where = (*path, index)
        _check_names(option, form=form, path=where, strict=True)
        _check_descriptions(option, form=form, path=where)
        if option.get("name") in names:
            form.add(
                (*where, "name"),
                code="APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                message="Option name is already used",
            )
        names.add(option.get("name"))
        if not check_choice(
            option.get("type"), form=form, path=(*where, "type"), among=[*map(int, OptionType)]
        ):
            continue
        kind = OptionType(option["type"])
        if kind in NESTING:
            if kind + depth > OptionType.SUB_COMMAND_GROUP:
                form.add(
                    (*where, "type"),
                    code="APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                    message="Sub-command option type is invalid here",
                )
            inner = depth + (2 if kind is OptionType.SUB_COMMAND else 1)
            _check_options(option.get("options"), form=form, path=(*where, "options"), depth=inner)
            continue
        if option.get("required") and optional_seen:
            form.add(
                where,
                code="APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                message="Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or not option.get("required")
        _check_choices(option, kind=kind, form=form, path=where)


def _check_choices(option: JsonObject, *, kind: OptionType, form: FormErrors, path: Path) -> None:
    choices = check_objects(
        option.get("choices"), form=form, path=(*path, "choices"), maximum=limits.CHOICES
    )
    expected: tuple[type, ...] = {
        OptionType.STRING: (str,),
        OptionType.INTEGER: (int,),
        OptionType.NUMBER: (int, float),
    }.get(kind, ())
    if option.get("autocomplete") and (choices or not expected):
        form.add(
            (*path, "autocomplete"),
            code="APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
            message="Autocomplete cannot be set here",
        )
    for index, choice in enumerate(choices):
        where = (*path, "choices", index)
        for way, text in _localised(choice, "name").items():
            check_text(text, form=form, path=(*where, *way), minimum=1, maximum=limits.CHOICE_TEXT)
        value = choice.get("value")
        if isinstance(value, bool) or not isinstance(value, expected):
            form.add(
                (*where, "value"),
                code="APPLICATION_COMMAND_OPTIONS_CHOICE_VALUE_TYPE",
                message="The type of the choice does not fit its option",
            )
        elif isinstance(value, str):
            check_text(value, form=form, path=(*where, "value"), maximum=limits.CHOICE_TEXT)


def _weight(thing: JsonObject) -> int:
    """Characters that count towards a command's 8000: of each text only its longest language."""
    total = sum(
        max(len(str(text or "")) for text in _localised(thing, name).values())
        for name in ("name", "description")
    )
    if isinstance(thing.get("value"), str):
        total += len(thing["value"])
    for name in ("options", "choices"):
        inner = thing.get(name)
        total += sum(_weight(item) for item in inner or () if isinstance(item, dict))
    return total


def require_list(body: object) -> list[JsonObject]:
    """The commands in a bulk overwrite's body, which is a bare list of objects."""
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise DiscordError(
            Refusal.INVALID_FORM,
            errors={
                "_errors": [
                    {
                        "code": "LIST_TYPE_CONVERT",
                        "message": "Only iterables may be used in a ListType",
                    }
                ]
            },
        )
    return body
