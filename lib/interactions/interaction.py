"""An interaction as Halley sees it: parsed once from Discord's JSON, checked, frozen.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from discord_interactions import InteractionType

from lib.interactions.errors import PayloadError
from lib.locales import Locale

T = TypeVar("T")
OptionValue = str | int | float | bool

ADMINISTRATOR = 1 << 3
KNOWN_TYPES = frozenset(
    (
        InteractionType.PING,
        InteractionType.APPLICATION_COMMAND,
        InteractionType.MESSAGE_COMPONENT,
        InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE,
        InteractionType.MODAL_SUBMIT,
    )
)
COMMAND_TYPES = frozenset(
    (InteractionType.APPLICATION_COMMAND, InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE)
)
LONGEST_SNOWFLAKE = 20
SUB_COMMAND = 1
SUB_COMMAND_GROUP = 2


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    id: str
    name: str
    permissions: int = 0

    @property
    def is_administrator(self) -> bool:
        """Whether they administer the guild they ask in; False in direct messages."""
        return bool(self.permissions & ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction. Which of the later fields are filled depends on `type`.

    `options` are by name; `subcommand` is the path below the command ("state", "log level");
    `focused` names the option being typed (autocomplete); `custom_id` and `values` belong to
    components, `custom_id` and `fields` (by their custom_id) to modals.
    """

    id: str
    type: int
    token: str
    application_id: str
    user: User
    locale: Locale
    guild_id: str | None = None
    channel_id: str | None = None
    command_name: str = ""
    subcommand: str = ""
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    focused: str = ""
    target_id: str | None = None
    custom_id: str = ""
    values: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None

    @property
    def called(self) -> str:
        """What it calls, as logs name it: `debug state`, or `privacy:delete` without the state that
        a custom_id may carry.
        """
        if self.command_name:
            return f"{self.command_name} {self.subcommand}".rstrip()
        return ":".join(self.custom_id.split(":")[:2])

    @classmethod
    def from_payload(cls, payload: object) -> Interaction:
        """Parse the JSON value that Discord posted. Raises PayloadError if it is none of its."""
        body = _object(payload, "the body")
        kind = body.get("type")
        if not isinstance(kind, int) or isinstance(kind, bool) or kind not in KNOWN_TYPES:
            raise PayloadError("unknown interaction type")
        if kind == InteractionType.PING:
            return cls(
                id=_optional(body, "id", str) or "",
                type=InteractionType.PING,
                token="",
                application_id=_optional(body, "application_id", str) or "",
                user=User(id="", name=""),
                locale=Locale.ENGLISH,
            )
        data = _object(body.get("data"), "data")
        token = _required(body, "token", str)
        if not token:  # without it nothing but a PING can be answered
            raise PayloadError("token is missing")
        asked = (  # in the order of the fields
            _snowflake(body, "id"),
            kind,
            token,
            _snowflake(body, "application_id"),
            _user(body),
            Locale.of(_optional(body, "locale", str)),
            _optional_snowflake(body, "guild_id"),
            _optional_snowflake(body, "channel_id"),
        )
        if kind in COMMAND_TYPES:
            name, subcommand, options, focused, target_id = _command_fields(data)
            return cls(
                *asked,
                command_name=name,
                subcommand=subcommand,
                options=options,
                focused=focused,
                target_id=target_id,
            )
        custom_id, values, fields, message_id = _component_fields(body, data)
        return cls(
            *asked,
            custom_id=custom_id,
            values=values,
            fields=fields,
            message_id=message_id,
        )


def _user(body: Mapping[str, object]) -> User:
    member = body.get("member")
    if member is None:
        return _named(_object(body.get("user"), "user"), 0)
    member = _object(member, "member")
    permissions = _optional(member, "permissions", str) or "0"
    if not (permissions.isascii() and permissions.isdigit() and len(permissions) < 40):  # noqa: PLR2004
        raise PayloadError("member.permissions is not a number")
    return _named(_object(member.get("user"), "member.user"), int(permissions))


def _named(user: Mapping[str, object], permissions: int) -> User:
    name = _optional(user, "global_name", str) or _optional(user, "username", str) or ""
    return User(_snowflake(user, "id"), name, permissions)


_CommandFields = tuple[str, str, Mapping[str, OptionValue], str, str | None]


def _command_fields(data: Mapping[str, object]) -> _CommandFields:
    path: list[str] = []
    raw = _options(data)
    while len(raw) == 1 and raw[0].get("type") in (SUB_COMMAND, SUB_COMMAND_GROUP):
        path.append(_required(raw[0], "name", str))
        raw = _options(raw[0])
        if len(path) > 2:  # noqa: PLR2004 - a group and a subcommand are all there is
            raise PayloadError("subcommands are nested too deep")
    options: dict[str, OptionValue] = {}
    focused = ""
    for option in raw:
        name = _required(option, "name", str)
        value = option.get("value")
        if not isinstance(value, str | int | float):
            raise PayloadError(f"option {name!r:.40} has no value")
        options[name] = value
        if option.get("focused") is True:
            focused = name
    return (
        _required(data, "name", str),
        " ".join(path),
        options,
        focused,
        _optional_snowflake(data, "target_id"),
    )


_ComponentFields = tuple[str, tuple[str, ...], Mapping[str, str], str | None]


def _component_fields(body: Mapping[str, object], data: Mapping[str, object]) -> _ComponentFields:
    values = data.get("values") or ()
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise PayloadError("data.values is not a list of texts")
    message = body.get("message")
    return (
        _required(data, "custom_id", str),
        tuple(values),
        dict(_modal_fields(data.get("components"))),
        None if message is None else _snowflake(_object(message, "message"), "id"),
    )


def _modal_fields(components: object, depth: int = 0) -> list[tuple[str, str]]:
    """The texts of a submitted modal, out of Label (18) or the older action rows (1)."""
    if components is None:
        return []
    if not isinstance(components, list) or depth > 2:  # noqa: PLR2004 - a row, a label, an input
        raise PayloadError("data.components has the wrong shape")
    found: list[tuple[str, str]] = []
    for entry in components:
        component = _object(entry, "a component")
        if isinstance(value := component.get("value"), str):
            found.append((_required(component, "custom_id", str), value))
        found += _modal_fields(component.get("components"), depth + 1)
        if (inner := component.get("component")) is not None:
            found += _modal_fields([inner], depth + 1)
    return found


def _options(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    options = data.get("options")
    if options is None:
        return []
    if not isinstance(options, list):
        raise PayloadError("options is not a list")
    return [_object(option, "an option") for option in options]


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise PayloadError(f"{what} is not an object")
    return value


def _required(source: Mapping[str, object], key: str, kind: type[T]) -> T:
    value = source.get(key)
    if not isinstance(value, kind):
        raise PayloadError(f"{key} is missing")
    return value


def _optional(source: Mapping[str, object], key: str, kind: type[T]) -> T | None:
    value = source.get(key)
    if value is None or isinstance(value, kind):
        return value
    raise PayloadError(f"{key} has the wrong type")


def _snowflake(source: Mapping[str, object], key: str) -> str:
    value = source.get(key)
    if (
        isinstance(value, str)
        and value.isdigit()
        and value.isascii()
        and len(value) <= LONGEST_SNOWFLAKE
    ):
        return value
    raise PayloadError(f"{key} is not a Discord id")


def _optional_snowflake(source: Mapping[str, object], key: str) -> str | None:
    return None if source.get(key) is None else _snowflake(source, key)
